// What became of an instance while no agent looked: a pure function of what its run directory says and what the kernel knows.
import { isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import type { InstanceRecord } from "./instance-record.ts";
import type { ProcessIdentity, RunDirectory, ToldExit, ToldProcess } from "./run-directory.ts";

/**
 * running: the very process lives. ended: the shim told its code. lost: it is gone and nobody saw how. launching: a start was
 * ordered and its shim lives, so it will tell. none: nothing was running, or its end was dealt with.
 */
export type Found =
  | { found: "running"; generation: number; process: ProcessIdentity }
  | { found: "ended"; generation: number; process: ProcessIdentity | null; exit: ToldExit }
  | { found: "lost"; generation: number; process: ProcessIdentity | null; why: string; rebooted: boolean }
  | { found: "launching"; generation: number }
  | { found: "none" };

export interface Told {
  pid: (ToldProcess & { generation: number }) | undefined;
  exit: ToldExit | undefined;
  record: InstanceRecord | undefined;
  shimLives: boolean;
}

/** Compares what was told with what lives; a pid counts only with its start and boot (P3). */
export function findFate(told: Told, table: ProcessTable): Found {
  const process = told.pid && identify(told.pid, table);
  const ordered = told.record?.run ?? undefined;
  const generation = Math.max(told.pid?.generation ?? 0, ordered?.generation ?? 0);
  const known = told.pid?.generation === generation ? (process ?? null) : (ordered?.process ?? null);
  const lives = known !== null && isSameProcess(table, known);
  // An exit of a later start counts only when nothing lives of this one: the later one can only have begun after.
  const ended = told.exit !== undefined && (told.exit.generation === generation || !lives);
  if (told.exit !== undefined && ended && told.exit.generation >= generation && generation > 0) {
    // Without `run` in the record its end has been dealt with, unless the record is older than that start.
    const dealt = told.record !== undefined && ordered === undefined && told.record.generation >= generation;
    return dealt ? { found: "none" } : { found: "ended", generation, process: known, exit: told.exit };
  }
  if (lives) return { found: "running", generation, process: known };
  const unfinished =
    ordered !== undefined || (told.pid !== undefined && told.pid.generation > (told.record?.generation ?? 0));
  if (!unfinished) return { found: "none" };
  const bootId = known?.bootId ?? told.record?.bootId;
  if (bootId !== undefined && bootId !== table.bootId()) {
    return { found: "lost", generation, process: known, why: "the machine was restarted", rebooted: true };
  }
  if (known === null && told.shimLives) return { found: "launching", generation };
  return { found: "lost", generation, process: known, why: "its shim was gone too", rebooted: false };
}

/** Completes what a shell without /proc could not tell: start ticks from the table, now. */
export function identify(told: ToldProcess, table: ProcessTable): ProcessIdentity | undefined {
  const bootId = told.bootId === "-" ? table.bootId() : told.bootId;
  const startTicks = told.startTicks ?? table.stat(told.pid)?.startTicks;
  return startTicks === undefined ? undefined : { pid: told.pid, startTicks, bootId };
}

/** The shim of a run directory, if it lives. */
export function findShim(
  directory: RunDirectory,
  table: ProcessTable,
): (ProcessIdentity & { joined: boolean; version: number }) | null {
  const told = directory.readShim();
  const process = told && identify(told, table);
  if (told === undefined || process === undefined || !isSameProcess(table, process)) return null;
  return { ...process, joined: told.joined, version: told.version };
}
