// CPU seconds of a set of processes that come and go, from what the kernel tells of each: its own time, and that of children
// it has waited for. A child that ends moves its whole time to its parent, of which a part was counted before; that part is
// taken off again, so that nothing is counted twice and the sum never falls.
import type { ProcessStat } from "../processes/process-table.ts";

type Measured = Pick<ProcessStat, "pid" | "startTicks" | "cpuSeconds" | "reapedCpuSeconds">;

/** CPU seconds between two observations of the same service's processes; 0 or more. */
export function cpuSecondsBetween(before: ReadonlyMap<number, Measured>, now: readonly Measured[]): number {
  let own = 0;
  let reaped = 0;
  let kept = 0;
  let seenBefore = 0;
  for (const process of now) {
    const then = before.get(process.pid);
    if (then === undefined || then.startTicks !== process.startTicks) {
      own += process.cpuSeconds;
      reaped += process.reapedCpuSeconds;
    } else {
      own += Math.max(0, process.cpuSeconds - then.cpuSeconds);
      reaped += Math.max(0, process.reapedCpuSeconds - then.reapedCpuSeconds);
      kept += then.cpuSeconds + then.reapedCpuSeconds;
    }
  }
  for (const then of before.values()) seenBefore += then.cpuSeconds + then.reapedCpuSeconds;
  return own + Math.max(0, reaped - (seenBefore - kept));
}

/** Percent of one core, to a tenth; 0 where no time has passed. */
export function percentOfCore(cpuSeconds: number, elapsedSeconds: number): number {
  if (elapsedSeconds <= 0) return 0;
  return Math.round((cpuSeconds / elapsedSeconds) * 1000) / 10;
}
