// The metrics of machines as Prometheus names them: those of the catalogue, in base units.
import { METRICS, type MetricName, type MetricScope } from "../../../contract/metrics.ts";
import type { Family } from "./exposition.ts";

/** A metric of the catalogue on its way out. */
export interface MachineFamily extends Family {
  /** Name of the label that tells a mount point, a device…; null for a metric that a server has once. */
  label: Exclude<MetricScope, null> | null;
  /** What its values are multiplied with: Prometheus wants ratios where people read percent. */
  scale: number;
}

/** By the catalogue's name. Cores are left out: there are hundreds, and their sum is there. */
export const MACHINE_FAMILIES: ReadonlyMap<string, MachineFamily> = new Map(
  (Object.keys(METRICS) as MetricName[]).flatMap((name): [string, MachineFamily][] => {
    const { unit, title, per } = METRICS[name];
    if (per === "core") return [];
    const percent = unit === "percent";
    const family = `tailherd_server_${percent ? name.replace(/_percent$/, "_ratio") : name}`;
    const help = `${title}${percent ? ", 0 to 1" : ""}, as last measured.`;
    return [[name, { name: family, type: "gauge", help, label: per, scale: percent ? 0.01 : 1 }]];
  }),
);
