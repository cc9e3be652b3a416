import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SECOND } from "../../../base/units.ts";
import { checkSchema, type HeartbeatCheck } from "../../../contract/checks.ts";
import { type Calls, judgeCalls, shownOfCalls } from "./calls.ts";

function checkOf(within: number): HeartbeatCheck {
  const check = checkSchema.parse({ kind: "heartbeat", name: "c", url: true, within });
  assert.equal(check.kind, "heartbeat");
  return check;
}

const time = fc.integer({ min: 0, max: 200 * SECOND });
const heard = fc.record({ since: time, last: fc.option(time), now: time, within: fc.integer({ min: 1, max: 100 }) });

test("it fails exactly when nothing was heard for longer than `within`, of the time in which it could be heard", () => {
  fc.assert(
    fc.property(heard, ({ since, last, now, within }) => {
      const outcome = judgeCalls(checkOf(within), { told: true, since, last, problem: null, now });
      const signs = [since, ...(last === null ? [] : [last])];
      assert.equal(
        outcome?.ok,
        signs.some((sign) => now - sign <= within * SECOND),
      );
    }),
  );
});

test("what cannot be heard, and what its start told it nothing of, never fails", () => {
  const silent: Calls = { told: true, since: 0, last: null, problem: null, now: 1000 * SECOND };
  const of = (calls: Partial<Calls>) => judgeCalls(checkOf(1), { ...silent, ...calls });
  assert.deepEqual(of({}), { ok: false, message: "no call of its heartbeat URL for 17 min" });
  assert.equal(of({ since: null }), null);
  assert.deepEqual(of({ problem: "taken" }), { ok: true, message: "taken" });
  assert.deepEqual(of({ told: false, problem: "taken" }), { ok: true, message: "counts from the next start" });
  assert.equal(shownOfCalls({ ...silent, problem: "taken" }), "taken");
  assert.equal(shownOfCalls({ ...silent, told: false }), "counts from the next start");
  assert.equal(shownOfCalls(silent), null);
});
