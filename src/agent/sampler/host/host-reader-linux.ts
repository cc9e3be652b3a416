// The machine as /proc and /sys tell it. Each file is read once a sample.
import { uptime } from "node:os";
import type { Clock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import { ProcReader } from "../../processes/proc-files.ts";
import { CpuMeter, parseKernelStat } from "./cpu.ts";
import { DiskMeter } from "./disks.ts";
import { FilesystemMeter } from "./filesystems.ts";
import type { HostReader } from "./host-reader.ts";
import { putKernel, putPressure } from "./kernel.ts";
import { parseMeminfo, putMemory } from "./memory.ts";
import type { MetricValues } from "./metric-values.ts";
import { parseMountinfo, realFilesystems } from "./mounts.ts";
import { NetworkMeter } from "./network.ts";
import { PatientReads } from "./patient-reads.ts";
import { TemperatureMeter } from "./temperatures.ts";

/** How old the number of processes may be: counting is listing /proc, whose cost grows with their number. */
const COUNT_AGE = 15 * SECOND;

/** What a reader needs of its surroundings. */
export interface LinuxSources {
  clock: Clock;
  dataDir: string;
  countProcesses: () => number;
  procRoot: string;
  sysRoot: string;
}

/** One part of a sample; they are named so that a bench can tell what each costs. */
export interface HostPart {
  name: string;
  put(values: MetricValues, at: number): void;
}

/** Reads /proc and /sys, or directories that look like them. */
export class LinuxHostReader implements HostReader {
  /** In the order of their right to a place: what may come by the hundred stands last. */
  readonly parts: readonly HostPart[];
  private readonly sources: LinuxSources;
  private readonly reader = new ProcReader();
  private readonly cpu = new CpuMeter();
  private readonly filesystems: FilesystemMeter;
  private readonly disks: DiskMeter;
  private readonly network = new NetworkMeter();
  private readonly temperatures: TemperatureMeter;
  private count = { processes: 0, at: Number.NEGATIVE_INFINITY };

  constructor(sources: LinuxSources) {
    const { clock, dataDir, sysRoot } = sources;
    const monotonic = () => clock.monotonic();
    const reads = new PatientReads(clock);
    const mounts = () => realFilesystems(parseMountinfo(this.text("self/mountinfo", "utf8") ?? ""));
    this.sources = sources;
    this.disks = new DiskMeter(sysRoot);
    this.filesystems = new FilesystemMeter({ mounts, dataDir, reads, monotonic });
    this.temperatures = new TemperatureMeter({ sysRoot, reads, monotonic });
    this.parts = [
      { name: "CPU, threads", put: (values) => this.putCpu(values) },
      { name: "memory", put: (values) => this.putMemory(values) },
      { name: "load, files, TCP", put: (values) => putKernel(values, (path) => this.text(path)) },
      { name: "pressure", put: (values) => putPressure(values, (path) => this.text(path)) },
      { name: "processes, uptime", put: (values, at) => this.putProcesses(values, at) },
      { name: "filesystems", put: (values) => this.putFilesystems(values) },
      { name: "disks", put: (values, at) => this.disks.put(values, this.text("diskstats") ?? "", at) },
      { name: "network", put: (values, at) => this.network.put(values, this.text("net/dev") ?? "", at) },
      { name: "temperatures", put: (values) => this.temperatures.put(values) },
      { name: "cores", put: (values) => this.cpu.putCores(values) },
    ];
  }

  put(values: MetricValues, at: number): void {
    for (const part of this.parts) part.put(values, at);
  }

  async refresh(): Promise<void> {
    await this.filesystems.refresh();
    await this.temperatures.refresh();
  }

  lastCpuPercent(): number {
    return this.cpu.lastPercent;
  }

  private putCpu(values: MetricValues): void {
    const stat = parseKernelStat(this.text("stat") ?? "");
    if (stat === undefined) return;
    this.cpu.put(values, stat);
    values.put("threads_running", stat.running);
    values.put("threads_blocked", stat.blocked);
  }

  private putMemory(values: MetricValues): void {
    const memory = parseMeminfo(this.text("meminfo") ?? "");
    if (memory !== undefined) putMemory(values, memory);
  }

  private putProcesses(values: MetricValues, at: number): void {
    if (at - this.count.at >= COUNT_AGE) this.count = { processes: this.sources.countProcesses(), at };
    values.put("processes", this.count.processes);
    values.put("uptime_seconds", uptime());
  }

  private putFilesystems(values: MetricValues): void {
    this.filesystems.putData(values);
    this.filesystems.put(values);
  }

  private text(file: string, encoding: "latin1" | "utf8" = "latin1"): string | undefined {
    const found = this.reader.read(`${this.sources.procRoot}/${file}`);
    return found?.bytes.toString(encoding, 0, found.length);
  }
}
