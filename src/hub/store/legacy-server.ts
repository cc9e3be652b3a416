// The predecessor's servers (`servers.json`) as ours, and back: a round trip loses nothing that it said.
import { isDeepStrictEqual } from "node:util";
import type { StoredServer } from "./store.ts";

/** A server as the predecessor wrote it: known to the fleet, and silent until somebody enrols it. */
export function fromLegacyServer(entry: Record<string, unknown>, now: number): StoredServer {
  const { id, name, host, ip, tags, services, metadata, last_seen, last_metrics } = entry;
  return {
    id: String(id),
    name: String(name),
    host: typeof host === "string" ? host : "",
    ip: typeof ip === "string" ? ip : "",
    tags: textsOf(tags),
    services: textsOf(services),
    metadata: isRecord(metadata) ? metadata : {},
    kind: "bare",
    public_key: null,
    credential_hash: null,
    agent_version: null,
    heartbeat_interval: null,
    created_at: now,
    last_seen: typeof last_seen === "string" ? timeOf(last_seen) : null,
    last_metrics: numbersOf(last_metrics),
    joined_with: null,
    legacy: entry,
  };
}

const FIELDS = ["id", "name", "host", "ip", "tags", "services", "metadata", "last_seen", "last_metrics"] as const;

/** As the predecessor would write it: what it said stands there as it was, unknown fields too, unless it has changed since. */
export function toLegacyServer(server: StoredServer): Record<string, unknown> {
  const said = server.legacy === null ? undefined : fromLegacyServer(server.legacy, server.created_at);
  const written: Record<string, unknown> = { ...server.legacy };
  for (const field of FIELDS) {
    if (said !== undefined && isDeepStrictEqual(said[field], server[field])) continue;
    // Only the number that sets it apart from another of that name is ours.
    if (said !== undefined && field === "name" && isNumbered(server.name, said.name)) continue;
    const value = server[field];
    written[field] = field === "last_seen" && typeof value === "number" ? new Date(value).toISOString() : value;
  }
  return written;
}

/** The name, or with a number where another server has it: ours are unique, the predecessor's were not. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  for (let number = 2; ; number += 1) if (!taken.has(`${name} ${number}`)) return `${name} ${number}`;
}

function isNumbered(name: string, original: string): boolean {
  return name.startsWith(`${original} `) && /^\d+$/.test(name.slice(original.length + 1));
}

/** The predecessor wrote UTC without saying so ("2025-11-09T22:14:03.512345"). */
function timeOf(text: string): number | null {
  const zoned = /(?:Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const time = Date.parse(zoned);
  return Number.isNaN(time) ? null : time;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
}

function numbersOf(value: unknown): Record<string, number> {
  if (!isRecord(value)) return {};
  const numbers = Object.entries(value).filter((entry): entry is [string, number] => Number.isFinite(entry[1]));
  return Object.fromEntries(numbers);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
