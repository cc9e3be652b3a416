// What servers tell of their metrics, on its way to the store: on the hub's clock, never in the future.
import { MIB } from "../../base/units.ts";
import type { Reading } from "../../contract/link.ts";
import type { Settings } from "../../contract/settings.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { MetricsStore, RetentionPolicy, Sample } from "./metrics-store.ts";

/** A clock that is further off than a link can measure in a hurry is not worth correcting: samples keep their own time. */
const WORTH_CORRECTING = 1000;

export interface RecorderParts {
  metrics: MetricsStore;
  /** Milliseconds that a server's clock is ahead of ours. */
  skewOf: (serverId: string) => number;
  now: () => number;
  logger: Logger;
}

/** How long the settings want metrics to be kept. */
export function policyOf(settings: Settings): RetentionPolicy {
  return {
    raw: settings.metrics_raw_days,
    fine: settings.stats_retention_days,
    coarse: settings.metrics_hourly_days,
    bytes: settings.metrics_max_mb * MIB,
  };
}

/** Puts readings and lists of processes into the store. What it cannot take is told in the log; nobody waits for it. */
export class Recorder {
  private readonly parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.parts = parts;
  }

  /** What a server and its instances measured; by the server's own clock. */
  reading(serverId: string, { at, values, samples }: Reading): void {
    const instances = samples.map(({ service, index, cpu, memory }) => ({
      service,
      index,
      values: { ...(cpu !== null && { cpu_percent: cpu }), ...(memory !== null && { memory_bytes: memory }) },
    }));
    this.append({ server_id: serverId, at: this.onOurClock(serverId, at), values, instances });
  }

  /** What a bare node sent just now. */
  heartbeat(serverId: string, values: Readonly<Record<string, number>>): void {
    this.append({ server_id: serverId, at: Math.round(this.parts.now()), values });
  }

  top(serverId: string, top: TopProcesses): void {
    const list = { ...top, at: this.onOurClock(serverId, top.at), server_id: serverId };
    this.parts.metrics.appendTop(list).catch((error: unknown) => this.failed(error));
  }

  /** Of a time on a server's clock; a skew of years does not put it where nobody looks. */
  private onOurClock(serverId: string, at: number): number {
    const { skewOf, now } = this.parts;
    const skew = skewOf(serverId);
    const corrected = Math.abs(skew) < WORTH_CORRECTING ? at : at - skew;
    return Math.round(Math.min(corrected, now()));
  }

  private append(sample: Sample): void {
    this.parts.metrics.append(sample).catch((error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    this.parts.logger.warn({ err: error }, "Cannot keep what a server measured");
  }
}
