// Output: one service writing a million lines as fast as it can, left alone and with the supervisor killed on the way.
import type { Bench, Finding, Measure } from "./measure.ts";
import type { Peer } from "./peers/peer.ts";
import { bootIn, rolesOf } from "./support/herd.ts";
import { baselineFlood, countKept, type Kept } from "./support/flood.ts";
import { cpuSeconds, peakMemoryOf } from "./support/proc.ts";
import { flood, FLOOD_LINE_BYTES, FLOOD_LINES, FLOOD_MARK, type FloodManner } from "./support/programs.ts";
import { pause } from "./support/run.ts";
import { Samples } from "./support/samples.ts";
import { median, sum } from "./support/statistics.ts";

const MB = 1e6;
/** CPU time that does not grow for this long has come to its end: all that was read is stored. */
const QUIET = 600;

const MANNERS = ["lines", "blocks"] as const;

export const output: Measure = {
  name: "output",
  async run(bench) {
    const rounds = bench.quick ? 1 : 3;
    const plain = new Samples();
    const calm = { lines: new Map<string, Flooded[]>(), blocks: new Map<string, Flooded[]>() };
    const killed = new Map<string, Killed[]>();
    for (let round = 0; round < rounds; round++) {
      for (const manner of MANNERS) {
        await bench.attempt(`a flood of ${manner} into a file`, async () =>
          plain.add(manner, await baselineFlood(manner)),
        );
        for (const { peer } of bench.peers) {
          await bench.attempt(`a flood of ${manner} under ${peer.name}`, async () =>
            add(calm[manner], peer.name, await floodCalmly(peer, manner)),
          );
        }
      }
      for (const { peer } of bench.peers) {
        await bench.attempt(`a flood under ${peer.name}, killed`, async () =>
          add(killed, peer.name, await floodAndKill(peer)),
        );
      }
    }
    return [
      ...MANNERS.map((manner) => describeCalm(bench, rounds, calm[manner], plain.median(manner), manner)),
      describeKilled(bench, rounds, killed),
    ];
  },
};

interface Flooded {
  /** Milliseconds that the writer took. */
  writing: number;
  cpu: number;
  /** Peak of resident memory above what it was before, and in all, bytes. */
  peak: number;
  kept: Kept;
}

interface Killed {
  who: string;
  /** Whether the service came to its last line. */
  wroteAll: boolean;
  kept: Kept;
}

async function floodCalmly(peer: Peer, manner: FloodManner): Promise<Flooded> {
  await using booted = await bootIn(peer, { keepOutput: true });
  const { home, herd } = booted;
  await herd.define([flood(home.programs, "flood", manner)]);
  const begin = home.said.next((word) => word.text === "begin");
  const end = home.said.next((word) => word.text === "end");
  const before = herd.pid() === 0 ? 0 : cpuSeconds(herd.pid());
  const [began] = await Promise.all([begin, herd.startAll()]);
  const roles = rolesOf(herd, [began.pid]);
  const pids = [roles.main, ...roles.perService, ...roles.loggers];
  const ended = await end;
  const cpu = await settledCpu(pids);
  return {
    writing: ended.at - began.at,
    cpu: cpu - before,
    peak: sum(pids.map(peakMemoryOf)),
    kept: await countKept(herd.keptOutput("flood")),
  };
}

async function floodAndKill(peer: Peer): Promise<Killed> {
  await using booted = await bootIn(peer, { keepOutput: true });
  const { home, herd } = booted;
  await herd.define([flood(home.programs, "flood", "lines")]);
  const began = home.said.next((word) => word.text === "begin");
  const mark = home.said.next((word) => word.text === "mark");
  const over = home.said.next((word) => word.text === "end" || word.text === "failed", 20_000);
  const victim = began.then(() => herd.victim());
  const kill = mark.then(async () => process.kill((await victim).pid, "SIGKILL"));
  // The command that starts the service may lose its supervisor before it has its answer.
  await Promise.all([kill, herd.startAll().catch(() => undefined)]);
  const last = await over;
  await herd.recover?.();
  await settledCpu([herd.pid()]);
  return { who: (await victim).who, wroteAll: last.text === "end", kept: await countKept(herd.keptOutput("flood")) };
}

/** CPU seconds of these processes, once they have nothing to do any more. */
async function settledCpu(pids: number[]): Promise<number> {
  for (let last = -1; ;) {
    const now = sum(pids.map(cpuSeconds));
    // A tick of 10 ms in the interval is the process's own housekeeping.
    if (now - last <= 0.01) return now;
    last = now;
    await pause(QUIET);
  }
}

function add<T>(lists: Map<string, T[]>, name: string, value: T): void {
  lists.set(name, [...(lists.get(name) ?? []), value]);
}

/** The median of one number of all rounds; NaN without rounds. */
function middle<T>(rounds: T[] | undefined, pick: (round: T) => number): number {
  return median((rounds ?? []).map(pick));
}

function worstLoss(rounds: { kept: Kept }[] | undefined): number {
  return rounds === undefined ? Number.NaN : Math.max(...rounds.map(({ kept }) => FLOOD_LINES - kept.lines));
}

const WRITING = {
  lines: "each line by a write of its own, as loggers do",
  blocks: "in blocks of 4 kB, as redirected filters do",
};

function describeCalm(
  bench: Bench,
  rounds: number,
  calm: Map<string, Flooded[]>,
  plain: number,
  manner: FloodManner,
): Finding {
  const ours = calm.get("tailherd");
  return {
    title: `Output: a million lines as fast as possible, ${manner === "lines" ? "line by line" : "in blocks"}`,
    load: [
      `One service writes ${FLOOD_LINES.toLocaleString("en")} numbered lines of ${FLOOD_LINE_BYTES} bytes with awk, ${WRITING[manner]}. CPU time is that of all processes of the supervisor until they are quiet again; then all lines are read back and counted. Median of ${rounds}, supervisors taking turns; for lost and broken lines the worst.`,
    ],
    columns: [
      { title: "writer's time (ms)", digits: 0, ratio: true },
      { title: "lines lost", digits: 0 },
      { title: "broken lines", digits: 0 },
      { title: "supervisor: CPU (s)", digits: 2, ratio: true },
      { title: "peak RSS (MB)", digits: 0 },
    ],
    rows: [
      ...bench.peers.map(({ peer: { name } }) => {
        const found = calm.get(name);
        return {
          who: name,
          values: [
            middle(found, (round) => round.writing),
            worstLoss(found),
            found === undefined ? null : Math.max(...found.map(({ kept }) => kept.broken)),
            middle(found, (round) => round.cpu),
            middle(found, (round) => round.peak / MB),
          ],
        };
      }),
      { who: "(a plain file)", values: [plain, 0, 0, null, null] },
    ],
    budgets: [
      { what: `lines lost of 1,000,000 (${manner})`, unit: "", limit: 0, value: worstLoss(ours), digits: 0 },
      {
        what: `CPU for 1,000,000 lines (${manner})`,
        unit: "s",
        limit: 0.5,
        value: middle(ours, (round) => round.cpu),
        digits: 2,
      },
    ],
    notes:
      manner === "lines"
        ? [
            "“Never blocked” shows in the writer's time beside that of a plain file: where a supervisor reads a pipe, the service waits for it.",
            "s6-log and svlogd are told to keep everything; by default they keep ten files of about 100 kB and 1 MB. supervisord rotates at 50 MB by default.",
          ]
        : [],
  };
}

function describeKilled(bench: Bench, rounds: number, killed: Map<string, Killed[]>): Finding {
  const share = `${(FLOOD_MARK / FLOOD_LINES) * 100} %`;
  return {
    title: `Output: the supervisor killed at ${share}`,
    load: [
      `The same flood; when the service has written ${share}, it says so and SIGKILL goes to what captures its output. tailherd is started again afterwards. The worst of ${rounds}.`,
    ],
    columns: [
      { title: "lines lost", digits: 0 },
      { title: "broken lines", digits: 0 },
      { title: "service wrote on to its end", digits: 0 },
      { title: "killed", digits: 0 },
    ],
    rows: bench.peers.map(({ peer: { name } }) => {
      const found = killed.get(name);
      return {
        who: name,
        values: [
          worstLoss(found),
          found === undefined ? null : Math.max(...found.map(({ kept }) => kept.broken)),
          found === undefined ? null : found.every((round) => round.wroteAll) ? "yes" : "no: its write failed",
          found?.[0]?.who ?? null,
        ],
      };
    }),
    budgets: [
      {
        what: "lines lost when hub and agent are killed",
        unit: "",
        limit: 0,
        value: worstLoss(killed.get("tailherd")),
        digits: 0,
      },
    ],
    notes: [
      "s6 and runit leave output to a logger of its own for each service; that logger is what was killed, since killing the scanner or `s6-supervise` does not touch it. They keep the pipe open for the next logger.",
    ],
  };
}
