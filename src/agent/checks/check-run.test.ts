import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { checkSchema } from "../../contract/checks.ts";
import { CheckRun } from "./check-run.ts";
import { Gate } from "./gate.ts";
import { type Outcome, unjudged } from "./judge.ts";
import { failure, WELL } from "./probes/probe.ts";
import { Wheel } from "./wheel.ts";

/** Looks once a second and finds these, one after the other; null: nobody could look. */
function looksAt(outcomes: (Outcome | null)[]): { state: string; looks: number; results: (boolean | undefined)[] } {
  const clock = new FakeClock(0);
  const left = [...outcomes];
  let looks = 0;
  const run = new CheckRun({
    check: checkSchema.parse({ kind: "tcp", name: "port", port: 1, interval: 1, failures: 2 }),
    open: () => ({
      look: (done) => {
        looks += 1;
        done(left.shift() ?? null);
        return () => undefined;
      },
    }),
    shown: () => null,
    judgement: unjudged(0),
    results: [],
    takenOver: false,
    share: 0,
    tools: { clock, wheel: new Wheel(clock), gates: { light: new Gate(1), heavy: new Gate(1) } },
    judged: () => undefined,
  });
  run.start();
  for (let second = 0; second < outcomes.length + 2; second += 1) clock.advance(SECOND);
  run.stop();
  return { state: run.judgement.state, looks, results: run.history(0).results.map(({ ok }) => ok) };
}

describe("a check", () => {
  it("thinks nothing of a look that could not be made, and goes on looking", () => {
    const short = looksAt([null, null, null, null]);
    assert.deepEqual([short.state, short.results], ["waiting", []]);
    assert.ok(short.looks >= 4, `${short.looks} looks`);
    assert.equal(looksAt([WELL, null, null, null]).state, "passing");
  });

  it("still counts the failures around it", () => {
    assert.deepEqual(looksAt([failure("refused"), null, failure("refused")]).results, [false, false]);
    assert.equal(looksAt([failure("refused"), null, failure("refused")]).state, "failing");
    assert.equal(looksAt([failure("refused"), null, WELL]).state, "passing");
  });
});
