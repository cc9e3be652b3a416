// Which processes belong together: by parent, by cgroup, by a marker in the environment.
import { readFileSync } from "node:fs";
import type { ProcessStat, ProcessTable } from "./process-table.ts";

/** Children by parent, made once from a pass over all processes. */
export type ChildIndex = ReadonlyMap<number, readonly ProcessStat[]>;

/** Groups the processes of one `all()` pass by parent. */
export function indexChildren(processes: readonly ProcessStat[]): ChildIndex {
  const index = new Map<number, ProcessStat[]>();
  for (const process of processes) {
    const siblings = index.get(process.ppid);
    if (siblings === undefined) index.set(process.ppid, [process]);
    else siblings.push(process);
  }
  return index;
}

/** All processes below `pid`, parents before their children, without `pid` itself. */
export function descendantsOf(index: ChildIndex, pid: number): ProcessStat[] {
  const found: ProcessStat[] = [...(index.get(pid) ?? [])];
  const seen = new Set([pid, ...found.map((process) => process.pid)]);
  for (const parent of found) {
    for (const child of index.get(parent.pid) ?? []) {
      // A pid that was reused during the pass could close a circle.
      if (seen.has(child.pid)) continue;
      seen.add(child.pid);
      found.push(child);
    }
  }
  return found;
}

/** The parent of `pid`, its parent, and so on up to pid 1 (in a container: up to where /proc ends). */
export function ancestorsOf(table: Pick<ProcessTable, "stat">, pid: number): number[] {
  const ancestors: number[] = [];
  let parent = table.stat(pid)?.ppid ?? 0;
  while (parent > 0 && !ancestors.includes(parent)) {
    ancestors.push(parent);
    parent = table.stat(parent)?.ppid ?? 0;
  }
  return ancestors;
}

/** Pids in a cgroup, not in those below it; empty when the cgroup is, or is gone. `directory` is the cgroup's own directory. */
export function cgroupMembers(directory: string): number[] {
  try {
    return parsePids(readFileSync(`${directory}/cgroup.procs`, "latin1"));
  } catch {
    return [];
  }
}

/** Pids of a text that lists them (cgroup.procs, children); those of another pid namespace show as 0 and are left out. */
export function parsePids(text: string): number[] {
  const pids: number[] = [];
  for (const word of text.split(/\s+/)) if (word !== "" && word !== "0") pids.push(Number(word));
  return pids;
}

/**
 * Processes whose environment holds NAME=value: what is left of a generation where there are no cgroups. Reads the environment
 * of every process that started at or after `since` (kernel ticks; a child cannot be older than its service), so it is
 * asked for sweeps only, never regularly. `processes` spares a pass when the caller has one.
 */
export function findMarked(
  table: ProcessTable,
  marker: { name: string; value: string },
  options: { since?: number; processes?: readonly ProcessStat[] } = {},
): ProcessStat[] {
  const since = options.since ?? 0;
  return (options.processes ?? table.all()).filter(
    (process) =>
      process.startTicks >= since &&
      process.state !== "Z" &&
      process.state !== "X" &&
      process.pid !== globalThis.process.pid &&
      table.environ(process.pid)?.[marker.name] === marker.value,
  );
}
