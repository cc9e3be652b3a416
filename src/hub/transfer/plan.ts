// What `apply` would do, as a pure function of what stands there and what a file says.
import type { ServiceRecord, ServiceSpec } from "../../contract/service.ts";
import type { TaskSpec } from "../../contract/task.ts";
import type { PlanStep, TaskStep } from "../../contract/transfer.ts";
import { specOf } from "../store/spec-of.ts";
import type { StoredTask } from "../store/store.ts";
import { differences, type Difference } from "./differences.ts";

/** Fields that a process takes when it starts; a change of any other counts while it runs. */
const TAKEN_AT_START = new Set([
  "start_cmd",
  "argv",
  "working_dir",
  "env",
  "env_file",
  "secrets",
  "user",
  "limits",
  "sockets",
]);

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

/** The same for tasks. */
export function planTasks(current: readonly StoredTask[], wanted: readonly TaskSpec[], owner: string): TaskStep[] {
  const known = new Map(current.map((task) => [task.spec.name, task]));
  const names = new Set(wanted.map(({ name }) => name));
  const steps = wanted.map((spec): TaskStep => {
    const task = known.get(spec.name);
    if (task === undefined) return { task: spec.name, change: "add", differences: [] };
    const found = differences(task.spec, spec);
    const change = task.owner !== owner ? "take_over" : found.length > 0 ? "change" : "same";
    return { task: spec.name, change, differences: found };
  });
  const removed = current.filter((task) => task.owner === owner && !names.has(task.spec.name));
  return [...steps, ...removed.map(({ spec }): TaskStep => ({ task: spec.name, change: "remove", differences: [] }))];
}

function stepFor(spec: ServiceSpec, record: ServiceRecord | undefined, owner: string): PlanStep {
  if (record === undefined) return { service: spec.name, change: "add", differences: [], restart_needed: false };
  const found = differences(specOf(record), spec);
  const change = record.owner !== owner ? "take_over" : found.length > 0 ? "change" : "same";
  return { service: spec.name, change, differences: found, restart_needed: needsRestart(record, spec, found) };
}

function needsRestart(record: ServiceRecord, spec: ServiceSpec, found: Difference[]): boolean {
  if (record.desired !== "running") return false;
  if (sharesSockets(record) !== sharesSockets(spec)) return true;
  return found.some(({ path }) => TAKEN_AT_START.has(path.split(".")[0] ?? ""));
}

/** Several instances listen on the same address, which each must have been opened for. */
function sharesSockets({ sockets, instances }: Pick<ServiceSpec, "sockets" | "instances">): boolean {
  return sockets.length > 0 && instances > 1;
}
