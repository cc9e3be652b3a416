// Which charts a server's page has: what belongs together in one, the ones that most look for first. Pure.
import {
  metricDefinition,
  parseMetricKey,
  unitOf,
  type MetricName,
  type MetricUnit,
} from "../../../contract/metrics.ts";
import { titleOf } from "../../charts/units.ts";
import { compareNames } from "../../api/live-store.ts";

export interface ChartSpec {
  title: string;
  unit: MetricUnit;
  /** Keys of its lines, and what each is called in the legend. */
  lines: { key: string; label: string }[];
}

/** One chart of the catalogue's metrics; the same names with any label. */
interface Plan {
  title: string;
  metrics: readonly (readonly [name: MetricName, label: string])[];
}

/** In the order of the page. A chart whose metrics nobody tells is left out. */
const PLANS: readonly Plan[] = [
  { title: "CPU", metrics: [["cpu_percent", "CPU"]] },
  { title: "Memory", metrics: [["memory_percent", "Memory"]] },
  { title: "Filesystems", metrics: [["filesystem_percent", ""]] },
  {
    title: "Network",
    metrics: [
      ["network_receive_bytes_per_second", "in"],
      ["network_transmit_bytes_per_second", "out"],
    ],
  },
  {
    title: "Load",
    metrics: [
      ["load_1", "1 min"],
      ["load_5", "5 min"],
      ["load_15", "15 min"],
    ],
  },
  {
    title: "Disk traffic",
    metrics: [
      ["disk_read_bytes_per_second", "read"],
      ["disk_write_bytes_per_second", "write"],
    ],
  },
  { title: "Disk busy", metrics: [["disk_busy_percent", ""]] },
  {
    title: "Pressure",
    metrics: [
      ["pressure_cpu_some_percent", "CPU"],
      ["pressure_memory_some_percent", "memory"],
      ["pressure_io_some_percent", "disks"],
    ],
  },
  {
    title: "Where CPU goes",
    metrics: [
      ["cpu_user_percent", "programs"],
      ["cpu_system_percent", "kernel"],
      ["cpu_iowait_percent", "waiting for disks"],
      ["cpu_steal_percent", "taken by the hypervisor"],
    ],
  },
  { title: "Swap", metrics: [["swap_percent", "Swap"]] },
  { title: "Temperature", metrics: [["temperature_celsius", ""]] },
  { title: "Cores", metrics: [["cpu_core_percent", "core"]] },
  {
    title: "Processes and threads",
    metrics: [
      ["processes", "processes"],
      ["threads", "threads"],
    ],
  },
  {
    title: "Network trouble",
    metrics: [
      ["network_errors_per_second", "errors"],
      ["network_drops_per_second", "dropped"],
    ],
  },
];

/** Charts shown before somebody asks for the rest. */
export const CHARTS_AT_FIRST = 6;

/** Charts of what a server tells; each metric that is not in the catalogue has one of its own. */
export function chartsOf(keys: readonly string[]): ChartSpec[] {
  const byName = Map.groupBy(keys.toSorted(compareNames), (key) => parseMetricKey(key).name);
  const planned = PLANS.flatMap(({ title, metrics }): ChartSpec[] => {
    const lines = metrics.flatMap(([name, word]) =>
      (byName.get(name) ?? []).map((key) => {
        const { label } = parseMetricKey(key);
        return { key, label: [label, word].filter(Boolean).join(" ") };
      }),
    );
    const [first] = lines;
    return first === undefined ? [] : [{ title, unit: unitOf(first.key), lines }];
  });
  // Of who tells no filesystems (a bare server), the one number of the disk.
  const disk: ChartSpec[] =
    byName.has("disk_percent") && !byName.has("filesystem_percent")
      ? [{ title: "Disk", unit: "percent", lines: [{ key: "disk_percent", label: "Disk" }] }]
      : [];
  const own = keys
    .filter((key) => metricDefinition(key) === undefined)
    .map((key): ChartSpec => ({ title: key, unit: unitOf(key), lines: [{ key, label: titleOf(key) }] }));
  return [...planned.slice(0, 2), ...disk, ...planned.slice(2), ...own];
}
