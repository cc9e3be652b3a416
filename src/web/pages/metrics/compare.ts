// What the metrics page compares: which metrics there are, who has most, and all of it as CSV. Pure.
import { metricDefinition, METRICS } from "../../../contract/metrics.ts";
import type { ServerNode } from "../../../contract/server.ts";
import { compareNames } from "../../api/live-store.ts";
import { lineOf, summarize, type Line } from "../../charts/lines.ts";
import type { MetricSeries } from "../../charts/use-metrics.ts";

/** A line with whose it is. */
export interface Ranked extends Line {
  /** Its label is a server's name, not an aggregate's. */
  isServer: boolean;
}

const ORDER = new Map(Object.keys(METRICS).map((name, index) => [name, index]));

/** Keys that any server tells, in the catalogue's order; those of bare servers last. */
export function keysOf(servers: readonly ServerNode[]): string[] {
  const keys = new Set(servers.flatMap(({ last_metrics }) => Object.keys(last_metrics)));
  const place = (key: string): number =>
    metricDefinition(key) === undefined ? ORDER.size : (ORDER.get(key.replace(/\[.*$/s, "")) ?? ORDER.size);
  return [...keys].sort((a, b) => place(a) - place(b) || compareNames(a, b));
}

/** The lines of an answer, the highest value first. */
export function ranked(series: readonly MetricSeries[], nameOf: (id: string) => string): Ranked[] {
  const top = new Map<string, number>();
  const lines = series.map((one): Ranked => {
    const { server_id: id } = one;
    const key = id ?? "all";
    top.set(key, summarize(one).most ?? Number.NEGATIVE_INFINITY);
    return { ...lineOf(key, id === null ? "all together" : nameOf(id), one), isServer: id !== null };
  });
  return lines.sort((a, b) => (top.get(b.key) ?? 0) - (top.get(a.key) ?? 0) || compareNames(a.label, b.label));
}

/** One row for each point, oldest first within each server; names are quoted, and no spreadsheet takes one for a formula. */
export function toCsv(metric: string, lines: readonly Ranked[]): string {
  const cell = (text: string): string => `"${text.replace(/^[=+\-@\t\r]/, "'$&").replaceAll('"', '""')}"`;
  const rows = lines.flatMap(({ label, points }) =>
    points.map(([time, value]) => `${new Date(time).toISOString()},${cell(label)},${value ?? ""}`),
  );
  return [`time,server,${cell(metric)}`, ...rows, ""].join("\r\n");
}
