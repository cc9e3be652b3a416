// Collects the values of one sample: rounded, keyed, and never more than an agent may tell.
import { formatMetricKey, MAX_METRICS, type MetricName, METRICS, type MetricUnit } from "../../../contract/metrics.ts";

/** Digits after the point that mean something; the rest would only cost bytes on the wire and on disk. */
const DIGITS: Record<MetricUnit, number> = {
  percent: 1,
  bytes: 0,
  bytes_per_second: 0,
  ops_per_second: 1,
  per_second: 1,
  seconds: 0,
  celsius: 1,
  ratio: 3,
  count: 2,
  none: 3,
};

/** Characters of a label that are told: mount points may have thousands. */
const MAX_LABEL = 120;

/** One sample in the making. What is put first has the first right to a place. */
export class MetricValues {
  readonly values: Record<string, number> = {};
  private readonly limit: number;
  private places = 0;
  private dropped = 0;

  constructor(limit = MAX_METRICS) {
    this.limit = limit;
  }

  /** How many metrics found no place. */
  get leftOut(): number {
    return this.dropped;
  }

  /**
   * A value that is not known now (a first rate, a counter that was reset) takes its place too, so that the same metrics are
   * left out of every sample.
   */
  put(name: MetricName, value: number | undefined, label: string | null = null): void {
    if (this.places === this.limit) {
      this.dropped += 1;
      return;
    }
    this.places += 1;
    if (value === undefined || !Number.isFinite(value)) return;
    this.values[formatMetricKey(name, label === null ? null : cleanLabel(label))] = round(value, METRICS[name].unit);
  }

  /** Counts metrics that were not even asked for. */
  leaveOut(count: number): void {
    this.dropped += count;
  }
}

/** The first `max` in the order of their names when there are more of them, else all as they came. */
export function firstByName<Item>(
  items: readonly Item[],
  max: number,
  nameOf: (item: Item) => string,
): readonly Item[] {
  if (items.length <= max) return items;
  const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));
  return items.toSorted((a, b) => compare(nameOf(a), nameOf(b))).slice(0, max);
}

function round(value: number, unit: MetricUnit): number {
  const factor = 10 ** DIGITS[unit];
  return Math.round(value * factor) / factor;
}

/** Names of devices and directories are chosen by others: control characters become "?", long ones are cut. */
function cleanLabel(label: string): string {
  const clean = label.replaceAll(/\p{Cc}/gu, "?");
  return clean.length > MAX_LABEL ? `${clean.slice(0, MAX_LABEL - 1)}…` : clean;
}
