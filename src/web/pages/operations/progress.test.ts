import assert from "node:assert/strict";
import { test } from "node:test";
import type { Operation, OperationState } from "../../../contract/operations.ts";
import { elapsed, progressOf, targetName, withChange } from "./progress.ts";

const NONE = { queued: 0, sent: 0, running: 0, done: 0, failed: 0, unknown: 0, cancelled: 0 };
const operation = (...states: OperationState[]): Operation => {
  const counts = { ...NONE };
  for (const state of states) counts[state] += 1;
  return { id: "a", counts, targets: states.map((state) => ({ state })) } as unknown as Operation;
};

test("progress says what is done, what went wrong, and what is still to come", () => {
  assert.deepEqual(progressOf(operation("done", "done", "failed", "running", "queued", "queued")), {
    ended: 3,
    total: 6,
    again: 1,
    words: "2 of 6 done, 1 failed, 1 running, 2 wait",
  });
  assert.deepEqual(progressOf(operation("unknown", "cancelled")).again, 2);
  assert.equal(progressOf(operation()).words, "0 of 0 done");
});

test("what changed replaces those targets and what is said of the whole, and nothing else", () => {
  const before = operation("running", "queued", "queued");
  const { targets, ...about } = operation("done", "running", "queued");
  const changed = [0, 1, 7].map((place) => ({ place, target: targets[place % 2] as (typeof targets)[number] }));
  const after = withChange(before, { ...about, changed });
  assert.deepEqual(
    after.targets.map(({ state }) => state),
    ["done", "running", "queued"],
  );
  assert.equal(progressOf(after).words, "1 of 3 done, 1 running, 1 waits");
  assert.equal(before.targets[0]?.state, "running");
});

test("a target is named by service, server or both, an instance by its number", () => {
  const named = (service: string | null, server: string | null, index: number | null = null): string =>
    targetName({ service, server, index } as Operation["targets"][number]);
  assert.equal(named("api", "web-1", 0), "api #0 on web-1");
  assert.deepEqual([named("api", "web-1"), named("api", null), named(null, "web-1")], ["api on web-1", "api", "web-1"]);
});

test("time runs until the end, and not before the beginning", () => {
  const began = "2026-01-01T00:00:00Z";
  assert.equal(elapsed(null, null, 0), null);
  assert.equal(elapsed(began, null, Date.parse(began) + 3000), 3000);
  assert.equal(elapsed(began, "2026-01-01T00:00:02Z", Date.parse(began) + 9000), 2000);
});
