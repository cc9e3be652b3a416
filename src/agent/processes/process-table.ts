// What the kernel says of processes. `process-table-linux.ts` reads /proc, `process-table-portable.ts` asks ps, a fake serves tests.

/** A process at one moment. `pid` alone is never an identity: pid, start time and boot together are (P3). */
export interface ProcessStat {
  pid: number;
  ppid: number;
  /** Process group and session. */
  pgrp: number;
  session: number;
  name: string;
  /** One letter as in /proc/PID/stat: R S D Z T … ; Z has ended and waits to be reaped. */
  state: string;
  /** Kernel ticks since boot (field 22). */
  startTicks: number;
  /** User and system time, seconds. */
  cpuSeconds: number;
  /** User and system time of ended children that it has waited for, seconds. */
  reapedCpuSeconds: number;
  threads: number;
  /** Resident bytes. */
  rss: number;
}

/** Reads processes; every method answers undefined (or leaves out) for what is gone meanwhile, and never throws for that. */
export interface ProcessTable {
  bootId(): string;
  stat(pid: number): ProcessStat | undefined;
  /** Unix seconds, as the predecessor's `create_time`. */
  createTime(startTicks: number): number;
  /** All processes in one pass. */
  all(): ProcessStat[];
  /** Numbers of all processes, without reading any of them. */
  pids(): number[];
  argv(pid: number): string[] | undefined;
  environ(pid: number): Record<string, string> | undefined;
  workingDir(pid: number): string | undefined;
  /** Path of the program file; ends in " (deleted)" when it was replaced or removed since. */
  executable(pid: number): string | undefined;
  /** Numeric user id and its name (the number as text where there is no name). */
  owner(pid: number): { uid: number; name: string } | undefined;
}

/** Is it the very process that was recorded? False for a recycled pid, another boot, or a zombie. */
export function isSameProcess(
  table: ProcessTable,
  recorded: { pid: number; startTicks: number; bootId: string },
): boolean {
  if (recorded.bootId !== table.bootId()) return false;
  const stat = table.stat(recorded.pid);
  return stat !== undefined && stat.startTicks === recorded.startTicks && stat.state !== "Z" && stat.state !== "X";
}

/** Is it gone for sure? A process that cannot be looked at, for want of descriptors, is not the same, and not gone either. */
export function isGone(
  table: ProcessTable,
  recorded: { pid: number; startTicks: number; bootId: string },
  isTaken: (pid: number) => boolean = isPidTaken,
): boolean {
  if (isSameProcess(table, recorded)) return false;
  return table.stat(recorded.pid) !== undefined || recorded.bootId !== table.bootId() || !isTaken(recorded.pid);
}

/** Whether any process has this pid, asked at the least cost. A zombie has it too. */
export function isPidTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
