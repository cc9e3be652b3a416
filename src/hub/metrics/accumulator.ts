// Samples and rollups gathered into the buckets of a query, and several series made into one.
import { HOUR } from "../../base/units.ts";
import type { Aggregate } from "./metrics-store.ts";
import type { Plan } from "./query-plan.ts";
import type { Buckets } from "./rollup.ts";

/** A value, and the smallest and largest sample, for each bucket; NaN where there is none. All one array where no bucket has two. */
export interface Combined {
  values: Float64Array;
  min: Float64Array;
  max: Float64Array;
}

/** The buckets of one series. */
export class Accumulator {
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private readonly mins: Float64Array;
  private readonly maxs: Float64Array;
  isEmpty = true;

  constructor(count: number) {
    this.counts = new Float64Array(count);
    this.sums = new Float64Array(count);
    this.mins = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
    this.maxs = new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
  }

  /** `clip`: some of the times may lie outside of the plan's buckets. */
  addSamples(times: Float64Array, values: Float64Array, { step, first, count }: Plan, clip: boolean): void {
    for (let i = 0; i < times.length; i++) {
      const value = values[i] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const at = Math.floor((times[i] ?? 0) / step) - first;
      if (clip && (at < 0 || at >= count)) continue;
      this.add(at, 1, value, value, value);
    }
  }

  /** Adds all but those that lie in `except`, hours since 1970. `bucket` is their length in milliseconds. */
  addBuckets(buckets: Buckets, bucket: number, { step, first, count }: Plan, except: ReadonlySet<number>): void {
    const { numbers, counts, means, mins, maxs } = buckets;
    for (let i = 0; i < numbers.length; i++) {
      const start = (numbers[i] ?? 0) * bucket;
      const at = Math.floor(start / step) - first;
      if (at < 0 || at >= count || (except.size > 0 && except.has(Math.floor(start / HOUR)))) continue;
      this.add(at, counts[i] ?? 0, (means[i] ?? 0) * (counts[i] ?? 0), mins[i] ?? 0, maxs[i] ?? 0);
    }
  }

  /** The buckets as they are now; nothing can be added after. */
  finish(): Combined {
    const { counts, sums, mins, maxs } = this;
    let single = true;
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] ?? 0;
      if (count > 1) {
        sums[at] = (sums[at] ?? 0) / count;
        single = false;
      } else if (count === 0) sums[at] = mins[at] = maxs[at] = Number.NaN;
    }
    return single ? { values: sums, min: sums, max: sums } : { values: sums, min: mins, max: maxs };
  }

  private add(at: number, count: number, sum: number, min: number, max: number): void {
    this.isEmpty = false;
    this.counts[at] = (this.counts[at] ?? 0) + count;
    this.sums[at] = (this.sums[at] ?? 0) + sum;
    if (min < (this.mins[at] ?? 0)) this.mins[at] = min;
    if (max > (this.maxs[at] ?? 0)) this.maxs[at] = max;
  }
}

/** One series of several: in each bucket the aggregate of those that have a value there, and the extremes of all their samples. */
export function combine(all: readonly Accumulator[], aggregate: Exclude<Aggregate, "none">, count: number): Combined {
  const finished = all.map((accumulator) => accumulator.finish());
  const out: Combined = {
    values: new Float64Array(count),
    min: new Float64Array(count),
    max: new Float64Array(count),
  };
  const values = new Float64Array(all.length);
  for (let at = 0; at < count; at++) {
    let found = 0;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    for (const { values: means, min, max } of finished) {
      const value = means[at] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      values[found++] = value;
      const low = min[at] ?? value;
      const high = max[at] ?? value;
      if (low < least) least = low;
      if (high > most) most = high;
    }
    out.values[at] = aggregateOf(values.subarray(0, found), aggregate);
    out.min[at] = found === 0 ? Number.NaN : least;
    out.max[at] = found === 0 ? Number.NaN : most;
  }
  return out;
}

/** NaN for no values; p95 by nearest rank. */
export function aggregateOf(values: Float64Array, aggregate: Exclude<Aggregate, "none">): number {
  if (values.length === 0) return Number.NaN;
  return AGGREGATES[aggregate](values);
}

const AGGREGATES: Record<Exclude<Aggregate, "none">, (values: Float64Array) => number> = {
  avg: (values) => sum(values) / values.length,
  sum,
  min: (values) => values.reduce((least, value) => Math.min(least, value)),
  max: (values) => values.reduce((most, value) => Math.max(most, value)),
  p95: (values) => values.toSorted((a, b) => a - b)[Math.ceil(0.95 * values.length) - 1] ?? Number.NaN,
};

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i] ?? 0;
  return total;
}
