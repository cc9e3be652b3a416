// Values of metrics as people read them, and what people call a metric.
import { parseMetricKey, metricDefinition, unitOf, type MetricUnit } from "../../contract/metrics.ts";
import { SECOND } from "../../base/units.ts";
import { formatBytes, formatDuration, formatPercent, NONE } from "../ui/format.ts";

/** At most three digits, then k, M, G. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  for (const [limit, unit] of [
    [1e9, "G"],
    [1e6, "M"],
    [1e4, "k"],
  ] as const) {
    if (size >= limit) return `${digits(value / (limit === 1e4 ? 1000 : limit))} ${unit}`;
  }
  return digits(value);
}

function digits(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 99.5) return value.toFixed(0);
  return size >= 9.95 ? value.toFixed(1) : value.toFixed(2);
}

const FORMATS: Record<MetricUnit, (value: number) => string> = {
  percent: formatPercent,
  bytes: formatBytes,
  bytes_per_second: (value) => `${formatBytes(value)}/s`,
  ops_per_second: (value) => `${formatCount(value)} op/s`,
  per_second: (value) => `${formatCount(value)}/s`,
  seconds: (value) => formatDuration(value * SECOND),
  celsius: (value) => `${digits(value)} °C`,
  ratio: digits,
  count: formatCount,
  none: formatCount,
};

/** Values of a unit in words; "–" for none. */
export function formatterOf(unit: MetricUnit): (value: number | null | undefined) => string {
  return (value) => (value === null || value === undefined ? NONE : FORMATS[unit](value));
}

/** Of a key. */
export function formatMetric(key: string, value: number | null | undefined): string {
  return formatterOf(unitOf(key))(value);
}

/** "Filesystem /data" of `filesystem_percent[/data]`; a metric that is not in the catalogue is called as it stands. */
export function titleOf(key: string): string {
  const { label } = parseMetricKey(key);
  const known = metricDefinition(key);
  if (known === undefined) return key;
  return label === null ? known.title : `${known.title} ${label}`;
}

/** Is it a unit whose scale goes in powers of two? */
export function isBinary(unit: MetricUnit): boolean {
  return unit === "bytes" || unit === "bytes_per_second";
}

/** The least top of a scale, so that noise at rest looks like rest. */
export function leastTop(unit: MetricUnit): number {
  if (unit === "percent") return 5;
  if (unit === "bytes") return 1024 * 1024;
  return unit === "bytes_per_second" ? 4096 : 1;
}
