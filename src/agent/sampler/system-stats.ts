// The machine in short, for `/api/stats`: a few of the values that a sample has, in the predecessor's names and units.
import { availableParallelism } from "node:os";
import { GIB } from "../../base/units.ts";
import type { SystemStats } from "../../contract/status.ts";
import type { MetricName } from "../../contract/metrics.ts";

/**
 * The stats of one sample of the machine. What it does not have is 0, except CPU, for which
 * `lastCpuPercent` stands in: the first sample has none.
 */
export function systemStatsOf(values: Readonly<Record<string, number>>, lastCpuPercent: number): SystemStats {
  const value = (name: MetricName) => values[name] ?? 0;
  const gib = (name: MetricName) => round(value(name) / GIB, 2);
  return {
    cpu_percent: round(values["cpu_percent"] ?? lastCpuPercent, 1),
    memory_percent: value("memory_percent"),
    memory_used_gb: gib("memory_used_bytes"),
    memory_total_gb: gib("memory_total_bytes"),
    disk_percent: value("disk_percent"),
    disk_used_gb: gib("disk_used_bytes"),
    disk_total_gb: gib("disk_total_bytes"),
    load_1: value("load_1"),
    load_5: value("load_5"),
    load_15: value("load_15"),
    cores: availableParallelism(),
    swap_percent: value("swap_percent"),
    uptime: value("uptime_seconds"),
    processes: value("processes"),
  };
}

function round(value: number, digits: number): number {
  const factor = 10 ** digits;
  return Math.round(value * factor) / factor;
}
