import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type ServiceInput, serviceSpecSchema } from "../../contract/service.ts";
import { backoffDelay, decideRestart, NO_HISTORY, recordStart } from "./restart-policy.ts";

function restartOf(restart: ServiceInput["restart"]) {
  return serviceSpecSchema.parse({ name: "x", start_cmd: "x", restart }).restart;
}

const CRASH = { clean: false, words: "exit 1", ranFor: 5 };

/** Any definition that the contract allows. */
const anyRestart = fc
  .record({
    initial: fc.double({ min: 0, max: 60, noNaN: true }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    max: fc.double({ min: 0, max: 60, noNaN: true }),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    reset_after: fc.double({ min: 0, max: 60, noNaN: true }),
  })
  .map((backoff) => restartOf({ backoff, max: null }));

test("the first restart after a stable run is at once, the next wait longer and longer, up to the cap", () => {
  const { backoff } = restartOf({ backoff: { initial: 1, factor: 2, max: 5, jitter: 0 } });
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((inARow) => backoffDelay(backoff, inARow, 0.5)),
    [0, 1000, 2000, 4000, 5000, 5000],
  );
});

test("jitter only shortens, and by its share at most", () => {
  fc.assert(
    fc.property(anyRestart, fc.nat(50), fc.double({ min: 0, max: 0.999, noNaN: true }), (restart, inARow, random) => {
      const whole = backoffDelay({ ...restart.backoff, jitter: 0 }, inARow, 0);
      const delay = backoffDelay(restart.backoff, inARow, random);
      assert.ok(delay <= whole && delay >= whole * (1 - restart.backoff.jitter) - 1e-6);
      assert.ok(delay <= restart.backoff.max * 1000);
    }),
  );
});

test("policies: never leaves all, on-failure leaves a clean end, always leaves none", () => {
  const restart = restartOf({});
  const act = (policy: "always" | "on-failure" | "never", clean: boolean) =>
    decideRestart(policy, restart, { ...CRASH, clean }, NO_HISTORY, 0, 0).act;
  assert.deepEqual([act("never", true), act("never", false)], ["leave", "leave"]);
  assert.deepEqual([act("on-failure", true), act("on-failure", false)], ["leave", "restart"]);
  assert.deepEqual([act("always", true), act("always", false)], ["restart", "restart"]);
});

test("after `max` restarts in a row it gives up with the reason; a stable run begins the series anew", () => {
  const restart = restartOf({ max: 3, backoff: { reset_after: 10 } });
  let history = NO_HISTORY;
  let now = 0;
  for (let at = 0; at < 3; at += 1) {
    const decision = decideRestart("always", restart, CRASH, history, now, 0);
    assert.equal(decision.act, "restart");
    if (decision.act === "restart") ({ history } = decision);
    now += 14_000;
  }
  assert.deepEqual(decideRestart("always", restart, CRASH, history, now, 0), {
    act: "give_up",
    reason: "exit 1, 3 restarts in a row within 42 s; gave up",
  });
  const stable = decideRestart("always", restart, { ...CRASH, ranFor: 10_000 }, history, now, 0);
  assert.equal(stable.act === "restart" && stable.history.inARow, 1);
  assert.equal(stable.act === "restart" && stable.at, now);
});

test("P6: whatever the definition says, never more than 15 starts in 12 s, then one in 30 s at most", () => {
  fc.assert(
    fc.property(anyRestart, fc.array(fc.nat({ max: 20_000 }), { minLength: 30, maxLength: 120 }), (restart, runs) => {
      let now = 1_000_000;
      let history = recordStart(NO_HISTORY, now);
      const starts = [now];
      for (const ranFor of runs) {
        now += ranFor;
        const decision = decideRestart("always", restart, { ...CRASH, ranFor }, history, now, 0);
        if (decision.act !== "restart") return;
        now = Math.max(now, Math.ceil(decision.at));
        const wasThrottled = history.throttled;
        const before = starts.at(-1) ?? 0;
        history = recordStart(decision.history, now);
        if (wasThrottled) assert.ok(now - before >= 30_000, `${now - before} ms after a burst`);
        starts.push(now);
      }
      for (const [at, start] of starts.entries()) {
        const sixteenth = starts[at + 15];
        assert.ok(sixteenth === undefined || sixteenth - start >= 12_000);
      }
    }),
    { numRuns: 100 * Number(process.env.TAILHERD_SOAK_FACTOR ?? 1) },
  );
});
