// Follows one running instance from sample to sample: CPU by differences, memory, threads, descriptors, I/O, its processes.
// Most services do nothing most of the time, so where a cgroup says that no CPU time passed, nothing else is read.
import type { InstanceStatus, ProcessInfo } from "../../contract/status.ts";
import { type CommandLines, displayName } from "../processes/command-line.ts";
import type { ProcessStat, ProcessTable } from "../processes/process-table.ts";
import type { CgroupFiles } from "./cgroup-files.ts";
import { cpuSecondsBetween, percentOfCore } from "./cpu-meter.ts";
import type { MemoryMeter } from "./memory-meter.ts";
import type { ProcessFiles } from "./process-files.ts";
import type { ProcessRound } from "./process-round.ts";

/** What a sample tells of an instance, without its ports. */
export type InstanceUsage = Pick<
  InstanceStatus,
  "cpu" | "memory" | "memory_kind" | "threads" | "open_files" | "read_bytes" | "write_bytes" | "processes"
>;

/** Every so many samples everything is read, whether something moved or not. */
const FULL_EVERY = 12;
/** Every so many samples, descriptors and I/O of an instance that works are looked up. */
const FILES_EVERY = 4;
/** Processes that are told one by one; all of them count in the sums. */
const MAX_LISTED = 100;
/** A cgroup's page cache is looked up again when what is charged moved by this many bytes. */
const CACHE_STEP = 1_048_576;

/** What a meter reads with; shared by all instances. */
export interface MeterTools {
  table: ProcessTable;
  /** Undefined without /proc. */
  files: ProcessFiles | undefined;
  memory: MemoryMeter;
  commands: CommandLines;
  /** Unix milliseconds; for processes that began before the first sample. */
  now: () => number;
}

/** The moment of the sample before. */
interface Before {
  at: number;
  cgroupCpu: number | undefined;
  byPid: ReadonlyMap<number, ProcessStat>;
}

/** One generation of one instance; make a new one when it was started anew. */
export class InstanceMeter {
  /** The main process, or all that were matched; those of an external service may change. */
  roots: readonly number[];
  /** Processes of ours in its cgroups that are left out. */
  shims: readonly number[] = [];
  /** All processes as of the last sample, the main one first. */
  members: readonly ProcessStat[] = [];

  private readonly cgroup: CgroupFiles;
  private readonly tools: MeterTools;
  private before: Before | undefined;
  private usage: InstanceUsage | undefined;
  private strays: number[] = [];
  private round: number;
  private io = { read: 0, write: 0 };
  private ioByPid = new Map<string, { read: number; write: number }>();
  private cache = { charged: Number.NEGATIVE_INFINITY, inactive: 0 };

  /** `stagger` spreads the costly samples of many instances over time. */
  constructor(roots: readonly number[], cgroup: CgroupFiles, tools: MeterTools, stagger = 0) {
    this.roots = roots;
    this.cgroup = cgroup;
    this.tools = tools;
    this.round = stagger % FULL_EVERY;
  }

  /** Takes a sample. `at`: monotonic milliseconds. */
  sample(round: ProcessRound, at: number): InstanceUsage {
    this.round += 1;
    const full = this.usage === undefined || this.round % FULL_EVERY === 0;
    const cgroupCpu = this.cgroup.cpuSeconds();
    if (!full && this.usage !== undefined && cgroupCpu !== undefined && cgroupCpu === this.before?.cgroupCpu) {
      if (this.before !== undefined) this.before.at = at;
      this.usage = atRest(this.usage);
      return this.usage;
    }
    const members = this.findMembers(round);
    const previous = this.before;
    const elapsed = previous === undefined ? undefined : (at - previous.at) / 1000;
    const grown = members.some((process) => previous?.byPid.get(process.pid)?.startTicks !== process.startTicks);
    this.members = members;
    this.before = { at, cgroupCpu, byPid: new Map(members.map((process) => [process.pid, process])) };
    const memory = this.readMemory(members, full);
    const files = full || grown || this.round % FILES_EVERY === 0;
    if (files) this.readIo(members);
    this.usage = {
      cpu: this.cpu(members, previous, elapsed, cgroupCpu),
      memory: memory.bytes,
      memory_kind: memory.kind,
      threads: members.reduce((sum, process) => sum + process.threads, 0),
      open_files: files ? this.countOpenFiles(members) : (this.usage?.open_files ?? null),
      read_bytes: this.tools.files === undefined ? null : this.io.read,
      write_bytes: this.tools.files === undefined ? null : this.io.write,
      processes: this.describe(members, previous, elapsed),
    };
    return this.usage;
  }

  /** Its processes now, CPU since the last sample; leaves the sample series as it is. */
  processesNow(round: ProcessRound, at: number): ProcessInfo[] {
    const elapsed = this.before === undefined ? undefined : (at - this.before.at) / 1000;
    return this.describe(this.findMembers(round), this.before, elapsed);
  }

  /** Its processes now, the main one first. */
  findMembers(round: ProcessRound): ProcessStat[] {
    const pids = this.cgroup.pids();
    if (pids !== undefined && pids.length > 0) {
      const rest = new Set(pids);
      for (const shim of this.shims) rest.delete(shim);
      const main = this.roots.filter((pid) => rest.delete(pid));
      return round.stats([...main, ...rest]);
    }
    const tree = round.trees([...this.roots, ...this.strays]);
    if (round.strays) this.findStrays(round, tree);
    return tree;
  }

  /** Members of the session that the main process leads which are not below it any more; found by a pass over all processes. */
  private findStrays(round: ProcessRound, tree: ProcessStat[]): void {
    const known = new Set(tree.map((process) => process.pid));
    const [main] = tree;
    if (main === undefined || main.pid !== this.roots[0] || main.session !== main.pid) return;
    const strays = round.inSession(main.session).filter((process) => !known.has(process.pid));
    tree.push(...strays);
    this.strays = [...this.strays.filter((pid) => known.has(pid)), ...strays.map((process) => process.pid)];
  }

  private cpu(
    members: readonly ProcessStat[],
    previous: Before | undefined,
    elapsed: number | undefined,
    cgroupCpu: number | undefined,
  ): number {
    if (previous === undefined || elapsed === undefined) return this.cpuSinceStart(members, cgroupCpu);
    if (cgroupCpu !== undefined && previous.cgroupCpu !== undefined) {
      return percentOfCore(Math.max(0, cgroupCpu - previous.cgroupCpu), elapsed);
    }
    return percentOfCore(cpuSecondsBetween(previous.byPid, members), elapsed);
  }

  /** The first sample has none before it: the mean since the main process started. */
  private cpuSinceStart(members: readonly ProcessStat[], cgroupCpu: number | undefined): number {
    const [main] = members;
    if (main === undefined) return 0;
    const age = this.tools.now() / 1000 - this.tools.table.createTime(main.startTicks);
    return percentOfCore(cgroupCpu ?? cpuSecondsBetween(new Map(), members), Math.max(age, 1));
  }

  private readMemory(
    members: readonly ProcessStat[],
    full: boolean,
  ): Readonly<{ bytes: number; kind: "cgroup" | "pss" | "rss" }> {
    const charged = this.cgroup.tellsMemory ? this.cgroup.memoryCharged() : undefined;
    if (charged === undefined) return this.tools.memory.read(members);
    if (full || Math.abs(charged - this.cache.charged) >= CACHE_STEP) {
      this.cache = { charged, inactive: this.cgroup.memoryInactive() };
    }
    return { bytes: Math.max(0, charged - this.cache.inactive), kind: "cgroup" };
  }

  private countOpenFiles(members: readonly ProcessStat[]): number | null {
    let sum: number | null = null;
    for (const process of members) {
      const count = this.tools.files?.openFiles(process.pid);
      if (count !== undefined) sum = (sum ?? 0) + count;
    }
    return sum;
  }

  /** Adds what was read and written since the last look; a process that ended is in its parent's figures from then on. */
  private readIo(members: readonly ProcessStat[]): void {
    const { files } = this.tools;
    if (files === undefined) return;
    const seen = new Map<string, { read: number; write: number }>();
    const sum = { read: 0, write: 0 };
    for (const process of members) {
      const now = files.io(process.pid);
      if (now === undefined) continue;
      const key = `${process.pid}:${process.startTicks}`;
      const then = this.ioByPid.get(key);
      sum.read += now.read - (then?.read ?? 0);
      sum.write += now.write - (then?.write ?? 0);
      this.ioByPid.delete(key);
      seen.set(key, now);
    }
    for (const ended of this.ioByPid.values()) {
      sum.read -= ended.read;
      sum.write -= ended.write;
    }
    this.io = { read: this.io.read + Math.max(0, sum.read), write: this.io.write + Math.max(0, sum.write) };
    this.ioByPid = seen;
  }

  private describe(
    members: readonly ProcessStat[],
    previous: Before | undefined,
    elapsed: number | undefined,
  ): ProcessInfo[] {
    const rows: ProcessInfo[] = [];
    for (const process of members) {
      if (rows.length === MAX_LISTED) break;
      const described = this.tools.commands.of(process);
      if (described === undefined) continue;
      const then = previous?.byPid.get(process.pid);
      const spent = process.cpuSeconds - (then?.startTicks === process.startTicks ? then.cpuSeconds : 0);
      rows.push({
        pid: process.pid,
        ppid: process.ppid,
        name: displayName(process, described.command),
        cpu:
          elapsed === undefined ? this.cpuSinceStart([process], undefined) : percentOfCore(Math.max(0, spent), elapsed),
        memory: process.rss,
        create_time: this.tools.table.createTime(process.startTicks),
        command: described.command,
        user: described.user,
        threads: process.threads,
      });
    }
    return rows;
  }
}

/** The same, using no CPU; the very same object when it was at rest before. */
function atRest(usage: InstanceUsage): InstanceUsage {
  if (usage.cpu === 0 && usage.processes.every((process) => process.cpu === 0)) return usage;
  return { ...usage, cpu: 0, processes: usage.processes.map((process) => ({ ...process, cpu: 0 })) };
}
