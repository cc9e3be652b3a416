// What `top` shows, from what is known: which servers and services, in which order, and the lines above the table.
import type { ServerNode } from "../../contract/server.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import { STATES_BY_URGENCY } from "../../contract/urgency.ts";
import type { Context } from "../context.ts";
import { selectFrom, type Selection } from "../target.ts";
import { metricOf, serverTable } from "./servers.ts";

/** What is sorted by. */
export type Order = "cpu" | "memory" | "name" | "state";

/** What is known. */
export interface Look {
  statuses: ServiceStatus[];
  /** Null before the machine was measured. */
  stats: SystemStats | null;
  servers: ServerNode[];
}

/** What of it was asked for, in order. */
export interface Shown extends Look {
  /** There are several servers, whether they were asked for or not. */
  fleet: boolean;
}

/** Throws exit 4 for a server that was asked for and is not there. */
export function shownOf({ statuses: all, servers, stats }: Look, selection: Selection, order: Order): Shown {
  const { statuses, places } = selectFrom(all, servers, selection);
  const meant = servers.filter(({ id }) => places === null || places.some((place) => place.id === id));
  const cpu = (server: ServerNode): number => metricOf(server, "cpu_percent") ?? -1;
  const inOrder = meant.toSorted((a, b) => (order === "name" ? a.name.localeCompare(b.name) : cpu(b) - cpu(a)));
  return { statuses: ordered(statuses, order), servers: inOrder, stats, fleet: servers.length > 1 };
}

/** At most so many servers stand above the services; `tailherd servers` has all. */
const SERVERS_SHOWN = 8;

/** One machine is a line; several are a table, the busiest first. */
export function headLines(context: Context, { stats, statuses, servers, fleet }: Shown): string[] {
  if (!fleet) return [summary(stats, statuses), ""];
  const online = servers.filter((server) => server.online).length;
  const shown = serverTable(context, servers.slice(0, SERVERS_SHOWN)).trimEnd().split("\n");
  const more = servers.length > SERVERS_SHOWN ? [`… and ${servers.length - SERVERS_SHOWN} more servers`] : [];
  return [`${online} of ${servers.length} servers online | ${counts(statuses)}`, "", ...shown, ...more, ""];
}

function counts(statuses: ServiceStatus[]): string {
  const running = statuses.filter((status) => status.running).length;
  const bad = statuses.filter(
    (status) => status.state === "fatal" || status.state === "unhealthy" || status.state === "backoff",
  ).length;
  return `${running} of ${statuses.length} running${bad === 0 ? "" : `, ${bad} in trouble`}`;
}

function summary(stats: SystemStats | null, statuses: ServiceStatus[]): string {
  const services = counts(statuses);
  if (stats === null) return services;
  return [
    services,
    `cpu ${stats.cpu_percent.toFixed(0)}% of ${stats.cores} cores`,
    `memory ${stats.memory_percent.toFixed(0)}% of ${stats.memory_total_gb.toFixed(1)}G`,
    `disk ${stats.disk_percent.toFixed(0)}%`,
    `load ${stats.load_1.toFixed(2)} ${stats.load_5.toFixed(2)} ${stats.load_15.toFixed(2)}`,
  ].join(" | ");
}

function ordered(all: ServiceStatus[], order: Order): ServiceStatus[] {
  const sum = (status: ServiceStatus, key: "cpu" | "memory"): number =>
    status.instances.reduce((total, instance) => total + (instance[key] ?? 0), 0);
  return all.toSorted((a, b) => {
    if (order === "name") return a.name.localeCompare(b.name);
    if (order === "state") return STATES_BY_URGENCY.indexOf(a.state) - STATES_BY_URGENCY.indexOf(b.state);
    return sum(b, order) - sum(a, order);
  });
}
