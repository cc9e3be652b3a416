import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Rate } from "./rate.ts";

test("in no span more happens than the burst and what the time adds, and who keeps to the rate is never refused", () => {
  const limits = fc.record({ burst: fc.integer({ min: 1, max: 20 }), rate: fc.integer({ min: 1, max: 20 }) });
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 });
  fc.assert(
    fc.property(limits, steps, (limit, pauses) => {
      const rate = new Rate(limit, 0);
      const taken: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause;
        if (rate.take(now)) taken.push(now);
      }
      for (const [at, from] of taken.entries()) {
        const inSpan = taken.length - at;
        assert.ok(inSpan <= limit.burst + ((now - from) / 1000) * limit.rate + 1e-6);
      }
    }),
  );
  const calm = new Rate({ burst: 1, rate: 4 }, 0);
  for (let now = 0; now < 10_000; now += 250) assert.ok(calm.take(now));
});
