// CPU time of the machine and of its cores, from /proc/stat.
import { numberAfter } from "../../processes/proc-files.ts";
import type { MetricValues } from "./metric-values.ts";
import { forEachLine, readNumbers } from "./numbers.ts";

/** Ticks since boot. Guests are in `user` already; `idle` is without waiting for disks. */
export interface CpuTicks {
  user: number;
  system: number;
  iowait: number;
  steal: number;
  idle: number;
}

/** What /proc/stat tells that is wanted here. */
export interface KernelStat {
  total: CpuTicks;
  /** In the kernel's order; a core that is switched off is not there. */
  cores: { core: string; ticks: CpuTicks }[];
  /** Threads on a core or ready for one, and waiting for a disk. */
  running: number | undefined;
  blocked: number | undefined;
}

/** Percent of an interval, all cores together. */
export interface CpuShare {
  /** All but idle and waiting for disks, as psutil counts it. */
  busy: number;
  user: number;
  system: number;
  iowait: number;
  steal: number;
}

/** user nice system idle iowait irq softirq steal; kernels before 2.6.11 stop earlier. */
const FIELDS = 8;
const numbers = new Float64Array(FIELDS);

/** Follows CPU time from call to call. */
export class CpuMeter {
  private before: KernelStat | undefined;
  private coresBefore = new Map<string, CpuTicks>();
  private lastBusy = 0;
  private cores: readonly { core: string; busy: number | undefined }[] = [];

  /** Percent of the last interval that had any; since boot before there were two readings. */
  get lastPercent(): number {
    return this.lastBusy;
  }

  /** Puts the machine's values; those of cores wait for `putCores`, since they may fill a sample alone. */
  put(values: MetricValues, stat: KernelStat): void {
    const share = this.before && cpuShare(this.before.total, stat.total);
    this.lastBusy = (this.before === undefined ? cpuShare(NO_TICKS, stat.total) : share)?.busy ?? this.lastBusy;
    values.put("cpu_percent", share?.busy);
    values.put("cpu_user_percent", share?.user);
    values.put("cpu_system_percent", share?.system);
    values.put("cpu_iowait_percent", share?.iowait);
    values.put("cpu_steal_percent", share?.steal);
    this.cores = stat.cores.map(({ core, ticks }) => {
      const then = this.coresBefore.get(core);
      return { core, busy: then && cpuShare(then, ticks)?.busy };
    });
    this.before = stat;
    this.coresBefore = new Map(stat.cores.map(({ core, ticks }) => [core, ticks]));
  }

  putCores(values: MetricValues): void {
    for (const { core, busy } of this.cores) values.put("cpu_core_percent", busy, core);
  }
}

const NO_TICKS: CpuTicks = { user: 0, system: 0, iowait: 0, steal: 0, idle: 0 };

/**
 * How the time between two readings was spent; undefined when none has passed. The kernel lets idle and iowait fall now and
 * then, and all of them after a live migration: a field that fell counts nothing.
 */
export function cpuShare(before: CpuTicks, now: CpuTicks): CpuShare | undefined {
  const grown = (key: keyof CpuTicks) => Math.max(0, now[key] - before[key]);
  const [user, system, iowait, steal] = [grown("user"), grown("system"), grown("iowait"), grown("steal")];
  const busy = user + system + steal;
  const whole = busy + iowait + grown("idle");
  if (whole <= 0) return undefined;
  const percent = (part: number) => (part / whole) * 100;
  return {
    busy: percent(busy),
    user: percent(user),
    system: percent(system),
    iowait: percent(iowait),
    steal: percent(steal),
  };
}

/** Reads /proc/stat; undefined without its first line. */
export function parseKernelStat(text: string): KernelStat | undefined {
  let total: CpuTicks | undefined;
  const cores: KernelStat["cores"] = [];
  // Lines of cores stand at the beginning; the one of interrupts after them has thousands of numbers.
  const end = text.indexOf("\nintr");
  forEachLine(end < 0 ? text : text.slice(0, end), (start, end) => {
    if (!text.startsWith("cpu", start)) return;
    const blank = text.indexOf(" ", start);
    if (blank < 0 || blank > end || readNumbers(text, blank, numbers.fill(0)) < 4) return;
    const core = text.slice(start + 3, blank);
    if (core === "") total ??= ticks();
    else cores.push({ core, ticks: ticks() });
  });
  return (
    total && { total, cores, running: numberAfter(text, "procs_running"), blocked: numberAfter(text, "procs_blocked") }
  );
}

function ticks(): CpuTicks {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = numbers;
  return { user: user + nice, system: system + irq + softirq, iowait, steal, idle };
}
