import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { instanceStateSchema } from "../../contract/status.ts";
import { planNext } from "./reconcile.ts";

const anyState = fc.constantFrom(...instanceStateSchema.options);
const anyWait = fc.constantFrom(undefined, "waits for db to run");
const anyTime = fc.option(fc.nat({ max: 100_000 }));

test("planNext() starts what is stopped and wanted, and stops what runs and is not", () => {
  assert.deepEqual(planNext("running", { state: "stopped", nextStartAt: null, waitsFor: undefined }, 0), {
    act: "start",
  });
  assert.deepEqual(planNext("stopped", { state: "running", nextStartAt: null, waitsFor: undefined }, 0), {
    act: "stop",
  });
  assert.deepEqual(planNext("stopped", { state: "backoff", nextStartAt: 9, waitsFor: undefined }, 0), {
    act: "forget_start",
  });
  assert.deepEqual(planNext("running", { state: "backoff", nextStartAt: 9, waitsFor: undefined }, 0), {
    act: "wait",
    until: 9,
  });
  assert.deepEqual(planNext("running", { state: "backoff", nextStartAt: null, waitsFor: undefined }, 9), {
    act: "wait",
    until: 9,
  });
  assert.deepEqual(planNext("stopped", { state: "waiting", nextStartAt: null, waitsFor: "x" }, 0), {
    act: "forget_start",
  });
});

test("planNext() never starts what runs, is being stopped, gave up, or runs elsewhere; never stops what is wanted", () => {
  fc.assert(
    fc.property(anyState, anyTime, anyWait, fc.nat({ max: 100_000 }), (state, nextStartAt, waitsFor, now) => {
      const wanted = planNext("running", { state, nextStartAt, waitsFor }, now);
      // Never from a backoff, however late: that goes on with its history.
      if (wanted.act === "start") assert.equal(state, "stopped");
      // What waits goes on exactly when nothing is left to wait for.
      assert.equal(wanted.act === "resume", state === "waiting" && waitsFor === undefined);
      assert.equal(wanted.act === "wait_for", state === "waiting" && waitsFor !== undefined);
      assert.ok(wanted.act !== "stop" && wanted.act !== "forget_start");
      const unwanted = planNext("stopped", { state, nextStartAt, waitsFor }, now);
      assert.ok(unwanted.act !== "start" && unwanted.act !== "wait" && unwanted.act !== "resume");
      assert.ok(state !== "external" || (wanted.act === "nothing" && unwanted.act === "nothing"));
    }),
  );
});
