// Processes as /proc tells them: what is read is little, at once, and into one buffer (P3: identity is pid, start and boot).
import { readdirSync, readFileSync } from "node:fs";
import { Accounts } from "./accounts.ts";
import { linkTarget, numberAfter, ProcReader, splitNul } from "./proc-files.ts";
import { type KernelUnits, parseStat } from "./proc-stat.ts";
import type { ProcessStat, ProcessTable } from "./process-table.ts";

/** USER_HZ: what the kernel counts for programs in, on every architecture that Node has, whatever CONFIG_HZ is. */
const TICKS_PER_SECOND = 100;
/** AT_PAGESZ of the auxiliary vector. */
const AUX_PAGE_SIZE = 6n;

/** Reads /proc (or, in tests, a directory that looks like it). */
export class LinuxProcessTable implements ProcessTable {
  private readonly root: string;
  private readonly reader = new ProcReader();
  private readonly accounts: Accounts;
  private readonly units: KernelUnits;
  private readonly boot: { id: string; time: number };

  constructor(options: { procRoot?: string; passwd?: string } = {}) {
    this.root = options.procRoot ?? "/proc";
    this.accounts = new Accounts(options.passwd);
    this.units = { ticksPerSecond: TICKS_PER_SECOND, pageSize: readPageSize(this.root) };
    // Read once: btime moves with the wall clock, and create_time must not change while a process lives.
    const time = numberAfter(this.reader.text(`${this.root}/stat`) ?? "", "btime") ?? 0;
    const id = this.reader.text(`${this.root}/sys/kernel/random/boot_id`)?.trim();
    this.boot = { id: id === undefined || id === "" ? `booted-${time}` : id, time };
  }

  bootId(): string {
    return this.boot.id;
  }

  createTime(startTicks: number): number {
    return this.boot.time + startTicks / TICKS_PER_SECOND;
  }

  stat(pid: number): ProcessStat | undefined {
    const found = this.reader.readOnce(`${this.root}/${pid}/stat`);
    return found && parseStat(found.bytes, found.length, this.units);
  }

  all(): ProcessStat[] {
    const processes: ProcessStat[] = [];
    for (const pid of this.pids()) {
      const stat = this.stat(pid);
      if (stat !== undefined) processes.push(stat);
    }
    return processes;
  }

  pids(): number[] {
    const pids: number[] = [];
    for (const name of readdirSync(this.root)) {
      const first = name.charCodeAt(0);
      if (first >= 48 && first <= 57) pids.push(Number(name));
    }
    return pids;
  }

  argv(pid: number): string[] | undefined {
    const text = this.reader.text(`${this.root}/${pid}/cmdline`);
    return text === undefined ? undefined : splitNul(text);
  }

  environ(pid: number): Record<string, string> | undefined {
    const text = this.reader.text(`${this.root}/${pid}/environ`);
    if (text === undefined) return undefined;
    const variables: Record<string, string> = {};
    for (const pair of splitNul(text)) {
      const equals = pair.indexOf("=");
      if (equals > 0) variables[pair.slice(0, equals)] = pair.slice(equals + 1);
    }
    return variables;
  }

  workingDir(pid: number): string | undefined {
    return linkTarget(`${this.root}/${pid}/cwd`);
  }

  executable(pid: number): string | undefined {
    return linkTarget(`${this.root}/${pid}/exe`);
  }

  owner(pid: number): { uid: number; name: string } | undefined {
    const found = this.reader.readOnce(`${this.root}/${pid}/status`);
    // The directory's own owner would be cheaper, but is root for programs that changed their user and are "not dumpable".
    const uid = found && numberAfter(found.bytes.toString("latin1", 0, found.length), "Uid");
    return uid === undefined ? undefined : { uid, name: this.accounts.nameOf(uid) };
  }
}

/** Bytes of a page from our own auxiliary vector: 4096 but for some arm64 kernels (16 or 64 KiB). */
function readPageSize(root: string): number {
  try {
    const words = readFileSync(`${root}/self/auxv`);
    for (let at = 0; at + 16 <= words.length; at += 16) {
      if (words.readBigUInt64LE(at) === AUX_PAGE_SIZE) return Number(words.readBigUInt64LE(at + 8));
    }
  } catch {
    // Not there in a fixture directory.
  }
  return 4096;
}
