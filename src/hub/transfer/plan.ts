// What `apply` would do, as a pure function of what stands there and what a file says.
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";
import type { PlanStep } from "../../contract/transfer.ts";
import { specOf } from "../store/spec-of.ts";
import { differences, type Difference } from "./differences.ts";

/** Fields that a process takes when it starts; a change of any other counts while it runs. */
const TAKEN_AT_START = new Set(["start_cmd", "argv", "working_dir", "env", "env_file", "secrets", "user", "limits"]);

/**
 * One step for each definition of the file, in its order, then the removals: what this owner owned and no longer names. What
 * other owners or people defined is never touched, except by naming it (`take_over`). Each name is wanted once at most.
 */
export function planApply(
  current: readonly ServiceRecord[],
  wanted: readonly ServiceSpec[],
  owner: string,
): PlanStep[] {
  const records = new Map(current.map((record) => [record.name, record]));
  const names = new Set(wanted.map(({ name }) => name));
  const removed = current.filter((record) => record.owner === owner && !names.has(record.name));
  return [
    ...wanted.map((spec) => stepFor(spec, records.get(spec.name), owner)),
    ...removed.map((record): PlanStep => ({
      service: record.name,
      change: "remove",
      differences: [],
      restart_needed: false,
    })),
  ];
}

function stepFor(spec: ServiceSpec, record: ServiceRecord | undefined, owner: string): PlanStep {
  if (record === undefined) return { service: spec.name, change: "add", differences: [], restart_needed: false };
  const found = differences(specOf(record), spec);
  const change = record.owner !== owner ? "take_over" : found.length > 0 ? "change" : "same";
  return { service: spec.name, change, differences: found, restart_needed: needsRestart(record, found) };
}

function needsRestart(record: ServiceRecord, found: Difference[]): boolean {
  return record.desired === "running" && found.some(({ path }) => TAKEN_AT_START.has(path.split(".")[0] ?? ""));
}
