// The machine as a whole: what /proc says of it, or node:os where there is no /proc.
import { existsSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { availableParallelism, cpus, freemem, loadavg, totalmem, uptime } from "node:os";
import { type Clock, systemClock } from "../../base/clock.ts";
import { GIB, SECOND } from "../../base/units.ts";
import type { SystemStats } from "../../contract/status.ts";
import { numberAfter, ProcReader } from "../processes/proc-files.ts";

/** Ticks of all cores since boot; idle counts waiting for disks, as psutil does. */
export interface CpuTicks {
  total: number;
  idle: number;
}

/** Bytes. */
export interface MachineMemory {
  total: number;
  available: number;
  swapTotal: number;
  swapFree: number;
}

/** How old a look at the filesystem may be: it changes slowly, and a hung network filesystem must not be asked in a queue. */
const DISK_AGE = 30 * SECOND;
/** How old the number of processes may be: counting is listing /proc, whose cost grows with their number. */
const COUNT_AGE = 15 * SECOND;

/** Reads system stats; CPU percent is since the call before (since boot at the first). */
export class SystemMeter {
  private readonly root: string;
  private readonly dataDir: string;
  private readonly clock: Clock;
  private readonly countProcesses: () => number;
  private readonly hasProc: boolean;
  private readonly reader = new ProcReader();
  private readonly cores = availableParallelism();
  private ticks: CpuTicks = { total: 0, idle: 0 };
  private disk = { total: 0, used: 0, percent: 0, at: Number.NEGATIVE_INFINITY };
  private count = { processes: 0, at: Number.NEGATIVE_INFINITY };
  private asking: Promise<void> | undefined;

  /** `dataDir`: the directory whose filesystem is told. `countProcesses`: how many there are on the machine. */
  constructor(options: { dataDir: string; countProcesses: () => number; procRoot?: string; clock?: Clock }) {
    this.root = options.procRoot ?? "/proc";
    this.dataDir = options.dataDir;
    this.clock = options.clock ?? systemClock;
    this.countProcesses = options.countProcesses;
    this.hasProc = existsSync(`${this.root}/stat`);
  }

  /** The stats now. Waits for the filesystem only the first time. */
  async read(): Promise<SystemStats> {
    const asked = this.askDisk();
    if (this.disk.at === Number.NEGATIVE_INFINITY) await asked;
    const memory = this.memory();
    const used = memory.total - memory.available;
    const [load1 = 0, load5 = 0, load15 = 0] = loadavg();
    return {
      cpu_percent: this.cpuPercent(),
      memory_percent: percent(used, memory.total),
      memory_used_gb: gib(used),
      memory_total_gb: gib(memory.total),
      disk_percent: this.disk.percent,
      disk_used_gb: gib(this.disk.used),
      disk_total_gb: gib(this.disk.total),
      load_1: round2(load1),
      load_5: round2(load5),
      load_15: round2(load15),
      cores: this.cores,
      swap_percent: percent(memory.swapTotal - memory.swapFree, memory.swapTotal),
      uptime: Math.floor(uptime()),
      processes: this.processes(),
    };
  }

  private processes(): number {
    const now = this.clock.monotonic();
    if (now - this.count.at >= COUNT_AGE) this.count = { processes: this.countProcesses(), at: now };
    return this.count.processes;
  }

  private cpuPercent(): number {
    const now = this.cpuTicks();
    const total = now.total - this.ticks.total;
    const idle = now.idle - this.ticks.idle;
    this.ticks = now;
    return total <= 0 ? 0 : percent(Math.max(0, total - idle), total);
  }

  private cpuTicks(): CpuTicks {
    const found = this.hasProc ? this.reader.readOnce(`${this.root}/stat`) : undefined;
    const parsed = found && parseCpuTicks(found.bytes.toString("latin1", 0, Math.min(found.length, 256)));
    if (parsed !== undefined) return parsed;
    let total = 0;
    let idle = 0;
    for (const { times } of cpus()) {
      total += times.user + times.nice + times.sys + times.idle + times.irq;
      idle += times.idle;
    }
    return { total, idle };
  }

  private memory(): MachineMemory {
    const found = this.hasProc ? this.reader.readOnce(`${this.root}/meminfo`) : undefined;
    const parsed = found && parseMeminfo(found.bytes.toString("latin1", 0, found.length));
    return parsed ?? { total: totalmem(), available: freemem(), swapTotal: 0, swapFree: 0 };
  }

  private async askDisk(): Promise<void> {
    if (this.clock.monotonic() - this.disk.at < DISK_AGE) return;
    this.asking ??= this.readDisk().finally(() => {
      this.asking = undefined;
    });
    await this.asking;
  }

  private async readDisk(): Promise<void> {
    try {
      const { blocks, bfree, bavail, bsize } = await statfs(this.dataDir);
      const used = (blocks - bfree) * bsize;
      // Of what users may fill: blocks kept for root are neither used nor free, as df counts.
      const usable = used + bavail * bsize;
      this.disk = { total: blocks * bsize, used, percent: percent(used, usable), at: this.clock.monotonic() };
    } catch {
      // The directory is gone or may not be seen: what was known last stays, and the next interval asks again.
      if (this.disk.at === Number.NEGATIVE_INFINITY) this.disk.at = this.clock.monotonic();
    }
  }
}

/** The line "cpu  user nice system idle iowait irq softirq steal …"; guest times are in user and nice already. */
export function parseCpuTicks(text: string): CpuTicks | undefined {
  const match = /^cpu +(\d+) (\d+) (\d+) (\d+)(?: (\d+))?(?: (\d+))?(?: (\d+))?(?: (\d+))?/.exec(text);
  if (match === null) return undefined;
  const fields = match.slice(1).map((field) => Number(field ?? 0));
  const [, , , idle = 0, iowait = 0] = fields;
  return { total: fields.reduce((sum, field) => sum + field, 0), idle: idle + iowait };
}

/** /proc/meminfo in bytes; kernels before 3.14 have no MemAvailable, then free and cached pages stand in. */
export function parseMeminfo(text: string): MachineMemory | undefined {
  const bytes = (key: string) => {
    const kilobytes = numberAfter(text, key);
    return kilobytes === undefined ? undefined : kilobytes * 1024;
  };
  const total = bytes("MemTotal");
  if (total === undefined) return undefined;
  const available = bytes("MemAvailable") ?? (bytes("MemFree") ?? 0) + (bytes("Buffers") ?? 0) + (bytes("Cached") ?? 0);
  return { total, available, swapTotal: bytes("SwapTotal") ?? 0, swapFree: bytes("SwapFree") ?? 0 };
}

function percent(part: number, whole: number): number {
  return whole <= 0 ? 0 : Math.min(100, Math.max(0, Math.round((part / whole) * 1000) / 10));
}

function gib(bytes: number): number {
  return round2(bytes / GIB);
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
