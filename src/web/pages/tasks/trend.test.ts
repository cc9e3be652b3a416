import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskRun } from "../../../contract/task.ts";
import { barsOf, medianTook } from "./trend.ts";

function run(seconds: number | null, outcome: TaskRun["outcome"] = "done"): TaskRun {
  const began = Date.parse("2026-11-26T10:00:00Z");
  return {
    id: `${outcome} ${seconds}`,
    outcome,
    started_at: new Date(began).toISOString(),
    ended_at: seconds === null ? null : new Date(began + seconds * 1000).toISOString(),
  } as TaskRun;
}

test("the longest bar has all the height, the shortest can be seen", () => {
  const heights = barsOf([run(1), run(10), run(0), run(5), run(null, "running")], 20).map(({ height }) => height);
  assert.deepEqual(heights, [2, 20, 2, 10, 2]);
  assert.deepEqual(
    barsOf([run(0)], 20).map(({ height }) => height),
    [2],
  );
  assert.deepEqual(barsOf([], 20), []);
});

test("the number is the middle of those that ended well", () => {
  assert.equal(medianTook([run(1), run(9), run(3), run(100, "failed"), run(null, "running")]), 3000);
  assert.equal(medianTook([run(1), run(2)]), 1000);
  assert.equal(medianTook([run(1, "failed")]), null);
});
