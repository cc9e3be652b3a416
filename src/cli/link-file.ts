// What an agent's process last knew of its link, in its data directory: `doctor` reads it, and so does a command that looks for a hub
// where there is an agent.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What is kept of the link. */
export interface KeptLink {
  state: "linked" | "away" | "closed";
  /** Since when, ISO 8601. */
  since: string;
  /** Why there is none. */
  reason: string | null;
}

/** Where an agent is enrolled. */
export interface EnrolledAgent {
  hub_url: string;
  name: string;
}

const fileOf = (dataDir: string): string => join(dataDir, "agent", "link.json");
const membershipOf = (dataDir: string): string => join(dataDir, "agent", "membership.json");

/** Keeps it; a full disk costs only that `doctor` knows less. */
export function keepLink(dataDir: string, link: KeptLink): void {
  const file = fileOf(dataDir);
  try {
    writeFileSync(`${file}.new`, JSON.stringify(link), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // Said above.
  }
}

/** What was kept; undefined where there is none that can be read. */
export function readLink(dataDir: string): KeptLink | undefined {
  return readJson(fileOf(dataDir)) as KeptLink | undefined;
}

/** The enrolment of the agent in this directory; undefined where there is none, or it is not ours to read. */
export function readEnrolled(dataDir: string): EnrolledAgent | undefined {
  const kept = readJson(membershipOf(dataDir));
  if (typeof kept !== "object" || kept === null) return undefined;
  const { hub_url, name } = kept as Record<string, unknown>;
  return typeof hub_url === "string" && typeof name === "string" ? { hub_url, name } : undefined;
}

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}
