import assert from "node:assert/strict";
import { openSync, readdirSync } from "node:fs";
import { describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { DescriptorReserve } from "./descriptor-reserve.ts";

const open = (): number => openSync("/dev/null", "r");
const openNow = (): number => readdirSync("/dev/fd").length;

describe("DescriptorReserve", () => {
  it("lets its descriptors go when there are no others, and takes them back only as a whole", () => {
    const clock = new FakeClock();
    let left = Number.POSITIVE_INFINITY;
    const limited = (): number => {
      if (left-- > 0) return open();
      throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    };
    const before = openNow();
    {
      using reserve = new DescriptorReserve({ clock, logger: silentLogger, open: limited });
      const held = openNow() - before;
      assert.ok(held >= 8, `${held} held`);
      assert.equal(reserve.problem, null);
      left = 0;
      reserve.look();
      assert.match(reserve.problem ?? "", /No file descriptors are left/);
      assert.equal(openNow(), before);
      // As many as it let go: were they taken back, the next connection would find none.
      left = held;
      clock.advance(2 * SECOND);
      assert.notEqual(reserve.problem, null);
      assert.equal(openNow(), before);
      left = held + 8;
      clock.advance(2 * SECOND);
      assert.equal(reserve.problem, null);
      assert.equal(openNow(), before + held);
    }
    assert.equal(openNow(), before);
  });
});
