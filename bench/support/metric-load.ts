// Samples as a server's agent would send them: forty metrics, each with the manners of what it is named for. The same seed gives the
// same samples.
import { HOUR, SECOND } from "../../src/base/units.ts";
import { grainOf, roundTo } from "../../src/hub/metrics/grain.ts";
import type { MetricsStore } from "../../src/hub/metrics/metrics-store.ts";
import type { ImportSeries } from "../peers/victoria-metrics.ts";

/** Milliseconds between samples, and how many that makes an hour. */
export const INTERVAL = 5 * SECOND;
export const PER_HOUR = HOUR / INTERVAL;
/** Nothing is dropped. */
export const KEEP_ALL = { raw: 14, fine: 30, coarse: 730, bytes: 2 ** 40 };

/** One of the forty. */
export interface LoadMetric {
  name: string;
  /** The next value; made for each server anew. */
  walk: (random: Random) => () => number;
}

type Random = () => number;

/** 0 to 1, by a seed. */
export function seeded(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Nearly normal, with a deviation of 1. */
function normal(random: Random): number {
  return (random() + random() + random() + random() - 2) * 1.73;
}

const noisyPercent = (random: Random): (() => number) => {
  let level = 10 + random() * 30;
  return () => {
    level = Math.min(95, Math.max(1, level + normal(random) * 0.3));
    return Math.min(100, Math.max(0, level + normal(random) * 2));
  };
};
const calmPercent = (random: Random): (() => number) => {
  const level = 1 + random() * 3;
  return () => Math.max(0, level + normal(random) * 0.3);
};
const memory = (random: Random): (() => number) => {
  let level = 2e9 + random() * 1e10;
  return () => (level = Math.max(1e8, level + normal(random) * 3e6));
};
const processMemory = (random: Random): (() => number) => {
  let level = 5e7 + random() * 4e8;
  return () => (level = random() < 0.2 ? Math.max(1e7, level + normal(random) * 1e6) : level);
};
const disk = (random: Random): (() => number) => {
  let level = 1e11 * (1 + random() * 5);
  return () => (level += random() * 1e6);
};
const traffic = (random: Random): (() => number) => {
  const usual = Math.log(1e3 * 10 ** (random() * 4));
  let level = usual;
  return () => {
    level += (usual - level) * 0.05 + normal(random) * 0.2;
    return Math.exp(level + normal(random) * 0.15);
  };
};
const bursts = (random: Random) => () => (random() < 0.8 ? 0 : 4096 * (1 + Math.floor(random() * 20)));
const load = (random: Random): (() => number) => {
  let level = 0.5 + random();
  return () => (level = Math.max(0, level * 0.995 + 0.005 + normal(random) * 0.024));
};
const count = (random: Random): (() => number) => {
  let level = 150 + Math.floor(random() * 200);
  return () => (level = random() < 0.1 ? Math.max(1, level + Math.round(normal(random) * 2)) : level);
};
const constant = (random: Random): (() => number) => {
  const value = Math.floor(random() * 1e4);
  return () => value;
};
const uptime = (random: Random): (() => number) => {
  let seconds = Math.floor(random() * 1e6);
  return () => (seconds += 5);
};

const KINDS: [count: number, name: (index: number) => string, walk: LoadMetric["walk"]][] = [
  [6, (i) => `cpu${i}_percent`, noisyPercent],
  [5, (i) => `cpu${i}_system_percent`, calmPercent],
  [4, (i) => `memory${i}_bytes`, memory],
  [3, (i) => `process${i}_rss_bytes`, processMemory],
  [3, (i) => `fs${i}_used_bytes`, disk],
  [6, (i) => `net${i}_bytes_per_second`, traffic],
  [3, (i) => `disk${i}_bytes_per_second`, bursts],
  [3, (i) => `load${i}`, load],
  [3, (i) => `processes${i}`, count],
  [3, (i) => `limit${i}`, constant],
  [1, () => "uptime_seconds", uptime],
];

/** The forty metrics. */
export const LOAD_METRICS: readonly LoadMetric[] = KINDS.flatMap(([count, name, walk]) =>
  Array.from({ length: count }, (_, i) => ({ name: name(i), walk })),
);

/** One server: `next` makes its next values, rounded as the store rounds them. */
export function loadServer(seed: number): { next: () => Record<string, number> } {
  const random = seeded(seed);
  const walks = LOAD_METRICS.map(({ name, walk }) => ({ name, next: walk(random), grain: grainOf(name) }));
  return {
    next: () => Object.fromEntries(walks.map(({ name, next, grain }) => [name, roundTo(next(), grain)])),
  };
}

/** Tells the store an hour of one server, and returns the same for the peer. */
export async function fillHour(
  store: MetricsStore,
  server_id: string,
  server: { next: () => Record<string, number> },
  begin: number,
  tick: (at: number) => void,
): Promise<ImportSeries[]> {
  const columns = LOAD_METRICS.map(({ name }): ImportSeries => ({
    metric: name,
    server: server_id,
    values: [],
    times: [],
  }));
  for (let i = 0; i < PER_HOUR; i++) {
    // Heartbeats come some milliseconds early or late.
    const at = begin + i * INTERVAL + Math.floor(Math.random() * 20);
    const values = server.next();
    tick(at);
    await store.append({ server_id, at, values });
    for (const column of columns) {
      column.values.push(values[column.metric] ?? 0);
      column.times.push(at);
    }
  }
  return columns;
}
