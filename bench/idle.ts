// What a supervisor costs while nothing happens: CPU and memory with 50 and 200 sleeping services.
import type { Bench, Finding, Measure } from "./measure.ts";
import { bootIn, rolesOf, type Booted, type Roles } from "./support/herd.ts";
import { cpuNanoseconds, memoryOf } from "./support/proc.ts";
import { idler } from "./support/programs.ts";
import { pause } from "./support/run.ts";
import { sum } from "./support/statistics.ts";

const COUNTS = [50, 200] as const;
const MB = 1e6;
const KB = 1e3;

export const idle: Measure = {
  name: "idle",
  async run(bench) {
    const seconds = bench.quick ? { settle: 2, watch: 6 } : { settle: 8, watch: 20 };
    const findings: Finding[] = [];
    for (const count of COUNTS) findings.push(await measure(bench, count, seconds));
    return findings;
  },
};

interface Cost {
  /** Percent of a core: the main process, and all of the supervisor's. */
  cpu: { main: number; all: number };
  uss: { main: number; perService: number; all: number };
  rss: { main: number; all: number };
  processes: number;
}

async function measure(bench: Bench, count: number, seconds: { settle: number; watch: number }): Promise<Finding> {
  const costs = new Map<string, Cost>();
  await using herds = new AsyncDisposableStack();
  const watched: { who: string; roles: Roles; before?: { main: number; all: number } }[] = [];
  for (const { peer } of bench.peers) {
    await bench.attempt(`${count} idle services under ${peer.name}`, async () => {
      const booted = herds.use(await bootIn(peer, { keepOutput: true }));
      watched.push({ who: peer.name, roles: await startIdlers(booted, count) });
    });
  }
  await pause(seconds.settle * 1000);
  const started = performance.now();
  for (const each of watched) each.before = cpuOf(each.roles);
  await pause(seconds.watch * 1000);
  const nanoseconds = (performance.now() - started) * 1e6;
  for (const { who, roles, before } of watched) {
    const after = cpuOf(roles);
    const percent = (part: "main" | "all"): number => ((after[part] - (before?.[part] ?? 0)) / nanoseconds) * 100;
    costs.set(who, { cpu: { main: percent("main"), all: percent("all") }, ...memoryOfRoles(roles, count) });
  }
  return describe(bench, count, seconds, costs);
}

async function startIdlers({ home, herd }: Booted, count: number): Promise<Roles> {
  const names = Array.from({ length: count }, (_, i) => `s${i}`);
  await herd.define(names.map((name) => idler(home.programs, name)));
  const [words] = await Promise.all([home.said.up(names), herd.startAll()]);
  return rolesOf(
    herd,
    words.map((word) => word.pid),
  );
}

function cpuOf(roles: Roles): { main: number; all: number } {
  const main = cpuNanoseconds(roles.main);
  return { main, all: main + sum([...roles.perService, ...roles.loggers].map(cpuNanoseconds)) };
}

function memoryOfRoles(roles: Roles, count: number): Omit<Cost, "cpu"> {
  const main = memoryOf(roles.main);
  const helpers = [...roles.perService, ...roles.loggers].map(memoryOf);
  const uss = sum(helpers.map((each) => each.uss));
  return {
    uss: { main: main.uss, perService: uss / count, all: main.uss + uss },
    rss: { main: main.rss, all: main.rss + sum(helpers.map((each) => each.rss)) },
    processes: 1 + helpers.length,
  };
}

function describe(
  bench: Bench,
  count: number,
  seconds: { settle: number; watch: number },
  costs: Map<string, Cost>,
): Finding {
  const ours = costs.get("tailherd");
  const values = (cost: Cost | undefined): (number | null)[] =>
    cost === undefined
      ? [null, null, null, null, null, null, null, null]
      : [
          cost.cpu.main,
          cost.cpu.all,
          cost.uss.main / MB,
          cost.rss.main / MB,
          cost.processes - 1,
          cost.uss.perService / KB,
          cost.uss.all / MB,
          cost.rss.all / MB,
        ];
  const main = `hub + agent, ${count} services, idle`;
  const uss = {
    what: `${main}: private memory (USS)`,
    unit: "MB",
    limit: count === 50 ? 30 : 40,
    value: (ours?.uss.main ?? Number.NaN) / MB,
    digits: 1,
  };
  return {
    title: `Idle, ${count} services`,
    load: [
      `${count} sleeping services under each supervisor, all supervisors at the same time. ${seconds.settle} s after the last start, CPU time is counted for ${seconds.watch} s; memory is read at the end.`,
      "“Main” is the process that decides; for tailherd that is hub, agent, API and dashboard in one. “Beside” are its helper processes: tailherd's shims, `s6-supervise` and `s6-log`, `runsv` and `svlogd`.",
    ],
    columns: [
      { title: "main: CPU (% of a core)", digits: 3 },
      { title: "all: CPU (%)", digits: 3, ratio: true },
      { title: "main: USS (MB)", digits: 1, ratio: true },
      { title: "main: RSS (MB)", digits: 1 },
      { title: "processes beside", digits: 0 },
      { title: "beside: USS a service (kB)", digits: 0 },
      { title: "all: USS (MB)", digits: 1 },
      { title: "all: RSS (MB)", digits: 1 },
    ],
    rows: bench.peers.map(({ peer }) => ({ who: peer.name, values: values(costs.get(peer.name)) })),
    budgets:
      count === 50
        ? [
            { what: `${main}: CPU`, unit: "% of a core", limit: 0.3, value: ours?.cpu.main ?? Number.NaN, digits: 3 },
            uss,
            { what: `${main}: RSS`, unit: "MB", limit: 75, value: (ours?.rss.main ?? Number.NaN) / MB, digits: 1 },
          ]
        : [uss],
    notes: [
      "Private memory (USS) is what would be given back if the process ended; resident memory (RSS) counts the program's own pages and shared ones in full, so sums of RSS over many small processes say too much.",
    ],
  };
}
