// What Prometheus is told of the hub itself.
import { readdirSync } from "node:fs";
import { VERSION } from "../../../runtime/version.ts";
import type { HubParts } from "../hub-parts.ts";
import type { MetricsStats } from "../../metrics/metrics-store.ts";
import type { Exposition, FamilyType } from "./exposition.ts";

const MICROSECONDS = 1e6;

type Parts = Pick<HubParts, "agents" | "catalog" | "clock" | "intake" | "lag" | "open" | "requests" | "store">;

/** Writes it. `stats` is of the metrics' store, undefined until it has told. */
export function collectHub(parts: Parts, stats: MetricsStats | undefined, exposition: Exposition): void {
  const put = (name: string, type: FamilyType, help: string, value: number | null | undefined): void => {
    exposition.begin({ name: `tailherd_hub_${name}`, type, help });
    exposition.add({}, value);
  };
  exposition.begin({ name: "tailherd_hub_info", type: "info", help: "The hub." });
  exposition.add({ version: VERSION, node_version: process.versions.node }, 1);
  putProcess(put);
  const lag = parts.lag.read();
  put(
    "event_loop_lag_median_seconds",
    "gauge",
    "How late the event loop was, since about the last scrape.",
    lag?.median,
  );
  put("event_loop_lag_p99_seconds", "gauge", "The same, of the latest in a hundred.", lag?.p99);
  put("event_loop_lag_longest_seconds", "gauge", "The same, the longest.", lag?.longest);

  const { agents, catalog, intake, open, requests, store } = parts;
  put("links", "gauge", "Links of agents that are open, its own machine's among them.", agents.links);
  put("streams", "gauge", "Sockets and event streams of browsers and programs that are open.", open.size);
  put(
    "heartbeats_total",
    "counter",
    "Heartbeats of agents and bare nodes that were taken in.",
    intake.counts.heartbeats,
  );
  put(
    "journal_entries_total",
    "counter",
    "Entries of agents' journals that were stored and confirmed.",
    intake.counts.entries,
  );
  put("services", "gauge", "Services that are defined.", catalog.size);
  put("store_healthy", "gauge", "1 while the hub's database takes changes.", store.health().ok ? 1 : 0);
  exposition.begin({
    name: "tailherd_hub_http_requests_total",
    type: "counter",
    help: "Requests that were answered, by the class of their status.",
  });
  for (const [status, count] of requests.byClass()) exposition.add({ status }, count);
  putMetricsStore(put, stats);
}

type Put = (name: string, type: FamilyType, help: string, value: number | null | undefined) => void;

function putProcess(put: Put): void {
  const { user, system } = process.cpuUsage();
  const started = Date.now() / 1000 - process.uptime();
  put("start_time_seconds", "gauge", "When the hub's process started, Unix time.", Math.round(started * 100) / 100);
  put("cpu_seconds_total", "counter", "CPU time of the hub's process.", (user + system) / MICROSECONDS);
  put("memory_bytes", "gauge", "Resident memory of the hub's process.", process.memoryUsage.rss());
  put("open_files", "gauge", "Descriptors that the hub's process has open.", openFiles());
}

function putMetricsStore(put: Put, stats: MetricsStats | undefined): void {
  put("metrics_store_bytes", "gauge", "What the history of metrics takes on the disk.", stats?.bytes);
  put("metrics_store_samples", "gauge", "Samples of metrics that are kept as they came.", stats?.samples);
  put("metrics_store_dropped_total", "counter", "Samples that were refused or lost since the start.", stats?.dropped);
  put(
    "metrics_store_healthy",
    "gauge",
    "1 while the history can be written.",
    stats && (stats.problem === null ? 1 : 0),
  );
}

function openFiles(): number | null {
  try {
    return readdirSync("/proc/self/fd").length;
  } catch {
    return null;
  }
}
