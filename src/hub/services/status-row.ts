// One row of `GET /api/status`, made from a definition, what its instances are, and what ended badly lately. A pure function.
import { programOf } from "../auth/hidden-commands.ts";
import { formatUptime } from "../../base/units.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import { STATES_BY_URGENCY } from "../../contract/urgency.ts";
import { allReady, healthOf, isReady } from "./health-of.ts";
import type { ExitRecord, InstanceState, InstanceStatus, ServiceStatus } from "../../contract/status.ts";
import { portsOf } from "../../contract/sockets.ts";

/** In these a program of the service lives. */
const ALIVE = new Set<InstanceState>(["running", "unhealthy", "stopping", "external"]);

/** The last ends that nobody asked for, newest first. */
export type RecentErrors = readonly { timestamp: string; message: string }[];

/** Is this end one that people want to hear of? */
export function isFailure(exit: ExitRecord): boolean {
  if (exit.cause === "stopped" || exit.cause === "killed") return false;
  return exit.cause !== "exited" || exit.code !== 0;
}

/** What the fleet knows of a service's servers. */
export interface Places {
  /** Ids of the servers it belongs on. */
  placedOn: readonly string[];
  /** Are this server's values old? */
  isStale: (serverId: string) => boolean;
  /** What a server is called now; its agent may not know yet. */
  nameOf: (serverId: string) => string | undefined;
}

/** Everything of a row but when it was told, which `observed_at` says. */
export function statusRow(
  record: ServiceRecord,
  told: readonly InstanceStatus[],
  errors: RecentErrors,
  { now, placedOn, isStale, nameOf }: Places & { now: number },
): Omit<ServiceStatus, "observed_at"> {
  const instances = told.map((row) => ({
    ...row,
    server: nameOf(row.server_id) ?? row.server,
    stale: isStale(row.server_id),
    ready: isReady(row),
    // An older agent does not tell of any.
    checks: (row as Partial<InstanceStatus>).checks ?? [],
  }));
  const fresh = instances.filter(({ stale }) => !stale);
  const worst = worstOf(instances);
  const processes = instances.flatMap((instance) => instance.processes);
  return {
    name: record.name,
    kind: record.kind,
    running: fresh.some(({ state }) => ALIVE.has(state)),
    processes,
    pid_count: processes.length,
    ports: portsOf(record),
    port_status: mergePorts(instances),
    detected_ports: [...new Set(instances.flatMap(({ detected_ports }) => detected_ports))].sort((a, b) => a - b),
    api_url: record.api_url,
    tailscale_url: record.tailscale_url,
    description: record.description,
    runtime: runtimeOf(instances, errors, now),
    state: worst?.state ?? "stopped",
    reason: worst?.reason ?? (placedOn.length === 0 ? "no server fits its placement" : null),
    health: healthOf(instances),
    ready: allReady(instances, record.stopped_instances),
    instances: instances.map((instance) => ({ ...instance, port_status: instance.port_status.map(withoutArguments) })),
    placed_on: [...placedOn],
    desired: record.desired,
    stopped_instances: record.stopped_instances,
    stopped_servers: record.stopped_servers,
    revision: record.revision,
    owner: record.owner,
    labels: record.labels,
  };
}

function worstOf(instances: readonly InstanceStatus[]): InstanceStatus | undefined {
  const urgency = ({ state, ready }: InstanceStatus): number =>
    // Of several that run, one that is not ready has more to say.
    STATES_BY_URGENCY.indexOf(state) + (ready === true ? 0.5 : 0);
  return instances.toSorted((a, b) => urgency(a) - urgency(b))[0];
}

/**
 * One entry a port; an own listener of any instance beats what another one sees as a stranger. Of a stranger's command line only the
 * program is told: rows are for everybody who may look.
 */
function mergePorts(instances: readonly InstanceStatus[]): ServiceStatus["port_status"] {
  const byPort = new Map<number, ServiceStatus["port_status"][number]>();
  for (const status of instances.flatMap(({ port_status }) => port_status)) {
    const known = byPort.get(status.port);
    if (known === undefined || (status.own && !known.own)) byPort.set(status.port, withoutArguments(status));
  }
  return [...byPort.values()];
}

function withoutArguments(status: ServiceStatus["port_status"][number]): ServiceStatus["port_status"][number] {
  return status.own ? status : { ...status, command: programOf(status.command) };
}

function runtimeOf(instances: readonly InstanceStatus[], errors: RecentErrors, now: number): ServiceStatus["runtime"] {
  const starts = instances.flatMap(({ state, started_at }) =>
    ALIVE.has(state) && started_at !== null ? [Date.parse(started_at)] : [],
  );
  const start = starts.length === 0 ? undefined : Math.min(...starts);
  return {
    uptime: start === undefined ? null : formatUptime(now - start),
    start_time: start === undefined ? null : new Date(start).toISOString(),
    errors: errors.slice(0, 3).toReversed(),
    restart_count: instances.reduce((sum, instance) => sum + instance.restart_count, 0),
    last_error: errors[0]?.message ?? null,
  };
}
