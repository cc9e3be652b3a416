// The machine as node:os tells it, where there is no /proc: CPU, memory, load, uptime, and the filesystems of "/" and of the data
// directory. The rest would need a spawned tool for every sample.
import { cpus, freemem, loadavg, totalmem, uptime } from "node:os";
import type { Clock } from "../../../base/clock.ts";
import { MINUTE } from "../../../base/units.ts";
import { CpuMeter, type CpuTicks, type KernelStat } from "./cpu.ts";
import { FilesystemMeter } from "./filesystems.ts";
import type { HostReader } from "./host-reader.ts";
import { putMemory } from "./memory.ts";
import type { MetricValues } from "./metric-values.ts";
import { PatientReads } from "./patient-reads.ts";

/** How old the number of processes may be: counting them is a spawned ps. */
const COUNT_AGE = MINUTE;

/** Asks node:os. */
export class PortableHostReader implements HostReader {
  private readonly countProcesses: () => number;
  private readonly cpu = new CpuMeter();
  private readonly filesystems: FilesystemMeter;
  private count = { processes: 0, at: Number.NEGATIVE_INFINITY };

  constructor(sources: { clock: Clock; dataDir: string; countProcesses: () => number }) {
    const { clock, dataDir } = sources;
    this.countProcesses = sources.countProcesses;
    this.filesystems = new FilesystemMeter({
      mounts: () => [{ point: "/" }],
      dataDir,
      reads: new PatientReads(clock),
      monotonic: () => clock.monotonic(),
    });
  }

  put(values: MetricValues, at: number): void {
    this.cpu.put(values, readCpus());
    const [one = 0, five = 0, fifteen = 0] = loadavg();
    values.put("load_1", one);
    values.put("load_5", five);
    values.put("load_15", fifteen);
    const unknown = { cached: undefined, buffers: undefined, swapTotal: 0, swapFree: 0 };
    putMemory(values, { total: totalmem(), available: freemem(), ...unknown });
    if (at - this.count.at >= COUNT_AGE) this.count = { processes: this.countProcesses(), at };
    values.put("processes", this.count.processes);
    values.put("uptime_seconds", uptime());
    this.filesystems.putData(values);
    this.filesystems.put(values);
    this.cpu.putCores(values);
  }

  refresh(): Promise<void> {
    return this.filesystems.refresh();
  }

  lastCpuPercent(): number {
    return this.cpu.lastPercent;
  }
}

function readCpus(): KernelStat {
  const total: CpuTicks = { user: 0, system: 0, iowait: 0, steal: 0, idle: 0 };
  const cores = cpus().map(({ times }, core) => {
    const ticks = {
      iowait: 0,
      steal: 0,
      user: times.user + times.nice,
      system: times.sys + times.irq,
      idle: times.idle,
    };
    return { core: String(core), ticks };
  });
  for (const { ticks } of cores) {
    total.user += ticks.user;
    total.system += ticks.system;
    total.idle += ticks.idle;
  }
  return { total, cores, running: undefined, blocked: undefined };
}
