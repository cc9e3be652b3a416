// How a series of a server is called in one text, and which names a pattern means.
import type { SeriesName } from "./metrics-store.ts";

/** Characters that a metric's name may have, its label included. */
export const MAX_METRIC = 128;
const METRIC = /^[a-z][a-z0-9_]*(?:\[[^[\]\0]+\])?$/;

/** Whether a metric may be called so: `cpu_percent`, `fs_used_bytes[/data]`. */
export function isMetricName(metric: string): boolean {
  return metric.length <= MAX_METRIC && METRIC.test(metric);
}

/** One text for a series within its server. Names of services hold no NUL. */
export function seriesText({ service, index, metric }: SeriesName): string {
  return service === null ? metric : `${metric}\0${service}\0${index ?? ""}`;
}

/** The inverse of `seriesText`. */
export function seriesOfText(text: string): SeriesName {
  const [metric = "", service, index = ""] = text.split("\0");
  if (service === undefined) return { service: null, index: null, metric };
  return { service, index: index === "" ? null : Number(index), metric };
}

/** Tells which series a query means; see `MetricsQuery` for what its names stand for. */
export function seriesMatcher(query: {
  services?: readonly string[];
  metrics: readonly string[];
}): (series: SeriesName) => boolean {
  const all = query.services?.includes("*") === true;
  const services = new Set<string | null>(query.services ?? [null]);
  const exact = new Set(query.metrics.filter((metric) => !metric.endsWith("[*]")));
  const labelled = query.metrics.filter((metric) => metric.endsWith("[*]")).map((metric) => metric.slice(0, -2));
  return ({ service, metric }) => {
    if (!(all ? service !== null : services.has(service))) return false;
    return exact.has(metric) || labelled.some((start) => metric.startsWith(start));
  };
}
