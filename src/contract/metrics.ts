// The metrics of a server, declared once: names, units and titles for agent, hub and dashboard. Plain values without a
// validator, so that the dashboard may use them. All are gauges: rates are made of counters where they are measured.

/** What a value counts. `none`: a metric of a bare node whose name says nothing. */
export type MetricUnit =
  | "percent"
  | "bytes"
  | "bytes_per_second"
  | "ops_per_second"
  | "per_second"
  | "seconds"
  | "celsius"
  | "ratio"
  | "count"
  | "none";

/** What the label of a metric names; null for a metric that a server has once. */
export type MetricScope = "core" | "mount" | "device" | "interface" | "sensor" | null;

/** A line of the catalogue. */
export interface MetricDefinition {
  kind: "gauge";
  unit: MetricUnit;
  /** What people read, without unit and label. */
  title: string;
  per: MetricScope;
}

/** Metrics that one server may have; an agent leaves out what is over it and tells how many. */
export const MAX_METRICS = 512;

/**
 * Every metric that agents measure. CPU is percent of all cores together; `disk_*` without a label is the filesystem of the
 * agent's data directory, as the predecessor told it.
 */
export const METRICS = {
  cpu_percent: gauge("percent", "CPU"),
  cpu_user_percent: gauge("percent", "CPU, programs"),
  cpu_system_percent: gauge("percent", "CPU, kernel"),
  cpu_iowait_percent: gauge("percent", "CPU, waiting for disks"),
  cpu_steal_percent: gauge("percent", "CPU, taken by the hypervisor"),
  load_1: gauge("count", "Load, 1 min"),
  load_5: gauge("count", "Load, 5 min"),
  load_15: gauge("count", "Load, 15 min"),
  memory_percent: gauge("percent", "Memory"),
  memory_total_bytes: gauge("bytes", "Memory, total"),
  memory_used_bytes: gauge("bytes", "Memory, used"),
  memory_available_bytes: gauge("bytes", "Memory, available"),
  memory_cached_bytes: gauge("bytes", "Memory, cache of files"),
  memory_buffers_bytes: gauge("bytes", "Memory, buffers"),
  swap_percent: gauge("percent", "Swap"),
  swap_total_bytes: gauge("bytes", "Swap, total"),
  swap_used_bytes: gauge("bytes", "Swap, used"),
  disk_percent: gauge("percent", "Disk of tailherd's data"),
  disk_total_bytes: gauge("bytes", "Disk of tailherd's data, total"),
  disk_used_bytes: gauge("bytes", "Disk of tailherd's data, used"),
  pressure_cpu_some_percent: gauge("percent", "Pressure on CPU, some wait"),
  pressure_memory_some_percent: gauge("percent", "Pressure on memory, some wait"),
  pressure_memory_full_percent: gauge("percent", "Pressure on memory, all wait"),
  pressure_io_some_percent: gauge("percent", "Pressure on disks, some wait"),
  pressure_io_full_percent: gauge("percent", "Pressure on disks, all wait"),
  uptime_seconds: gauge("seconds", "Uptime"),
  processes: gauge("count", "Processes"),
  threads: gauge("count", "Threads"),
  threads_running: gauge("count", "Threads running or ready"),
  threads_blocked: gauge("count", "Threads waiting for disks"),
  open_files: gauge("count", "Open files"),
  open_files_percent: gauge("percent", "Open files of the kernel's limit"),
  tcp_established: gauge("count", "TCP connections"),
  filesystem_percent: gauge("percent", "Filesystem", "mount"),
  filesystem_total_bytes: gauge("bytes", "Filesystem, total", "mount"),
  filesystem_used_bytes: gauge("bytes", "Filesystem, used", "mount"),
  filesystem_inodes_percent: gauge("percent", "Filesystem, files of its limit", "mount"),
  disk_busy_percent: gauge("percent", "Disk busy", "device"),
  disk_read_bytes_per_second: gauge("bytes_per_second", "Disk reads", "device"),
  disk_write_bytes_per_second: gauge("bytes_per_second", "Disk writes", "device"),
  disk_reads_per_second: gauge("ops_per_second", "Disk read operations", "device"),
  disk_writes_per_second: gauge("ops_per_second", "Disk write operations", "device"),
  network_receive_bytes_per_second: gauge("bytes_per_second", "Network in", "interface"),
  network_transmit_bytes_per_second: gauge("bytes_per_second", "Network out", "interface"),
  network_receive_packets_per_second: gauge("per_second", "Network packets in", "interface"),
  network_transmit_packets_per_second: gauge("per_second", "Network packets out", "interface"),
  network_errors_per_second: gauge("per_second", "Network errors", "interface"),
  network_drops_per_second: gauge("per_second", "Network packets dropped", "interface"),
  temperature_celsius: gauge("celsius", "Temperature", "sensor"),
  cpu_core_percent: gauge("percent", "CPU core", "core"),
} satisfies Record<string, MetricDefinition>;

/** The name of a metric of the catalogue. */
export type MetricName = keyof typeof METRICS;

/** The two parts of a key. */
export interface MetricKey {
  name: string;
  /** A mount point, a device, an interface…; null where the metric has none. */
  label: string | null;
}

/** `name`, or `name[label]`. A name holds no "["; a label may hold anything. */
export function formatMetricKey(name: string, label: string | null): string {
  return label === null ? name : `${name}[${label}]`;
}

/** Takes a key apart; what does not end in a label is a name as it stands, so every text is a key. */
export function parseMetricKey(key: string): MetricKey {
  const open = labelStart(key);
  return open < 0 ? { name: key, label: null } : { name: key.slice(0, open), label: key.slice(open + 1, -1) };
}

/** The catalogue's line for a key; undefined for a metric that only a bare node knows. */
export function metricDefinition(key: string): MetricDefinition | undefined {
  const open = labelStart(key);
  const name = open < 0 ? key : key.slice(0, open);
  return Object.hasOwn(METRICS, name) ? METRICS[name as MetricName] : undefined;
}

/** Endings by which a metric that is not in the catalogue tells its unit; longer ones first. */
const SUFFIXES: readonly (readonly [suffix: string, unit: MetricUnit])[] = [
  ["_bytes_per_second", "bytes_per_second"],
  ["_per_second", "per_second"],
  ["_percent", "percent"],
  ["_bytes", "bytes"],
  ["_seconds", "seconds"],
  ["_celsius", "celsius"],
  ["_ratio", "ratio"],
];

/** The unit of a key's values: the catalogue's, else what the end of the name says, else `none`. */
export function unitOf(key: string): MetricUnit {
  const known = metricDefinition(key);
  if (known !== undefined) return known.unit;
  const { name } = parseMetricKey(key);
  return SUFFIXES.find(([suffix]) => name.endsWith(suffix))?.[1] ?? "none";
}

/** Where the "[" of the label stands; -1 for a key without one. */
function labelStart(key: string): number {
  return key.charCodeAt(key.length - 1) === 93 ? key.indexOf("[") : -1;
}

function gauge(unit: MetricUnit, title: string, per: MetricScope = null): MetricDefinition {
  return { kind: "gauge", unit, title, per };
}
