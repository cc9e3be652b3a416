// Heartbeats: how long taking the samples of a large fleet holds the event loop, while hours of others are sealed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock } from "../src/base/clock.ts";
import { HOUR, SECOND } from "../src/base/units.ts";
import { openEmbeddedMetrics } from "../src/hub/metrics/embedded-metrics.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import type { Finding, Measure } from "./measure.ts";
import { fillHour, KEEP_ALL, LOAD_METRICS, loadServer } from "./support/metric-load.ts";
import { pause } from "./support/run.ts";

const FLEET = 5000;

export const heartbeats: Measure = {
  name: "heartbeats",
  async run(bench) {
    const dir = mkdtempSync(join(tmpdir(), "th-bench-heartbeats-"));
    const holds = { median: NaN, p99: NaN, most: NaN, longest: NaN, perHeartbeat: NaN };
    try {
      await bench.attempt(`${FLEET} servers' heartbeats while hours are sealed`, async () => {
        Object.assign(holds, await holdsUnderLoad(dir, bench.quick ? 10 : 30));
      });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
    return [describe(holds)];
  },
};

interface Holds {
  /** Milliseconds that the event loop was late. */
  median: number;
  p99: number;
  most: number;
  /** Milliseconds of CPU that the longest turn of the event loop took: as `most`, without what other processes of the machine took. */
  longest: number;
  /** Microseconds that a heartbeat took. */
  perHeartbeat: number;
}

/** A thousand heartbeats of forty values a second, while hours are sealed that came before. */
async function holdsUnderLoad(dir: string, seconds: number): Promise<Holds> {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const store = await openEmbeddedMetrics({ dir, clock, logger: silentLogger, policy: KEEP_ALL });
  const fleet = Array.from({ length: 50 }, (_, i) => loadServer(i + 1));
  for (const [i, server] of fleet.entries())
    await fillHour(store, `sealed${i}`, server, Date.now() - 2 * HOUR, () => {});
  const heartbeats = Array.from({ length: FLEET }, (_, i) => fleet[i % fleet.length]?.next() ?? {});
  ahead = 2 * HOUR;
  await store.flush();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const turns = watchTurns();
  delay.enable();
  const sealing = store.settle();
  let spent = 0;
  let told = 0;
  const started = performance.now();
  while (performance.now() - started < seconds * SECOND) {
    const due = Math.floor(performance.now() - started);
    const before = performance.now();
    for (; told < due; told++) {
      await store.append({ server_id: `s${told % FLEET}`, at: clock.now(), values: heartbeats[told % FLEET] ?? {} });
    }
    spent += performance.now() - before;
    await pause(1);
  }
  delay.disable();
  const longest = turns.stop();
  await sealing;
  await store.close();
  const milliseconds = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - 1);
  return {
    median: milliseconds(delay.percentile(50)),
    p99: milliseconds(delay.percentile(99)),
    most: milliseconds(delay.max),
    longest,
    perHeartbeat: (spent / told) * 1000,
  };
}

/** CPU milliseconds of the longest turn of the event loop until it is stopped. */
function watchTurns(): { stop: () => number } {
  let longest = 0;
  let last = process.threadCpuUsage();
  let next: NodeJS.Immediate;
  const turn = (): void => {
    const used = process.threadCpuUsage(last);
    last = process.threadCpuUsage();
    longest = Math.max(longest, (used.user + used.system) / 1000);
    next = setImmediate(turn);
  };
  next = setImmediate(turn);
  return {
    stop: () => {
      clearImmediate(next);
      return longest;
    },
  };
}

function describe({ median, p99, most, longest, perHeartbeat }: Holds): Finding {
  return {
    title: `Taking the heartbeats of ${FLEET} servers`,
    load: [
      `1,000 heartbeats of ${LOAD_METRICS.length} values a second in one process, while its hours of 50 other servers are taken in and sealed. How late the event loop was, by Node's own measure, in which other processes of the machine take part, and the most CPU time that one turn of it took.`,
    ],
    columns: [
      { title: "event loop late, p50 (ms)", digits: 2 },
      { title: "p99 (ms)", digits: 2 },
      { title: "longest (ms)", digits: 1 },
      { title: "longest turn, CPU (ms)", digits: 1 },
      { title: "a heartbeat (µs)", digits: 1 },
    ],
    rows: [{ who: "tailherd", values: [median, p99, most, longest, perHeartbeat] }],
    budgets: [{ what: "event loop held while hours are sealed", unit: "ms", limit: 20, value: longest, digits: 1 }],
    notes: [],
  };
}
