import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MINUTE } from "../../base/units.ts";
import { MOST_MISSED, type RunOutcome, runOutcomeSchema } from "../../contract/task.ts";
import { missedTimes } from "./missed-times.ts";

function runAt(due: number, outcome: RunOutcome, change: { missed?: number; reason?: string; by?: "manual" } = {}) {
  const { missed = 1, reason = outcome, by } = change;
  return { due_at: new Date(due).toISOString(), outcome, reason, missed, trigger: by ?? ("schedule" as const) };
}

/** Times, and what is on record at some of them. */
const cases = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 40 }).chain((minutes) =>
  fc.record({
    dues: fc.constant(minutes.toSorted((a, b) => a - b).map((minute) => minute * MINUTE)),
    runs: fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom(...runOutcomeSchema.options))
        .map(([minute, outcome]) => runAt(minute * MINUTE, outcome)),
    ),
  }),
);

describe("missedTimes()", () => {
  it("says of each time whether a run began for it, and the last of those without one, oldest first", () => {
    fc.assert(
      fc.property(cases, ({ dues, runs }) => {
        const { due, total, cut } = missedTimes(dues, runs);
        const missed = dues.filter(
          (time) => !runs.some((run) => Date.parse(run.due_at) === time && run.outcome !== "skipped"),
        );
        assert.equal(total, missed.length);
        assert.equal(cut, missed.length > MOST_MISSED);
        assert.deepEqual(
          due.map(({ due_at }) => Date.parse(due_at)),
          missed.slice(-MOST_MISSED),
        );
      }),
    );
  });

  it("has nothing left once what it says has run", () => {
    fc.assert(
      fc.property(cases, ({ dues, runs }) => {
        let on = [...runs];
        for (let { due } = missedTimes(dues, on); due.length > 0; { due } = missedTimes(dues, on)) {
          const before = missedTimes(dues, on).total;
          on = [...on, ...due.map(({ due_at }) => runAt(Date.parse(due_at), "done"))];
          assert.equal(missedTimes(dues, on).total, before - due.length);
        }
      }),
    );
  });

  it("gives the reason that is on record, of a series for each of its times", () => {
    const dues = [1, 2, 3, 4, 5].map((minute) => minute * MINUTE);
    const runs = [
      runAt(5 * MINUTE, "skipped", { reason: "overlap" }),
      runAt(3 * MINUTE, "skipped", { reason: "the agent was not running", missed: 2 }),
    ];
    assert.deepEqual(
      missedTimes(dues, runs).due.map(({ reason }) => reason),
      [null, "the agent was not running", "the agent was not running", null, "overlap"],
    );
  });

  it("takes a run that somebody asked for as none of a due time", () => {
    assert.equal(missedTimes([MINUTE], [runAt(MINUTE, "done", { by: "manual" })]).total, 1);
  });
});
