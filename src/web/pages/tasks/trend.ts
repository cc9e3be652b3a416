// Durations of the last runs, as bars and as one number. Pure.
import type { TaskRun } from "../../../contract/task.ts";
import { tookOf } from "./run-look.ts";

interface Bar {
  id: string;
  outcome: TaskRun["outcome"];
  height: number;
}

/** What did not run, or took no time that can be seen, is still there. */
const LEAST = 2;

/** A bar for each run, the longest of them `height` high. What goes on has the least height: nobody knows yet. */
export function barsOf(runs: readonly TaskRun[], height: number): Bar[] {
  const longest = Math.max(1, ...runs.map((run) => endedTook(run) ?? 0));
  return runs.map((run) => ({
    id: run.id,
    outcome: run.outcome,
    height: Math.max(LEAST, Math.round(((endedTook(run) ?? 0) / longest) * height)),
  }));
}

/** How long its runs take that ended well, milliseconds; null where none did. */
export function medianTook(runs: readonly TaskRun[]): number | null {
  const took = runs
    .filter(({ outcome }) => outcome === "done")
    .flatMap((run) => endedTook(run) ?? [])
    .toSorted((a, b) => a - b);
  return took[Math.floor((took.length - 1) / 2)] ?? null;
}

function endedTook(run: TaskRun): number | null {
  return run.ended_at === null ? null : tookOf(run, 0);
}
