import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../base/units.ts";
import { redialDelay } from "./stay-linked.ts";
import { ALL_FOR, keepsReading, THEN_EVERY } from "./thinning.ts";

describe("redialDelay()", () => {
  it("is anything from a quarter of a second to a limit that grows from two seconds to half a minute", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1000), unit, (failures, random) => {
        const most = Math.min(30 * SECOND, 2 * SECOND * 1.5 ** failures);
        const delay = redialDelay(failures, false, random);
        assert.ok(delay >= SECOND / 4 && delay <= most, `${delay}`);
      }),
    );
    assert.ok(redialDelay(0, true, 0) >= MINUTE / 2);
  });

  for (const away of [1, 2, 10]) {
    it(`brings five thousand agents back within a minute of ${away} s, never a fifth of them in a quarter of a second (P14)`, () => {
      const quarters = new Map<number, number>();
      for (let agent = 0; agent < 5000; agent += 1) {
        // Each dials until the hub is there.
        let at = 0;
        for (let failures = 0; at < away * SECOND; failures += 1) at += redialDelay(failures, false, Math.random());
        const quarter = Math.floor((at - away * SECOND) / (SECOND / 4));
        quarters.set(quarter, (quarters.get(quarter) ?? 0) + 1);
      }
      assert.ok(Math.max(...quarters.keys()) < 4 * 60);
      assert.ok(Math.max(...quarters.values()) < 5000 / 5, `${Math.max(...quarters.values())}`);
    });
  }
});

describe("keepsReading()", () => {
  it("keeps all readings at first and then one in half a minute: a day is some three thousand", () => {
    let kept = 0;
    let last: number | null = null;
    const day = 24 * 60 * MINUTE;
    for (let now = 0; now < day; now += 5 * SECOND) {
      if (!keepsReading(0, last, now)) continue;
      kept += 1;
      last = now;
    }
    assert.equal(kept, ALL_FOR / (5 * SECOND) + (day - ALL_FOR) / THEN_EVERY);
  });
});
