// Measures the machine: one sample an interval, of which `SystemStats` and the history are made alike. What it costs is measured
// by `npm run bench sampler`.
import { existsSync } from "node:fs";
import { type Clock, systemClock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import type { HostReader } from "./host-reader.ts";
import { LinuxHostReader } from "./host-reader-linux.ts";
import { PortableHostReader } from "./host-reader-portable.ts";
import { MetricValues } from "./metric-values.ts";

/** How often filesystems and sensors are looked at: they change slowly, and may be slow to answer. */
const REFRESH_EVERY = 30 * SECOND;
/** How long the very first sample waits for them. */
const FIRST_WAIT = SECOND;

/** The machine at one moment. */
export interface HostSample {
  /** Unix milliseconds. */
  at: number;
  /** By key of `contract/metrics.ts`. A rate is missing from the first sample, and where its counter was reset. */
  values: Record<string, number>;
  /** How many metrics there were no places for. */
  left_out: number;
}

/** Where a sampler reads. */
export interface HostSamplerOptions {
  /** A directory of the filesystem that `disk_*` without a label tells of. */
  dataDir: string;
  /** How many processes there are on the machine. */
  countProcesses: () => number;
  clock?: Clock;
  /** Other directories in tests. */
  procRoot?: string;
  sysRoot?: string;
}

/** Takes samples of the machine; keeps what differences need. Nothing in it has to be closed. */
export class HostSampler {
  private readonly clock: Clock;
  private readonly reader: HostReader;
  private refreshing: Promise<void> | undefined;
  private refreshedAt: number | undefined;

  constructor(options: HostSamplerOptions) {
    const { clock = systemClock, dataDir, countProcesses, procRoot = "/proc", sysRoot = "/sys" } = options;
    this.clock = clock;
    this.reader = existsSync(`${procRoot}/stat`)
      ? new LinuxHostReader({ clock, dataDir, countProcesses, procRoot, sysRoot })
      : new PortableHostReader({ clock, dataDir, countProcesses });
  }

  /** Stands in for `cpu_percent` where a sample has none: of the interval before, or since boot. */
  get lastCpuPercent(): number {
    return this.reader.lastCpuPercent();
  }

  /** A sample now. Only the first one waits for filesystems and sensors, for a second at most. */
  async sample(): Promise<HostSample> {
    const first = this.refreshedAt === undefined;
    this.refresh();
    if (first) await this.firstRefresh();
    const values = new MetricValues();
    this.reader.put(values, this.clock.monotonic());
    return { at: this.clock.now(), values: values.values, left_out: values.leftOut };
  }

  /** Begins a look at filesystems and sensors when one is due and none is under way. */
  private refresh(): void {
    const now = this.clock.monotonic();
    if (this.refreshing !== undefined) return;
    if (this.refreshedAt !== undefined && now - this.refreshedAt < REFRESH_EVERY) return;
    this.refreshedAt = now;
    this.refreshing = this.reader.refresh().finally(() => {
      this.refreshing = undefined;
    });
  }

  private async firstRefresh(): Promise<void> {
    const { promise: tooLate, resolve } = Promise.withResolvers<void>();
    const timer = this.clock.after(FIRST_WAIT, resolve);
    await Promise.race([this.refreshing, tooLate]);
    timer.cancel();
  }
}
