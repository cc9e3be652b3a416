// Metrics: what a sample takes on the disk, and how long charts of a day take, beside VictoriaMetrics with the same samples and
// questions.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { HOUR, SECOND } from "../src/base/units.ts";
import { openEmbeddedMetrics, type EmbeddedMetrics } from "../src/hub/metrics/embedded-metrics.ts";
import type { MetricsQuery } from "../src/hub/metrics/metrics-store.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import type { Bench, Finding, Measure } from "./measure.ts";
import { VictoriaMetrics, victoriaMetricsVersion } from "./peers/victoria-metrics.ts";
import { fillHour, INTERVAL, KEEP_ALL, LOAD_METRICS, loadServer, PER_HOUR } from "./support/metric-load.ts";
import { Samples } from "./support/samples.ts";

const HOURS = 24;
/** Of the metrics asked for, one that is noisy and one that is not. */
const ASKED = ["cpu0_percent", "net0_bytes_per_second", "memory0_bytes"];

const OURS = "tailherd";
const THEIRS = "VictoriaMetrics";

export const metrics: Measure = {
  name: "metrics",
  async run(bench) {
    // TAILHERD_BENCH_SERVERS makes it smaller, or larger; the budgets are for 200.
    const servers = Number(process.env.TAILHERD_BENCH_SERVERS ?? (bench.quick ? 20 : 200));
    const dir = mkdtempSync(join(tmpdir(), "th-bench-metrics-"));
    const found: Found = { bytes: new Map(), one: new Samples(), all: new Samples(), version: undefined };
    try {
      await compare(bench, dir, servers, found);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    return [describe(servers, found)];
  },
};

interface Found {
  /** A sample. */
  bytes: Map<string, number>;
  /** Milliseconds of queries of one series, raw, and of the average of all. */
  one: Samples;
  all: Samples;
  version: string | undefined;
}

async function compare(bench: Bench, dir: string, servers: number, found: Found): Promise<void> {
  found.version = await victoriaMetricsVersion();
  await using stack = new AsyncDisposableStack();
  const begin = Math.floor(Date.now() / HOUR) * HOUR - (HOURS + 2) * HOUR;
  let now = begin;
  const clock = { ...systemClock, now: () => now };
  const options = { dir: join(dir, "ours"), clock, logger: silentLogger, policy: KEEP_ALL };
  const ours = stack.adopt(await openEmbeddedMetrics(options), (store) => store.close());
  const theirs = found.version === undefined ? undefined : stack.use(await VictoriaMetrics.start(join(dir, "theirs")));
  await bench.attempt(`${HOURS} h of ${servers} servers`, async () => {
    const fleet = Array.from({ length: servers }, (_, i) => loadServer(i + 1));
    for (let hour = 0; hour < HOURS; hour++) {
      for (const [i, server] of fleet.entries()) {
        const columns = await fillHour(ours, `s${i}`, server, begin + hour * HOUR, (at) => (now = Math.max(now, at)));
        await theirs?.import(columns);
      }
      await ours.settle();
    }
    now += 2 * HOUR;
    await ours.settle();
    await theirs?.settle();
  });
  const samples = servers * HOURS * PER_HOUR * LOAD_METRICS.length;
  const { bytes, samples: kept } = await ours.stats();
  if (kept !== samples) throw new Error(`Cannot compare: ${kept} of ${samples} samples are there`);
  found.bytes.set(OURS, bytes / samples);
  if (theirs !== undefined) found.bytes.set(THEIRS, theirs.bytes() / samples);
  await bench.attempt("queries of a day, in turns", () => ask(bench, ours, theirs, servers, begin, found));
}

async function ask(
  bench: Bench,
  ours: EmbeddedMetrics,
  theirs: VictoriaMetrics | undefined,
  servers: number,
  from: number,
  { one, all }: Found,
): Promise<void> {
  const to = from + HOURS * HOUR;
  const everyone = Array.from({ length: servers }, (_, i) => `s${i}`);
  const expect = (points: number, least: number): void => {
    if (points < least) throw new Error(`Cannot compare: ${points} points where at least ${least} should be`);
  };
  const timed = async (into: Samples, who: string, least: number, act: () => Promise<number>): Promise<void> => {
    const started = performance.now();
    const points = await act();
    into.add(who, performance.now() - started);
    expect(points, least);
  };
  const points = async (query: Partial<MetricsQuery> & { metrics: string[] }): Promise<number> => {
    const usual = { servers: ["s1"], from, to, step: INTERVAL / SECOND, aggregate: "none" } as const;
    const { series } = await ours.query({ ...usual, ...query });
    return series[0]?.points.length ?? 0;
  };
  const day = HOURS * PER_HOUR;
  // The first ones are for starting up and for caches, on both sides.
  for (let round = -3; round < (bench.quick ? 10 : 40); round++) {
    const [into, intoAll] = round < 0 ? [new Samples(), new Samples()] : [one, all];
    for (const metric of ASKED) {
      await timed(into, OURS, day * 0.99, () => points({ metrics: [metric] }));
      if (theirs !== undefined) {
        await timed(into, THEIRS, day * 0.99, () => theirs.rawPoints(`${metric}{server="s1"}`, from, to));
      }
      await timed(intoAll, OURS, 287, () =>
        points({ metrics: [metric], servers: everyone, step: 0, aggregate: "avg" }),
      );
      if (theirs !== undefined) {
        const query = `avg(avg_over_time(${metric}[5m]))`;
        await timed(intoAll, THEIRS, 287, () => theirs.rangePoints(query, from + 300 * SECOND, to, 300));
      }
    }
  }
}

function describe(servers: number, { bytes, one, all, version }: Found): Finding {
  const row = (who: string): Finding["rows"][number] => ({
    who,
    values: [
      bytes.get(who) ?? null,
      one.median(who),
      one.percentile(who, 0.95),
      all.median(who),
      all.percentile(who, 0.95),
    ],
  });
  const value = bytes.get(OURS) ?? Number.NaN;
  return {
    title: `Metrics of ${servers} servers`,
    load: [
      `${servers} servers × ${LOAD_METRICS.length} metrics × ${HOURS} h, a sample every 5 s, with the manners of CPUs, memory, disks, networks and counters, rounded as tailherd rounds; all sealed, or merged, before. Queries take turns; each answer is read in full. tailherd is asked by its store's interface, VictoriaMetrics${version === undefined ? "" : ` ${version}`} over HTTP on loopback with its cache off.`,
    ],
    columns: [
      { title: "bytes a sample", digits: 2, ratio: true },
      { title: "one series, 24 h raw, p50 (ms)", digits: 2, ratio: true },
      { title: "p95 (ms)", digits: 2 },
      { title: `average of ${servers}, 24 h, p50 (ms)`, digits: 2, ratio: true },
      { title: "p95 (ms)", digits: 2 },
    ],
    rows: [row(OURS), ...(version === undefined ? [] : [row(THEIRS)])],
    budgets: [
      { what: "metrics at rest, rollups included", unit: "bytes a sample", limit: 1, value, digits: 2 },
      { what: "one series over 24 h raw", unit: "ms", limit: 2, value: one.median(OURS), digits: 2 },
      { what: `average of ${servers} servers over 24 h`, unit: "ms", limit: 30, value: all.median(OURS), digits: 2 },
    ],
    notes: [
      "The average is of buckets of 5 min: tailherd reads its rollups, VictoriaMetrics (`avg(avg_over_time(…[5m]))`) all samples. Its bytes are without its index, tailherd's are the whole database.",
    ],
  };
}
