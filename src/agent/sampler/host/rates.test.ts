import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { ratePerSecond, RateTable, sumRates } from "./rates.ts";

test("ratePerSecond() is never negative, and nothing where a counter fell or no time passed", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.integer({ min: -5, max: 1e6 }), (before, now, seconds) => {
      const rate = ratePerSecond(before, now, seconds);
      if (now < before || seconds <= 0) assert.equal(rate, undefined);
      else assert.ok(rate !== undefined && rate >= 0 && Math.abs(rate * seconds - (now - before)) <= now * 1e-9);
    }),
  );
});

test("RateTable tells what grew since the round before, and never more, whatever comes, goes and is reset", () => {
  const round = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.tuple(fc.nat({ max: 1000 }), fc.nat({ max: 1000 })));
  fc.assert(
    fc.property(fc.array(round, { maxLength: 8 }), (rounds) => {
      const table = new RateTable();
      rounds.forEach((round, number) => {
        table.begin(number * 2000);
        const before = rounds[number - 1] ?? {};
        for (const [name, counters] of Object.entries(round)) {
          const then = Object.hasOwn(before, name) ? before[name] : undefined;
          const expected =
            then && counters.map((now, at) => (now < (then[at] ?? 0) ? undefined : (now - (then[at] ?? 0)) / 2));
          assert.deepEqual(table.of(name, counters), expected);
        }
      });
    }),
  );
});

test("sumRates() adds what is known", () => {
  assert.deepEqual(sumRates([[1, undefined], undefined, [2, undefined]]), [3, undefined]);
  assert.equal(sumRates([undefined]), undefined);
  assert.equal(sumRates([]), undefined);
});
