// Which processes used the machine most in the last minute, kept for "which one was it?" at any time later. One pass over all
// processes; those that slept cost one small read. Tailherd's own processes count like any other.
import { setImmediate } from "node:timers/promises";
import { type Clock, systemClock } from "../../../base/clock.ts";
import type { TopProcess, TopProcesses as TopProcessesTold } from "../../../contract/top-processes.ts";
import { CommandLines, displayName } from "../../processes/command-line.ts";
import type { ProcessStat, ProcessTable } from "../../processes/process-table.ts";
import { percentOfCore } from "../cpu-meter.ts";
import type { ProcessFiles } from "../process-files.ts";
import { ratePerSecond } from "./rates.ts";

/** The first so many by CPU, by memory and by I/O are told. */
const FIRST = 5;
/** Characters of a command line that are told. */
const MAX_COMMAND = 200;
/** Processes that are read before others get their turn: about a millisecond's work. */
const CHUNK = 100;

interface Seen {
  startTicks: number;
  cpuSeconds: number;
  /** Storage bytes as of its last look; undefined where the kernel does not tell. */
  io: number | undefined;
}

interface Row {
  stat: ProcessStat;
  cpu: number | null;
  io: number | null;
}

/** Takes passes; call it about once a minute. Nothing in it has to be closed. */
export class TopProcesses {
  private readonly table: ProcessTable;
  private readonly files: Pick<ProcessFiles, "io"> | undefined;
  private readonly clock: Clock;
  private readonly commands: CommandLines;
  private seen = new Map<number, Seen>();
  private passedAt: number | undefined;

  /** Without `files` (no /proc) I/O is not told. */
  constructor(options: { table: ProcessTable; files?: Pick<ProcessFiles, "io"> | undefined; clock?: Clock }) {
    this.table = options.table;
    this.files = options.files;
    this.clock = options.clock ?? systemClock;
    this.commands = new CommandLines(options.table, () => this.clock.now());
  }

  /** One pass. Lets others have their turn in between, so it must have ended before the next one begins. */
  async sample(): Promise<TopProcessesTold> {
    const at = this.clock.monotonic();
    const seconds = this.passedAt === undefined ? undefined : (at - this.passedAt) / 1000;
    const seen = new Map<number, Seen>();
    const rows: Row[] = [];
    // Without /proc each single question is a spawned program.
    const all: readonly (number | ProcessStat)[] = this.files === undefined ? this.table.all() : this.table.pids();
    for (let next = 0; next < all.length; next += CHUNK) {
      if (next > 0) await setImmediate();
      for (const each of all.slice(next, next + CHUNK)) {
        const stat = typeof each === "number" ? this.table.stat(each) : each;
        const row = stat && this.look(stat, seconds, seen);
        if (row !== undefined) rows.push(row);
      }
    }
    this.seen = seen;
    this.passedAt = at;
    const processes = firstOf(rows).flatMap((row) => this.describe(row));
    this.commands.endRound();
    return { at: this.clock.now(), processes };
  }

  private look(stat: ProcessStat, seconds: number | undefined, seen: Map<number, Seen>): Row | undefined {
    if (stat.state === "Z" || stat.state === "X") return undefined;
    const { pid } = stat;
    const known = this.seen.get(pid);
    const then = known?.startTicks === stat.startTicks ? known : undefined;
    // No I/O worth telling is done without a tick of CPU, so what slept is not asked.
    const slept = then !== undefined && then.cpuSeconds === stat.cpuSeconds;
    const io = slept ? then.io : this.ioOf(pid);
    seen.set(pid, { startTicks: stat.startTicks, cpuSeconds: stat.cpuSeconds, io });
    if (seconds === undefined) return { stat, cpu: null, io: null };
    // What was not there at the pass before began since then, with nothing used.
    const spent = stat.cpuSeconds - (then?.cpuSeconds ?? 0);
    const moved = io === undefined ? undefined : ratePerSecond(then === undefined ? 0 : (then.io ?? io), io, seconds);
    return {
      stat,
      cpu: percentOfCore(Math.max(0, spent), seconds),
      io: moved === undefined ? null : Math.round(moved),
    };
  }

  private ioOf(pid: number): number | undefined {
    const io = this.files?.io(pid);
    return io && io.read + io.write;
  }

  private describe({ stat, cpu, io }: Row): TopProcess[] {
    const described = this.commands.of(stat);
    if (described === undefined) return [];
    return [
      {
        pid: stat.pid,
        name: displayName(stat, described.command),
        command: cut(described.command),
        user: described.user,
        cpu_percent: cpu,
        memory_bytes: stat.rss,
        io_bytes_per_second: io,
      },
    ];
  }
}

/** The first of each kind, each process once; one that used nothing of a kind is not among its first. */
function firstOf(rows: readonly Row[]): Row[] {
  const kinds: ((row: Row) => number)[] = [(row) => row.cpu ?? 0, (row) => row.stat.rss, (row) => row.io ?? 0];
  const first = kinds.flatMap((use) =>
    rows
      .filter((row) => use(row) > 0)
      .sort((a, b) => use(b) - use(a) || a.stat.pid - b.stat.pid)
      .slice(0, FIRST),
  );
  return [...new Set(first)].sort((a, b) => (b.cpu ?? 0) - (a.cpu ?? 0) || b.stat.rss - a.stat.rss);
}

/** Cuts between characters, not within one. */
function cut(text: string): string {
  return text.length <= MAX_COMMAND ? text : `${text.slice(0, MAX_COMMAND - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}
