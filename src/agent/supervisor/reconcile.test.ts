import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { instanceStateSchema } from "../../contract/status.ts";
import { planNext } from "./reconcile.ts";

const anyState = fc.constantFrom(...instanceStateSchema.options);
const anyTime = fc.option(fc.nat({ max: 100_000 }));

test("planNext() starts what is stopped and wanted, and stops what runs and is not", () => {
  assert.deepEqual(planNext("running", { state: "stopped", nextStartAt: null }, 0), { act: "start" });
  assert.deepEqual(planNext("stopped", { state: "running", nextStartAt: null }, 0), { act: "stop" });
  assert.deepEqual(planNext("stopped", { state: "backoff", nextStartAt: 9 }, 0), { act: "forget_start" });
  assert.deepEqual(planNext("running", { state: "backoff", nextStartAt: 9 }, 0), { act: "wait", until: 9 });
  assert.deepEqual(planNext("running", { state: "backoff", nextStartAt: null }, 9), { act: "wait", until: 9 });
});

test("planNext() never starts what runs, is being stopped, gave up, or runs elsewhere; never stops what is wanted", () => {
  fc.assert(
    fc.property(anyState, anyTime, fc.nat({ max: 100_000 }), (state, nextStartAt, now) => {
      const wanted = planNext("running", { state, nextStartAt }, now);
      // Never from a backoff, however late: that goes on with its history.
      if (wanted.act === "start") assert.equal(state, "stopped");
      assert.ok(wanted.act !== "stop" && wanted.act !== "forget_start");
      const unwanted = planNext("stopped", { state, nextStartAt }, now);
      assert.ok(unwanted.act !== "start" && unwanted.act !== "wait");
      assert.ok(state !== "external" || (wanted.act === "nothing" && unwanted.act === "nothing"));
    }),
  );
});
