// A fleet: thousands of agents on one hub by the real protocol, over the network stack, and the hub's restart with all of them coming
// back; beside it VictoriaMetrics with the same samples.
import { join } from "node:path";
import { systemClock } from "../src/base/clock.ts";
import { HOUR, MINUTE, SECOND } from "../src/base/units.ts";
import { openEmbeddedMetrics } from "../src/hub/metrics/embedded-metrics.ts";
import { silentLogger } from "../src/runtime/logger.ts";
import { socketPath } from "../src/runtime/paths.ts";
import { freePort } from "../test/support/ports.ts";
import type { Finding, Measure } from "./measure.ts";
import { commandOf, dataOf, envOf } from "./peers/tailherd.ts";
import { VictoriaMetrics, victoriaMetricsVersion } from "./peers/victoria-metrics.ts";
import { Crowds } from "./support/crowd-handle.ts";
import { openHome, type OpenHome } from "./support/home.ts";
import { HubClient } from "./support/hub-client.ts";
import { KEEP_ALL, LOAD_METRICS, loadServer } from "./support/metric-load.ts";
import { childrenOf, cpuSeconds, memoryOf } from "./support/proc.ts";
import { pause, start, until } from "./support/run.ts";
import { percentile } from "./support/statistics.ts";

const INTERVAL = 5 * SECOND;
const MIB = 1024 * 1024;
const OURS = "tailherd";
const THEIRS = "VictoriaMetrics";
/** How often the hub is asked whether it is healthy, and how it is. */
const ASK_EVERY = 100;
/** Windows of the event loop's lag are of ten seconds. */
const SCRAPE_EVERY = 10_100;

export const fleet: Measure = {
  name: "fleet",
  async run(bench) {
    // Fewer, or for longer; the budgets are for 5,000.
    const agents = Number(process.env.TAILHERD_BENCH_AGENTS ?? (bench.quick ? 300 : 5000));
    const minutes = Number(process.env.TAILHERD_BENCH_MINUTES ?? (bench.quick ? 0.3 : 2));
    const found: Found = { ours: nothing(), theirs: undefined, back: nothing(), backIn: Number.NaN, lost: Number.NaN };
    await bench.attempt(`${agents} agents for ${minutes} min, then a restart of their hub`, () =>
      measureOurs(agents, minutes * MINUTE, found),
    );
    const version = await victoriaMetricsVersion();
    if (version !== undefined) {
      await bench.attempt(`the same samples to VictoriaMetrics ${version}`, async () => {
        found.theirs = await measureTheirs(agents, minutes * MINUTE);
      });
    }
    return [describe(agents, minutes, found, version)];
  },
};

/** Of one side, over one stretch of time. */
interface Load {
  /** Milliseconds until samples were acknowledged. */
  p50: number;
  p99: number;
  /** Percent of a core. */
  cpu: number;
  /** The most bytes. */
  rss: number;
  uss: number;
  /** Milliseconds. */
  health: number;
  lag: number;
  bytesPerSample: number;
}

interface Found {
  ours: Load;
  theirs: Load | undefined;
  /** While all come back. */
  back: Load;
  /** Milliseconds from the hub's end until all are linked again. */
  backIn: number;
  /** Samples told and not in the store; below 0: twice there. */
  lost: number;
}

const nothing = (): Load => ({
  p50: Number.NaN,
  p99: Number.NaN,
  cpu: Number.NaN,
  rss: Number.NaN,
  uss: Number.NaN,
  health: Number.NaN,
  lag: Number.NaN,
  bytesPerSample: Number.NaN,
});

async function measureOurs(agents: number, duration: number, found: Found): Promise<void> {
  const home = openHome();
  const port = await freePort();
  try {
    let hub = await Hub.start(home, port);
    const { secret } = await hub.client.json<{ secret: string }>("POST", "/api/join-tokens", {
      uses: agents,
      expires_in_minutes: 60,
    });
    const hubUrl = `http://127.0.0.1:${port}`;
    const common = { dir: join(home.directory, "crowd"), hubUrl, joinToken: secret, prefix: "node-" };
    // The first ones dial while others still enrol.
    await using crowds = await Crowds.gather({ ...common, count: agents, interval: INTERVAL, ramp: 10 * SECOND }, 2);
    const allLinked = async (): Promise<boolean> => (await crowds.report()).linked === agents;
    await until("all are linked", allLinked, { every: 250, patience: 5 * MINUTE });
    await crowds.tell("beginMeasuring");
    await pause(2 * INTERVAL);
    await crowds.report();
    found.ours = await hub.watch(() => pause(duration));
    const { acknowledged } = await crowds.report();
    Object.assign(found.ours, { p50: percentile(acknowledged, 0.5), p99: percentile(acknowledged, 0.99) });

    const ended = performance.now();
    await hub.end();
    hub = await Hub.start(home, port);
    found.back = await hub.watch(async () => {
      await until("all are back", allLinked, { every: 250, patience: 5 * MINUTE });
      found.backIn = performance.now() - ended;
      // What waited in their journals is told by then.
      await pause(20 * SECOND);
    });
    await crowds.tell("endMeasuring");
    await until("all is told", async () => (await crowds.report()).waiting === 0, { every: 250 });
    const { readings } = await crowds.report();
    await crowds.tell("leave");
    const own = await hub.ownId();
    await hub.end();
    const { samples, bytes } = await kept(dataOf(home), own);
    found.lost = readings * LOAD_METRICS.length - samples;
    found.ours.bytesPerSample = bytes / samples;
  } finally {
    await home.clear();
  }
}

/** Samples in the hub's store without those of its own machine, and what they take once all hours are sealed. */
async function kept(dataDir: string, own: string): Promise<{ samples: number; bytes: number }> {
  let ahead = 0;
  const clock = { ...systemClock, now: () => Date.now() + ahead };
  const dir = join(dataDir, "metrics");
  const store = await openEmbeddedMetrics({ dir, clock, logger: silentLogger, policy: KEEP_ALL });
  try {
    await store.settle();
    await store.forget(own);
    ahead = 2 * HOUR;
    await store.settle();
    return await store.stats();
  } finally {
    await store.close();
  }
}

/** The built program, with its own agent, at a port of its own. */
class Hub {
  readonly client: HubClient;
  private readonly pid: number;

  private constructor(pid: number, client: HubClient) {
    this.pid = pid;
    this.client = client;
  }

  static async start(home: OpenHome, port: number): Promise<Hub> {
    const command = commandOf("up", "--listen", `127.0.0.1:${port}`);
    const child = await start(command, { env: envOf(home), cwd: home.directory });
    const client = new HubClient(socketPath(dataOf(home)));
    const answers = (): Promise<boolean> => client.text("GET", "/health").then(Boolean, () => false);
    await until("the hub answers", answers, { every: 5 });
    return new Hub(child.pid, client);
  }

  async ownId(): Promise<string> {
    const servers = await this.client.json<{ id: string; kind: string }[]>("GET", "/api/servers");
    return servers.find(({ kind }) => kind === "hub")?.id ?? "";
  }

  /** Looks at it until something is done. */
  async watch(act: () => Promise<void>): Promise<Load> {
    const load = { ...nothing(), rss: 0, uss: 0, lag: 0 };
    const waits: number[] = [];
    await this.scrape();
    let done = false;
    const [cpu, began] = [this.cpu(), performance.now()];
    const looking = this.look(load, waits, () => done);
    await act().finally(() => (done = true));
    await looking;
    load.cpu = ((this.cpu() - cpu) / (performance.now() - began)) * SECOND * 100;
    load.lag = Math.max(load.lag, await this.scrape());
    load.health = percentile(waits, 0.95);
    return load;
  }

  async end(): Promise<void> {
    this.client.close();
    process.kill(this.pid, "SIGTERM");
    const client = new HubClient(this.client.socketPath);
    await until("the hub has ended", async () => !(await client.text("GET", "/health").then(Boolean, () => false)));
    await until("its process is gone", () => memoryOf(this.pid).rss === 0, { every: 10 });
    client.close();
  }

  private async look(load: Load, waits: number[], isDone: () => boolean): Promise<void> {
    let scraped = performance.now();
    while (!isDone()) {
      const asked = performance.now();
      await this.client.text("GET", "/health");
      waits.push(performance.now() - asked);
      const { rss, uss } = this.memory();
      load.rss = Math.max(load.rss, rss);
      load.uss = Math.max(load.uss, uss);
      if (performance.now() - scraped > SCRAPE_EVERY) {
        load.lag = Math.max(load.lag, await this.scrape());
        scraped = performance.now();
      }
      await pause(ASK_EVERY);
    }
  }

  /** Milliseconds that its event loop was late, p99 of the window that ends here. */
  private async scrape(): Promise<number> {
    const text = await this.client.text("GET", "/metrics");
    return Number(/^tailherd_hub_event_loop_lag_p99_seconds (\S+)$/m.exec(text)?.[1] ?? 0) * SECOND;
  }

  /** With the process that has the metrics' database. */
  private cpu(): number {
    return [this.pid, ...childrenOf(this.pid)].reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  }

  private memory(): { rss: number; uss: number } {
    const all = [this.pid, ...childrenOf(this.pid)].map((pid) => memoryOf(pid));
    return {
      rss: all.reduce((sum, { rss }) => sum + rss, 0),
      uss: all.reduce((sum, { uss }) => sum + uss, 0),
    };
  }
}

async function measureTheirs(agents: number, duration: number): Promise<Load> {
  const home = openHome();
  try {
    await using theirs = await VictoriaMetrics.start(join(home.directory, "theirs"));
    const load = { ...nothing(), rss: 0, uss: 0 };
    const acknowledged: number[] = [];
    let samples = 0;
    const send = async (server: string, machine: { next: () => Record<string, number> }): Promise<void> => {
      const times = [Date.now()];
      const series = Object.entries(machine.next()).map(([metric, value]) => ({
        metric,
        server,
        values: [value],
        times,
      }));
      const began = performance.now();
      await theirs.import(series);
      acknowledged.push(performance.now() - began);
      samples += series.length;
    };
    const timers = Array.from({ length: agents }, (_, index) => {
      const machine = loadServer(index + 1);
      return setTimeout(() => {
        timers.push(setInterval(() => void send(`node-${index}`, machine), INTERVAL));
      }, Math.random() * INTERVAL);
    });
    // Its first samples make its index: no more than ours are they counted.
    await pause(3 * INTERVAL);
    acknowledged.length = 0;
    const [cpu, began] = [cpuSeconds(theirs.pid), performance.now()];
    while (performance.now() - began < duration) {
      await pause(SECOND);
      const { rss, uss } = memoryOf(theirs.pid);
      load.rss = Math.max(load.rss, rss);
      load.uss = Math.max(load.uss, uss);
    }
    load.cpu = ((cpuSeconds(theirs.pid) - cpu) / (performance.now() - began)) * SECOND * 100;
    for (const timer of timers) clearTimeout(timer);
    await pause(SECOND);
    await theirs.settle();
    load.p50 = percentile(acknowledged, 0.5);
    load.p99 = percentile(acknowledged, 0.99);
    load.bytesPerSample = theirs.bytes() / samples;
    return load;
  } finally {
    await home.clear();
  }
}

function describe(agents: number, minutes: number, found: Found, version: string | undefined): Finding {
  const { ours, theirs, back, backIn, lost } = found;
  const row = (who: string, load: Load): Finding["rows"][number] => ({
    who,
    values: [load.p50, load.p99, load.cpu, load.rss / MIB, load.uss / MIB, load.lag, load.health, load.bytesPerSample],
  });
  return {
    title: `A fleet of ${agents.toLocaleString("en")} agents`,
    load: [
      `${agents.toLocaleString("en")} agents in two processes, by the code of real ones: each enrols with a key, dials, proves who it is, answers what the hub asks, and tells ${LOAD_METRICS.length} values every ${INTERVAL / SECOND} s over its WebSocket on loopback, for ${minutes} min, to the program as it is installed. Then the hub is ended and started, and all dial again as they do after any break, with what they measured meanwhile. An acknowledgement is timed by the agent. CPU and memory are of the hub with its agent and its metrics' process, on the same machine as the load; memory is the most that was seen. The event loop's lag is the worst p99 of any ten seconds; /health is asked every ${ASK_EVERY} ms, p95.`,
      ...(version === undefined
        ? []
        : [
            `VictoriaMetrics ${version} is sent the same samples as often, a request for each server, by its import API over kept connections.`,
          ]),
    ],
    columns: [
      { title: "acknowledged, p50 (ms)", digits: 1 },
      { title: "p99 (ms)", digits: 1 },
      { title: "CPU (% of a core)", digits: 1 },
      { title: "RSS (MB)", digits: 0 },
      { title: "USS (MB)", digits: 0 },
      { title: "event loop late, p99 (ms)", digits: 1 },
      { title: "/health p95 (ms)", digits: 1 },
      { title: "bytes a sample", digits: 2 },
    ],
    rows: [
      row(OURS, ours),
      row("tailherd, all coming back", back),
      ...(theirs === undefined ? [] : [row(THEIRS, theirs)]),
    ],
    budgets: [
      { what: `heartbeats of ${agents} agents acknowledged, p99`, unit: "ms", limit: 100, value: ours.p99 },
      { what: "samples lost or doubled, a restart included", unit: "", limit: 0, value: Math.abs(lost), digits: 0 },
      { what: "all agents back after a restart of the hub", unit: "s", limit: 60, value: backIn / SECOND },
      { what: "/health p95 while they come back", unit: "ms", limit: 250, value: back.health },
      { what: "event loop late, p99, while they come back", unit: "ms", limit: 200, value: back.lag },
      { what: "memory of the hub", unit: "MB", limit: 1000, value: Math.max(ours.rss, back.rss) / MIB, digits: 0 },
    ],
    notes: [
      `All agents were linked again ${(backIn / SECOND).toFixed(1)} s after the hub was told to end. Of the samples told, ${Number.isNaN(lost) ? "–" : lost.toLocaleString("en")} are not in the store.`,
    ],
  };
}
