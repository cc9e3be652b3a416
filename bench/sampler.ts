// What measuring the machine costs: a sample every 5 s and a pass over the processes every minute, as the agent takes them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { createProcessTable } from "../src/agent/processes/create-process-table.ts";
import { LinuxHostReader } from "../src/agent/sampler/host/host-reader-linux.ts";
import { HostSampler } from "../src/agent/sampler/host/host-sampler.ts";
import { MetricValues } from "../src/agent/sampler/host/metric-values.ts";
import { TopProcesses } from "../src/agent/sampler/host/top-processes.ts";
import { ProcessFiles } from "../src/agent/sampler/process-files.ts";
import { FakeClock } from "../src/base/clock.ts";
import type { Finding, Measure } from "./measure.ts";
import { pause } from "./support/run.ts";

const INTERVAL = 5;
const SLEEPERS = 500;
const WHO = ["as the machine is", `with ${SLEEPERS} sleeping processes more`] as const;

export const sampler: Measure = {
  name: "sampler",
  async run(bench) {
    const seconds = bench.quick ? 60 : 120;
    const costs = new Map<string, Cost>();
    const sources = new Map<string, SourceCost[]>();
    for (const who of WHO) {
      await bench.attempt(`sampling the machine, ${who}`, async () => {
        await using crowd = new AsyncDisposableStack();
        if (who === WHO[1]) crowd.use(await startSleepers(SLEEPERS));
        costs.set(who, await watch(seconds));
        sources.set(who, await measureSources(bench.quick ? 500 : 3000));
      });
    }
    return [describeWhole(seconds, costs), describeSources(sources)];
  },
};

interface Cost {
  processes: number;
  /** Of one core, and microseconds of CPU time. */
  percent: number;
  sample: number;
  pass: number;
}

/** In real time, with caches as cold as they are between samples. */
async function watch(seconds: number): Promise<Cost> {
  const table = createProcessTable();
  const host = new HostSampler({ dataDir: tmpdir(), countProcesses: () => table.pids().length });
  const top = new TopProcesses({ table, files: new ProcessFiles() });
  const spent = { sample: 0, pass: 0 };
  const passes = Math.floor(seconds / 60);
  await host.sample();
  await top.sample();
  const before = process.cpuUsage();
  for (let minute = 0; minute < passes; minute++) {
    for (let n = 0; n < 60 / INTERVAL; n++) {
      await pause(INTERVAL * 1000);
      spent.sample += await cpuOf(() => host.sample());
    }
    spent.pass += await cpuOf(() => top.sample());
  }
  const { user, system } = process.cpuUsage(before);
  return {
    processes: table.pids().length,
    percent: ((user + system) / (passes * 60 * 1e6)) * 100,
    sample: spent.sample / ((passes * 60) / INTERVAL),
    pass: spent.pass / passes,
  };
}

interface SourceCost {
  name: string;
  /** Microseconds of CPU time each time, and how many seconds lie between two times. */
  each: number;
  every: number;
}

/** One source after the other, many times, on a clock that makes each time another sample. */
async function measureSources(rounds: number): Promise<SourceCost[]> {
  const table = createProcessTable();
  const clock = new FakeClock();
  const places = { dataDir: tmpdir(), procRoot: "/proc", sysRoot: "/sys" };
  const reader = new LinuxHostReader({ clock, countProcesses: () => table.pids().length, ...places });
  const top = new TopProcesses({ table, files: new ProcessFiles(), clock });
  const measure = async (act: () => unknown, rounds: number) => {
    // Once to compile it.
    for (let n = 0; n < rounds; n++) await act();
    return (
      (await cpuOf(async () => {
        for (let n = 0; n < rounds; n++) await act();
      })) / rounds
    );
  };
  await reader.refresh();
  const costs: SourceCost[] = [];
  for (const part of reader.parts) {
    const act = () => {
      part.put(new MetricValues(), clock.monotonic());
      clock.advance(INTERVAL * 1000);
    };
    costs.push({ name: part.name, each: await measure(act, rounds), every: INTERVAL });
  }
  const refresh = await measure(() => reader.refresh(), rounds / 10);
  costs.push({ name: "a look at filesystems and sensors", each: refresh, every: 30 });
  costs.push({ name: "a pass over the processes", each: await measure(() => top.sample(), rounds / 10), every: 60 });
  return costs;
}

/** Microseconds of CPU time of this process, threads included. */
async function cpuOf(act: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** Processes that do nothing, in a group of their own. */
async function startSleepers(count: number): Promise<AsyncDisposable> {
  const script = `i=0; while [ $i -lt ${count} ]; do sleep 3600 & i=$((i+1)); done; echo up; wait`;
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { pid, stdout } = shell;
  if (pid === undefined || stdout === null) throw new Error("Cannot start sleeping processes: /bin/sh does not start");
  await once(stdout, "data");
  return {
    async [Symbol.asyncDispose]() {
      const ended = once(shell, "exit");
      process.kill(-pid, "SIGKILL");
      await ended;
    },
  };
}

function describeWhole(seconds: number, costs: Map<string, Cost>): Finding {
  return {
    title: "Measuring the machine",
    load: [
      `A sample of the whole machine every ${INTERVAL} s and a pass over all processes every minute, for ${seconds} s, in a Node process that does nothing else; its CPU time is counted, threads and garbage collection included.`,
    ],
    columns: [
      { title: "processes", digits: 0 },
      { title: "CPU (% of a core)", digits: 3 },
      { title: "a sample (µs)", digits: 0 },
      { title: "a pass (µs)", digits: 0 },
    ],
    rows: [...costs].map(([who, { processes, percent, sample, pass }]) => ({
      who,
      values: [processes, percent, sample, pass],
    })),
    budgets: WHO.map((who) => ({
      what: `measuring the machine, ${who}: CPU`,
      unit: "% of a core",
      limit: 0.2,
      value: costs.get(who)?.percent ?? Number.NaN,
      digits: 3,
    })),
    notes: [],
  };
}

function describeSources(sources: Map<string, SourceCost[]>): Finding {
  const [plain = [], crowded = []] = WHO.map((who) => sources.get(who));
  return {
    title: "Measuring the machine, by source",
    load: ["CPU time of each source alone, run many times in a row: warm, so less than between real samples."],
    columns: [
      { title: "every (s)", digits: 0 },
      { title: `${WHO[0]} (µs)`, digits: 1 },
      { title: `${WHO[1]} (µs)`, digits: 1 },
    ],
    rows: plain.map(({ name, each, every }, at) => ({ who: name, values: [every, each, crowded[at]?.each ?? null] })),
    budgets: [],
    notes: ["Processes are counted at every third sample; the mean over all samples is told."],
  };
}
