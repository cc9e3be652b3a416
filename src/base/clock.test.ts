import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FakeClock } from "./clock.ts";

describe("FakeClock", () => {
  it("fires timers in order of their due time, also those started on the way", () => {
    const clock = new FakeClock(0);
    const fired: string[] = [];
    clock.after(20, () => fired.push(`b at ${clock.now()}`));
    clock.after(10, () => {
      fired.push(`a at ${clock.now()}`);
      clock.after(5, () => fired.push(`c at ${clock.now()}`));
    });
    clock.advance(30);
    assert.deepEqual(fired, ["a at 10", "c at 15", "b at 20"]);
    assert.equal(clock.now(), 30);
  });

  it("does not fire a timer that was cancelled or is not due", () => {
    const clock = new FakeClock(0);
    const timer = clock.after(10, () => assert.fail("fired"));
    clock.after(100, () => assert.fail("fired too early"));
    timer.cancel();
    timer.cancel();
    clock.advance(99);
  });
});
