// Which buckets answer a query, and from what: raw samples, buckets of 5 minutes or of 1 hour. Pure, so that every store
// decides alike.
import { DAY, HOUR, SECOND } from "../../base/units.ts";
import type { RetentionPolicy } from "./metrics-store.ts";
import { LEVELS } from "./rollup.ts";

/** Where the values come from. */
export type Resolution = "raw" | "fine" | "coarse";

/** Buckets `first` up to before `first + count`; bucket n is the time from n × step on. */
export interface Plan {
  resolution: Resolution;
  /** Milliseconds. */
  step: number;
  first: number;
  count: number;
}

/** Points that an automatic step aims at, at most. */
export const AUTOMATIC_POINTS = 500;
/** Points of one series at most, whatever the step asked for. */
export const MAX_POINTS = 20_000;

/** Steps in seconds that divide the next larger unit, so that buckets fall on full minutes, hours and days. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000, 7_776_000,
].map((seconds) => seconds * SECOND);

/** Plans a query. `step` in seconds, 0 = automatic; times in Unix milliseconds. An empty or reversed range has no buckets. */
export function planQuery(
  asked: { from: number; to: number; step: number },
  policy: Pick<RetentionPolicy, "raw" | "fine">,
  now: number,
): Plan {
  const range = Math.max(0, asked.to - asked.from);
  const wished = asked.step > 0 ? Math.round(asked.step * SECOND) : niceStep(range / AUTOMATIC_POINTS);
  const enough = Math.max(wished, SECOND, wished * MAX_POINTS >= range ? 0 : niceStep(range / MAX_POINTS));
  const finest = finestKept(asked.from, policy, now);
  const step = finest === "raw" ? enough : roundUp(enough, LEVELS[finest].bucket);
  const first = Math.floor(asked.from / step);
  const count = range === 0 ? 0 : Math.ceil(asked.to / step) - first;
  return { resolution: coarser(finest, resolutionOf(step)), step, first, count };
}

/** The finest that is still there at the query's beginning. */
function finestKept(from: number, policy: Pick<RetentionPolicy, "raw" | "fine">, now: number): Resolution {
  const age = now - from;
  if (age <= policy.raw * DAY) return "raw";
  return age <= policy.fine * DAY ? "fine" : "coarse";
}

/** The coarsest that can be put together to buckets of this step. */
function resolutionOf(step: number): Resolution {
  if (step % HOUR === 0) return "coarse";
  return step % LEVELS.fine.bucket === 0 ? "fine" : "raw";
}

const ORDER: readonly Resolution[] = ["raw", "fine", "coarse"];

function coarser(a: Resolution, b: Resolution): Resolution {
  return ORDER.indexOf(a) > ORDER.indexOf(b) ? a : b;
}

function niceStep(least: number): number {
  const largest = STEPS.at(-1) ?? DAY;
  return STEPS.find((step) => step >= least) ?? roundUp(least, largest);
}

function roundUp(value: number, unit: number): number {
  return Math.ceil(value / unit) * unit;
}
