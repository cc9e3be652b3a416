// Scheduled tasks: how long after its due time each of a thousand begins, acts and ends, when all are due in the same minute; beside cron,
// and beside a shell that does nothing else than start the same thousand: what the machine needs.
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MINUTE, SECOND } from "../src/base/units.ts";
import type { Bench, Finding, Measure } from "./measure.ts";
import { debianVersion, hasProgram, installPackages } from "./peers/debian.ts";
import { bootTailherd } from "./peers/tailherd.ts";
import { type OpenHome, openHome } from "./support/home.ts";
import type { HubClient } from "./support/hub-client.ts";
import { pause, start, until } from "./support/run.ts";
import { percentile } from "./support/statistics.ts";

const TASKS = 1000;
/** Cron reads its tables each minute; a table that is written so long before is read in time. */
const AHEAD = 70 * SECOND;
const CRON_TABLE = "/etc/cron.d/tailherd-bench";

/** Milliseconds from the due time. */
interface Delays {
  /** To the first thing that each program does. */
  acted: number[];
  /** To the moment at which the scheduler says that it began; where it says so. */
  begun: number[];
  /** To the one at which it says that it ended. */
  ended: number[];
}

export const tasks: Measure = {
  name: "tasks",
  async run(bench) {
    const found = new Map<string, Delays>();
    let version: string | undefined;
    await bench.attempt(`${TASKS} tasks of tailherd in one minute`, async () => {
      found.set("tailherd", await inHome(tailherdDelays));
    });
    await bench.attempt(`${TASKS} jobs of cron in one minute`, async () => {
      if (bench.peers.length > 1 && !hasProgram("cron")) installPackages(["cron"]);
      version = await debianVersion("cron", "cron");
      if (version === undefined || process.getuid?.() !== 0) return;
      found.set("cron", await inHome(cronDelays));
    });
    await bench.attempt(`${TASKS} commands of a shell at once`, async () => {
      found.set("sh", await inHome(shellDelays));
    });
    return [describe(bench, found, version)];
  },
};

async function inHome(act: (home: OpenHome) => Promise<Delays>): Promise<Delays> {
  const home = openHome();
  try {
    return await act(home);
  } finally {
    await home.clear();
  }
}

async function tailherdDelays(home: OpenHome): Promise<Delays> {
  const { client } = await bootTailherd(home, ["--allow-run"]);
  const file = join(home.directory, "times");
  const due = dueTime();
  const command = ["/bin/sh", "-c", `date +%s%N >> ${file}`];
  const names = Array.from({ length: TASKS }, (_, at) => `t${at}`);
  for (const name of names) {
    await client.text("POST", "/api/tasks", {
      name,
      cron_expression: scheduleOf(due),
      action: "command",
      command,
      timezone: "UTC",
    });
  }
  const acted = await timesIn(file, due);
  const begun: number[] = [];
  const ended: number[] = [];
  for (const name of names) {
    const run = await endOf(client, name);
    begun.push(Date.parse(run.started_at) - due);
    ended.push(Date.parse(run.ended_at) - due);
  }
  return { acted, begun, ended };
}

/** The only run of a task, once it has ended. */
async function endOf(client: HubClient, name: string): Promise<{ started_at: string; ended_at: string }> {
  let found: { started_at: string; ended_at: string } | undefined;
  await until(`the run of ${name} has ended`, async () => {
    const answer = JSON.parse(await client.text("GET", `/api/tasks/${name}/runs`)) as {
      runs: { started_at: string; ended_at: string | null }[];
    };
    const [run] = answer.runs;
    if (run !== undefined && run.ended_at !== null) found = { started_at: run.started_at, ended_at: run.ended_at };
    return found !== undefined;
  });
  if (found === undefined) throw new Error(`${name} has no run`);
  return found;
}

async function cronDelays(home: OpenHome): Promise<Delays> {
  const file = join(home.directory, "times");
  const due = dueTime();
  const line = `${scheduleOf(due, new Date(due).getTimezoneOffset())} root date +\\%s\\%N >> ${file}`;
  writeFileSync(CRON_TABLE, `SHELL=/bin/sh\nMAILTO=""\n${`${line}\n`.repeat(TASKS)}`, { mode: 0o644 });
  try {
    const child = await start(["cron", "-f", "-L", "0"], { env: home.env });
    try {
      return { acted: await timesIn(file, due), begun: [], ended: [] };
    } finally {
      child.kill();
    }
  } finally {
    rmSync(CRON_TABLE, { force: true });
  }
}

/** The floor: no schedule, no record, no output kept. */
async function shellDelays(home: OpenHome): Promise<Delays> {
  const file = join(home.directory, "times");
  const one = `/bin/sh -c 'date +%s%N >> ${file}' &`;
  const loop = `i=0; while [ $i -lt ${TASKS} ]; do ${one} i=$((i + 1)); done; wait`;
  const due = Date.now();
  await start(["/bin/sh", "-c", loop], { env: home.env });
  return { acted: await timesIn(file, due), begun: [], ended: [] };
}

/** A full minute that is far enough away. */
function dueTime(): number {
  return Math.ceil((Date.now() + AHEAD) / MINUTE) * MINUTE;
}

/** That minute, in UTC or so many minutes behind it. */
function scheduleOf(due: number, behind = 0): string {
  const time = new Date(due - behind * MINUTE);
  return `${time.getUTCMinutes()} ${time.getUTCHours()} * * *`;
}

/** What every program wrote, as milliseconds after the due time. */
async function timesIn(file: string, due: number): Promise<number[]> {
  await pause(due - Date.now() - 100);
  const read = (): string[] => {
    try {
      return readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "");
    } catch {
      return [];
    }
  };
  await until(`${TASKS} programs have run`, () => read().length >= TASKS, { every: 50, patience: 2 * MINUTE });
  return read().map((nanoseconds) => Number(BigInt(nanoseconds) / 1000n) / 1000 - due);
}

function describe(bench: Bench, found: ReadonlyMap<string, Delays>, version: string | undefined): Finding {
  const row = (who: string, label: string): Finding["rows"][number] => {
    const { acted = [], begun = [], ended = [] } = found.get(who) ?? {};
    const own = (times: number[]): (number | null)[] =>
      times.length === 0 ? [null, null] : [percentile(times, 0.5), percentile(times, 0.99)];
    const acts = [percentile(acted, 0.5), percentile(acted, 0.99), percentile(acted, 1)];
    return { who: label, values: [...own(begun), ...acts, ...own(ended)] };
  };
  const rows = [row("tailherd", "tailherd")];
  if (found.has("cron")) rows.push(row("cron", `cron ${version ?? ""}`));
  if (found.has("sh")) rows.push(row("sh", "a loop of sh (the floor)"));
  const acted = found.get("tailherd")?.acted ?? [];
  return {
    title: `${TASKS} tasks due in the same minute`,
    load: [
      `Each runs \`date +%s%N >> FILE\` by /bin/sh. From the full minute to the moment that the program notes, and to those at which tailherd says that the run began, which is on its disk by then, and ended. The loop starts them all in the background and keeps no record, from the moment that it is started itself.`,
    ],
    columns: [
      { title: "begun, p50 (ms)", digits: 0 },
      { title: "p99 (ms)", digits: 0 },
      { title: "acted, p50 (ms)", digits: 0, ratio: true },
      { title: "p99 (ms)", digits: 0, ratio: true },
      { title: "last (ms)", digits: 0 },
      { title: "ended, p50 (ms)", digits: 0 },
      { title: "p99 (ms)", digits: 0 },
    ],
    rows,
    budgets: [
      {
        what: `due time to action, ${TASKS} tasks in one minute, p99`,
        unit: "ms",
        limit: 100,
        value: percentile(acted, 0.99),
        digits: 0,
      },
    ],
    notes: [
      ...(bench.peers.length > 1 && version === undefined ? ["cron is not installed here."] : []),
      "All are due at once: what the machine needs to start a thousand shells is in the number.",
    ],
  };
}
