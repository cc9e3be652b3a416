import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MINUTE, SECOND } from "../../base/units.ts";
import { redialDelay } from "./stay-linked.ts";
import { ALL_FOR, keepsReading, THEN_EVERY } from "./thinning.ts";

describe("redialDelay()", () => {
  it("grows from half a second to half a minute, and spreads each delay over half of itself", () => {
    const unit = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.nat(1000), unit, (failures, random) => {
        const full = Math.min(30 * SECOND, SECOND * 2 ** failures);
        const delay = redialDelay(failures, false, random);
        assert.ok(delay >= full / 2 && delay <= full, `${delay}`);
      }),
    );
    assert.ok(redialDelay(0, true, 0) >= MINUTE / 2);
  });

  it("brings five thousand agents back within a minute, never more than a third of them in a second (P14)", () => {
    const seconds = new Map<number, number>();
    for (let agent = 0; agent < 5000; agent += 1) {
      // A hub that is away for ten seconds: each dials until it is there.
      let at = 0;
      for (let failures = 0; at < 10 * SECOND; failures += 1) at += redialDelay(failures, false, Math.random());
      const second = Math.floor(at / SECOND);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    assert.ok(Math.max(...seconds.keys()) < 60);
    assert.ok(Math.max(...seconds.values()) < 5000 / 3, `${Math.max(...seconds.values())}`);
  });
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
