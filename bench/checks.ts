// What health checks cost the agent: five hundred of them, each every ten seconds, as it runs them.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Gate } from "../src/agent/checks/gate.ts";
import { InstanceChecks } from "../src/agent/checks/instance-checks.ts";
import type { Subject } from "../src/agent/checks/probes/probe.ts";
import { NO_BEATS, NO_NOTIFY } from "../test/support/deaf.ts";
import { Wheel } from "../src/agent/checks/wheel.ts";
import { buildLaunch } from "../src/agent/supervisor/launch-script.ts";
import type { OutputLog } from "../src/agent/spool/output-log.ts";
import { systemClock } from "../src/base/clock.ts";
import { serviceSpecSchema } from "../src/contract/service.ts";
import type { Finding, Measure } from "./measure.ts";
import { pause } from "./support/run.ts";

const CHECKS = 500;
const INTERVAL = 10;

/** What is asked, and whether the budget is for it: a command costs what starting a process costs. */
const KINDS = [
  { who: "http", check: { kind: "http", path: "/health", body: "ok" }, limit: 2 },
  { who: "tcp", check: { kind: "tcp" }, limit: 2 },
  { who: "heartbeat", check: { kind: "heartbeat", file: "beat", within: 3600 }, limit: 2 },
  { who: "exec (/bin/true)", check: { kind: "exec", command: ["/bin/true"] }, limit: null },
] as const;

interface Cost {
  /** Percent of a core, of this process and, for commands, of those it started. */
  percent: number;
  looks: number;
  failed: number;
}

export const checks: Measure = {
  name: "checks",
  async run(bench) {
    const seconds = bench.quick ? 20 : 60;
    const costs = new Map<string, Cost>();
    for (const { who, check } of KINDS) {
      await bench.attempt(`${CHECKS} checks every ${INTERVAL} s: ${who}`, async () => {
        costs.set(who, await watch(check, seconds));
      });
    }
    return [describe(seconds, costs)];
  },
};

async function watch(check: object, seconds: number): Promise<Cost> {
  const directory = mkdtempSync(join(tmpdir(), "tailherd-bench-checks-"));
  writeFileSync(join(directory, "beat"), "");
  await using target = await startTarget();
  const wheel = new Wheel(systemClock);
  const gates = { light: new Gate(200), heavy: new Gate(16) };
  const counts = { looks: 0, failed: 0 };
  const all = Array.from({ length: CHECKS }, (_, at) => {
    const spec = serviceSpecSchema.parse({
      name: `s${at}`,
      start_cmd: "x",
      working_dir: directory,
      ports: [target.port],
      checks: [{ name: "c", interval: INTERVAL, ...check }],
    });
    const [only] = spec.checks;
    // As after a start of the agent: spread over the interval.
    const kept = { started: true, checks: [{ name: "c", state: "passing" as const, reason: null, since: Date.now() }] };
    const instance = new InstanceChecks({
      key: spec.name,
      subject: subjectOf(spec),
      tools: { clock: systemClock, wheel, gates },
      kept,
      results: new Map(),
      judged: ({ judgement }) => {
        counts.looks += 1;
        if (judgement.row < 0) counts.failed += 1;
      },
    });
    instance.define(only === undefined ? [] : [only], spec.ports);
    return instance;
  });
  try {
    // The first round compiles what it runs.
    await pause(INTERVAL * 1000);
    Object.assign(counts, { looks: 0, failed: 0 });
    const before = process.cpuUsage();
    await pause(seconds * 1000);
    const { user, system } = process.cpuUsage(before);
    return { percent: (user + system) / (seconds * 1e4), ...counts };
  } finally {
    for (const instance of all) instance.close();
    wheel.close();
    rmSync(directory, { recursive: true });
  }
}

function subjectOf(spec: ReturnType<typeof serviceSpecSchema.parse>): Subject {
  const launch = buildLaunch(spec, 0, "bench", { stdoutFile: "/dev/null", stderrFile: "/dev/null" });
  return {
    launch: () => launch,
    launchedAt: Date.now(),
    // None of the kinds measured here reads any output.
    output: {} as OutputLog,
    now: Date.now,
    notify: NO_NOTIFY,
    beats: NO_BEATS,
    hide: (text) => text,
  };
}

async function startTarget(): Promise<AsyncDisposable & { port: number }> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, "support/http-target.ts")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.stdout === null) throw new Error("Cannot start a program to check: it has no output");
  const [port] = (await once(child.stdout, "data")) as [Buffer];
  return {
    port: Number(port.toString()),
    async [Symbol.asyncDispose]() {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function describe(seconds: number, costs: Map<string, Cost>): Finding {
  return {
    title: "Health checks",
    load: [
      `${CHECKS} checks, each every ${INTERVAL} s, for ${seconds} s after a first round, in a Node process that does nothing else; its CPU time is counted, threads and garbage collection included. What they ask is another process of this machine; each look by http and tcp is a connection of its own.`,
    ],
    columns: [
      { title: "CPU (% of a core)", digits: 2 },
      { title: "a look (µs)", digits: 0 },
      { title: "looks", digits: 0 },
      { title: "failed", digits: 0 },
    ],
    rows: KINDS.map(({ who }) => {
      const cost = costs.get(who);
      if (cost === undefined) return { who, values: [null, null, null, null] };
      const each = (cost.percent * seconds * 1e4) / cost.looks;
      return { who, values: [cost.percent, each, cost.looks, cost.failed] };
    }),
    budgets: KINDS.flatMap(({ who, limit }) =>
      limit === null
        ? []
        : [
            {
              what: `${CHECKS} ${who} checks every ${INTERVAL} s: CPU`,
              unit: "% of a core",
              limit,
              value: costs.get(who)?.percent ?? Number.NaN,
              digits: 2,
            },
          ],
    ),
    notes: [
      "A command costs what starting a process costs, in the agent (counted here) and in the command itself (not counted): prefer http, tcp or heartbeat where there are hundreds.",
    ],
  };
}
