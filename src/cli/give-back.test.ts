import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../base/clock.ts";
import { MIB, SECOND } from "../base/units.ts";
import { giveBackAfterRushes, isWorthIt } from "./give-back.ts";

/** A process whose heap and work a test sets; a collection leaves 10 MiB. */
function fakeProcess() {
  const state = { heap: 20 * MIB, cpu: 0, collected: 0 };
  const surveyed = {
    heap: () => state.heap,
    cpu: () => state.cpu,
    collect() {
      state.collected += 1;
      state.heap = 10 * MIB;
    },
  };
  return { state, surveyed };
}

test("collects once after the start, and again only after the heap grew", () => {
  const { state, surveyed } = fakeProcess();
  const clock = new FakeClock();
  using _ = giveBackAfterRushes(surveyed, clock);
  clock.advance(60 * SECOND);
  assert.equal(state.collected, 1);
  state.heap = 12 * MIB;
  clock.advance(60 * SECOND);
  assert.equal(state.collected, 1);
  state.heap = 13 * MIB;
  clock.advance(2 * SECOND);
  assert.equal(state.collected, 2);
});

test("waits until a rush is over", () => {
  const { state, surveyed } = fakeProcess();
  const clock = new FakeClock();
  using _ = giveBackAfterRushes(surveyed, clock);
  for (let second = 0; second < 10; second++) {
    // Half a core.
    state.cpu += 500_000;
    clock.advance(1 * SECOND);
  }
  assert.equal(state.collected, 0);
  clock.advance(1 * SECOND);
  assert.equal(state.collected, 1);
});

test("does nothing once disposed", () => {
  const { state, surveyed } = fakeProcess();
  const clock = new FakeClock();
  giveBackAfterRushes(surveyed, clock)[Symbol.dispose]();
  clock.advance(60 * SECOND);
  assert.equal(state.collected, 0);
});

test("a collection that left this much is never followed by another at the same size", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31), fc.double({ min: 0, max: 2, noNaN: true }), (heap, busy) => {
      assert.equal(isWorthIt({ heap, kept: heap, busy }), false);
    }),
  );
});
