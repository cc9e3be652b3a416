// The command line and the owner of a process as people read them, kept while the process stays the same.
import type { ProcessStat, ProcessTable } from "./process-table.ts";

/** Characters of a command line that are told; some programs carry tens of thousands (Java class paths). */
const MAX_COMMAND = 2000;
/** A process this young (seconds) may still be about to exec something else, or to set its title. */
const YOUNG = 60;

/** What is read once for a process. */
export interface Described {
  /** Arguments joined by blanks; "[name]" for kernel threads and zombies, which have none. */
  command: string;
  user: string;
  uid: number;
}

interface Kept extends Described {
  startTicks: number;
  name: string;
  /** It was old enough when read that it will not be read again unless its name changes. */
  settled: boolean;
  round: number;
}

/** Reads command lines and owners, each once for a process unless it is young or took another name (exec changes the name). */
export class CommandLines {
  private readonly table: ProcessTable;
  private readonly now: () => number;
  private readonly kept = new Map<number, Kept>();
  private round = 0;

  /** `now` answers Unix milliseconds. */
  constructor(table: ProcessTable, now: () => number = Date.now) {
    this.table = table;
    this.now = now;
  }

  /** Undefined when the process is gone. */
  of(stat: ProcessStat): Described | undefined {
    const known = this.kept.get(stat.pid);
    const same = known !== undefined && known.startTicks === stat.startTicks && known.name === stat.name;
    if (same && known.settled) {
      known.round = this.round;
      return known;
    }
    const argv = this.table.argv(stat.pid);
    const owner = same ? { uid: known.uid, name: known.user } : this.table.owner(stat.pid);
    if (argv === undefined || owner === undefined) {
      this.kept.delete(stat.pid);
      return undefined;
    }
    const age = this.now() / 1000 - this.table.createTime(stat.startTicks);
    const made: Kept = {
      command: commandText(argv, stat.name),
      user: owner.name,
      uid: owner.uid,
      startTicks: stat.startTicks,
      name: stat.name,
      settled: age > YOUNG,
      round: this.round,
    };
    this.kept.set(stat.pid, made);
    return made;
  }

  /** Forgets what was not asked for since the last call; call it after each pass. */
  endRound(): void {
    for (const [pid, kept] of this.kept) if (kept.round !== this.round) this.kept.delete(pid);
    this.round += 1;
  }
}

/** Arguments joined by blanks, cut where it gets too long to show. */
export function commandText(argv: readonly string[], name: string): string {
  const text = argv.join(" ").trim();
  if (text === "") return `[${name}]`;
  return text.length > MAX_COMMAND ? `${text.slice(0, MAX_COMMAND)}…` : text;
}

/** Names that a runtime gives its main thread and that tell nothing of the program (Node 24 calls every program so). */
const THREAD_NAMES = new Set(["MainThread", "main"]);

/** The name to show: the kernel's (15 letters), or the program's own where that is cut off or names a thread. */
export function displayName(stat: Pick<ProcessStat, "name">, command: string): string {
  if (!THREAD_NAMES.has(stat.name) && stat.name.length < 15) return stat.name;
  const program = command.split(" ", 1)[0]?.split("/").at(-1) ?? "";
  if (THREAD_NAMES.has(stat.name)) return program === "" ? stat.name : program;
  return program.startsWith(stat.name) ? program : stat.name;
}
