import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DamagedBytesError } from "./bytes.ts";
import { finer, grainOf, roundTo } from "./grain.ts";
import { decodeBuckets, encodeBuckets, LEVELS, replaceBuckets, rollUp, type Buckets } from "./rollup.ts";

const GRAIN = grainOf("cpu_percent");
const DAY_START = Date.UTC(2026, 2, 10);
const { bucket, period } = LEVELS.fine;

/** Samples of one day, times ascending. */
const series = fc
  .uniqueArray(fc.tuple(fc.nat(period - 1), fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constant(Number.NaN))), {
    selector: ([at]) => at,
    maxLength: 200,
  })
  .map((list) => list.sort(([a], [b]) => a - b))
  .map((list) => ({
    times: Float64Array.from(list, ([at]) => DAY_START + at),
    values: Float64Array.from(list, ([, value]) => value / 10),
  }));

function naively(times: Float64Array, values: Float64Array): [number, number, number, number, number][] {
  const groups = new Map<number, number[]>();
  for (const [i, at] of times.entries()) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isNaN(value))
      groups.set(Math.floor(at / bucket), [...(groups.get(Math.floor(at / bucket)) ?? []), value]);
  }
  return [...groups].map(([number, list]) => {
    const mean = roundTo(list.reduce((sum, value) => sum + value, 0) / list.length, finer(GRAIN));
    return [number, list.length, mean, Math.min(...list), Math.max(...list)];
  });
}

function rowsOf({ numbers, counts, means, mins, maxs }: Buckets): number[][] {
  return [...numbers].map((number, i) => [number, counts[i] ?? 0, means[i] ?? 0, mins[i] ?? 0, maxs[i] ?? 0]);
}

describe("rollups", () => {
  it("are what a naive sum gives", () => {
    fc.assert(
      fc.property(series, ({ times, values }) =>
        assert.deepEqual(rowsOf(rollUp(times, values, bucket, GRAIN)), naively(times, values)),
      ),
    );
  });

  it("come back from their blob, which any changed byte makes unreadable", () => {
    fc.assert(
      fc.property(series, fc.nat(), ({ times, values }, at) => {
        const buckets = rollUp(times, values, bucket, GRAIN);
        const blob = encodeBuckets(buckets, DAY_START / bucket, GRAIN);
        assert.deepEqual(decodeBuckets(blob, DAY_START / bucket), buckets);
        blob[at % blob.length] = (blob[at % blob.length] ?? 0) ^ 0x55;
        assert.throws(() => decodeBuckets(blob, DAY_START / bucket), DamagedBytesError);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (junk) => {
        assert.throws(() => decodeBuckets(junk, 0), DamagedBytesError);
      }),
    );
  });

  it("of a day made hour by hour, in any order and again, are those of the day", () => {
    const hours = fc.shuffledSubarray(
      Array.from({ length: 24 }, (_, i) => i),
      { minLength: 24 },
    );
    fc.assert(
      fc.property(series, hours, fc.nat(23), ({ times, values }, order, again) => {
        const perHour = 12;
        let kept = rollUp(new Float64Array(), new Float64Array(), bucket, GRAIN);
        for (const hour of [...order, again]) {
          const first = DAY_START / bucket + hour * perHour;
          const inside = [...times.keys()].filter((i) => {
            const number = Math.floor((times[i] ?? 0) / bucket);
            return number >= first && number < first + perHour;
          });
          const pick = (all: Float64Array): Float64Array => Float64Array.from(inside, (i) => all[i] ?? Number.NaN);
          kept = replaceBuckets(kept, rollUp(pick(times), pick(values), bucket, GRAIN), first, first + perHour);
        }
        assert.deepEqual(kept, rollUp(times, values, bucket, GRAIN));
      }),
    );
  });
});
