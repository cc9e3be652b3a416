// Which of the times that a task was due were missed on a server: a pure function of the times and of what is on record there.
import type { MissedTime, TaskRun } from "../../contract/task.ts";
import { MOST_MISSED } from "../../contract/task.ts";

/** What counts of a run. */
type Record = Pick<TaskRun, "due_at" | "outcome" | "reason" | "missed" | "trigger">;

/**
 * `dues`: when it was due, Unix milliseconds, oldest first. `runs`: those of one server, in any order. Missed is what no run began for
 * or waits to; of those the last `MOST_MISSED`, oldest first, and how many there were.
 */
export function missedTimes(
  dues: readonly number[],
  runs: readonly Record[],
): { due: MissedTime[]; total: number; cut: boolean } {
  const scheduled = runs.filter(({ trigger }) => trigger !== "manual");
  const timeOf = ({ due_at }: Record): number => Date.parse(due_at);
  const begun = new Set(scheduled.filter(({ outcome }) => outcome !== "skipped").map(timeOf));
  const skipped = new Map(scheduled.filter(({ outcome }) => outcome === "skipped").map((run) => [timeOf(run), run]));
  const due: MissedTime[] = [];
  let total = 0;
  // A record of a series stands at the last of its times.
  let series = { left: 0, reason: "" };
  for (const time of dues.toReversed()) {
    if (begun.has(time)) continue;
    total += 1;
    const record = skipped.get(time);
    if (record !== undefined) series = { left: record.missed, reason: record.reason };
    const reason = series.left > 0 ? series.reason : null;
    series.left -= 1;
    if (due.length < MOST_MISSED) due.push({ due_at: new Date(time).toISOString(), reason });
  }
  return { due: due.toReversed(), total, cut: total > due.length };
}
