// Which services a command means: names (with "/2" for one instance), a label, a kind, or all.
import type { Command } from "commander";
import { EXIT } from "../contract/error-table.ts";
import type { ServiceStatus } from "../contract/status.ts";
import type { Client } from "./client.ts";
import { CliFailure, usageFailure } from "./failure.ts";

/** A named service, or one instance of it. */
export interface Target {
  service: string;
  index: number | undefined;
}

/** Options by which services are selected. */
export interface Selection {
  label?: string[];
  kind?: string;
  all?: boolean;
}

const INSTANCE = /^(.+)\/(\d{1,3})$/;

/** Adds `-t` and `-k`; `--all` where an act on everything makes sense. */
export function addSelectionOptions(command: Command, { all = false } = {}): void {
  command
    .option("-t, --label <key[=value]>", "services with this label; all of them when given again", collect)
    .option("-k, --kind <kind>", "services of this kind: backend, frontend, other");
  if (all) command.option("-a, --all", "every service");
}

/** For options that can be given again. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

/** "web/2" is instance 2 of web; names cannot hold a slash. */
export function parseTarget(text: string): Target {
  const match = INSTANCE.exec(text);
  return match === null
    ? { service: text.normalize("NFC"), index: undefined }
    : { service: (match[1] ?? "").normalize("NFC"), index: Number(match[2]) };
}

/** Whether anything but names was given. */
export function hasSelection(selection: Selection): boolean {
  return selection.label !== undefined || selection.kind !== undefined || selection.all === true;
}

/** Whether a service has all labels ("key" or "key=value") and the kind that were asked for. */
export function isSelected(status: Pick<ServiceStatus, "kind" | "labels">, selection: Selection): boolean {
  if (selection.kind !== undefined && status.kind !== selection.kind.toLowerCase()) return false;
  return (selection.label ?? []).every((wanted) => {
    const equals = wanted.indexOf("=");
    if (equals < 0) return Object.hasOwn(status.labels, wanted);
    return status.labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
  });
}

/** The services meant. Asks the hub only when something other than names selects; exit 4 when nothing fits. */
export async function findTargets(client: Client, names: string[], selection: Selection): Promise<Target[]> {
  if (!hasSelection(selection)) {
    if (names.length === 0) throw usageFailure("Say which services: NAME…, -t LABEL, -k KIND or --all");
    return names.map(parseTarget);
  }
  if (names.length > 0) throw usageFailure("Give names or a selection (-t, -k, --all), not both");
  const statuses = await client.call("GET /api/status");
  const found = statuses.filter((status) => isSelected(status, selection));
  if (found.length > 0) return found.map((status) => ({ service: status.name, index: undefined }));
  throw new CliFailure(`No service is selected: none of ${statuses.length} fits`, {
    exitCode: EXIT.notFound,
    code: "not_found",
  });
}
