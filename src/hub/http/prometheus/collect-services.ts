// What Prometheus is told of services: of each on each server that it belongs on, or still runs on.
import type { InstanceState, ServiceStatus } from "../../../contract/status.ts";
import { desiredOn } from "../../store/wish.ts";
import type { HubParts } from "../hub-parts.ts";
import type { Exposition, Family, Labels } from "./exposition.ts";

/** In these a program of the service lives. */
const ALIVE = new Set<InstanceState>(["running", "unhealthy", "stopping", "external"]);
/** Services between two turns of the event loop. */
const AT_ONCE = 100;

type Parts = Pick<HubParts, "board" | "book" | "catalog" | "deployment">;
type Instance = ServiceStatus["instances"][number];

/** A service on one server. */
interface Place {
  labels: { server: string; service: string };
  instances: Instance[];
  /** Those that run; none while the server is away, since nobody knows. */
  alive: Instance[];
  desired: boolean;
}

const FAMILIES: (Family & { read: (place: Place) => number | null })[] = [
  {
    name: "tailherd_service_up",
    type: "gauge",
    help: "1 while a program of the service runs on the server, and the server is online.",
    read: ({ alive }) => (alive.length > 0 ? 1 : 0),
  },
  {
    name: "tailherd_service_desired",
    type: "gauge",
    help: "1 while the service should run on the server.",
    read: ({ desired }) => (desired ? 1 : 0),
  },
  {
    name: "tailherd_service_instances",
    type: "gauge",
    help: "Instances of the service that the server tells of.",
    read: ({ instances }) => instances.length,
  },
  {
    name: "tailherd_service_instances_up",
    type: "gauge",
    help: "Instances whose program runs.",
    read: ({ alive }) => alive.length,
  },
  {
    name: "tailherd_service_instances_ready",
    type: "gauge",
    help: "Instances that others may rely on: they run, and no readiness check fails.",
    read: ({ alive }) => alive.filter(({ ready }) => ready === true).length,
  },
  {
    name: "tailherd_service_cpu_cores",
    type: "gauge",
    help: "CPU that the service uses, in cores, over the last interval between samples.",
    read: ({ alive }) => sum(alive, ({ cpu }) => (cpu === null ? null : cpu / 100)),
  },
  {
    name: "tailherd_service_memory_bytes",
    type: "gauge",
    help: "Memory of all processes of the service.",
    read: ({ alive }) => sum(alive, ({ memory }) => memory),
  },
];

/** Writes all services; each `yield` is a good moment for others. */
export function* collectServices(parts: Parts, exposition: Exposition): Generator<undefined, void> {
  const records = parts.catalog.all();
  exposition.begin({ name: "tailherd_service_info", type: "info", help: "What a service is." });
  for (const { name, kind, owner } of records) exposition.add({ service: name, kind, owner: owner ?? "" }, 1);
  const places: Place[] = [];
  for (const [at, { name }] of records.entries()) {
    if (at % AT_ONCE === AT_ONCE - 1) yield;
    places.push(...placesOf(name, parts));
  }
  for (const { read, ...family } of FAMILIES) {
    exposition.begin(family);
    for (const place of places) exposition.add(place.labels, read(place));
    yield;
  }
  exposition.begin({
    name: "tailherd_check_passing",
    type: "gauge",
    help: "1 while a health check of the instance passes, 0 while it fails; absent before it was looked at often enough.",
  });
  for (const { labels, instances } of places) {
    for (const { index, checks } of instances.filter(({ stale }) => !stale)) {
      for (const { name, role, state } of checks) {
        const value = state === "waiting" ? null : state === "passing" ? 1 : 0;
        exposition.add({ ...labels, index: String(index), check: name, role } satisfies Labels, value);
      }
    }
  }
  yield;
  // Of each instance: a sum over several would fall when one of them is started anew, and count as more restarts.
  exposition.begin({
    name: "tailherd_service_restarts_total",
    type: "counter",
    help: "Restarts of the instance, by policy or by hand, since it was last started from stopped.",
  });
  for (const { labels, instances } of places) {
    for (const { index, restart_count } of instances) {
      exposition.add({ ...labels, index: String(index) } satisfies Labels, restart_count);
    }
  }
}

function placesOf(service: string, { board, book, catalog, deployment }: Parts): Place[] {
  const status = board.get(service);
  const record = catalog.get(service);
  if (status === undefined || record === undefined) return [];
  const ids = new Set([...status.placed_on, ...status.instances.map(({ server_id }) => server_id)]);
  return [...ids].map((id) => {
    const instances = status.instances.filter(({ server_id }) => server_id === id);
    return {
      labels: { server: book.nameOf(id) ?? instances[0]?.server ?? id, service },
      instances,
      alive: instances.filter(({ stale, state }) => !stale && ALIVE.has(state)),
      desired: deployment.isOn(service, id) && desiredOn(record, id) === "running",
    };
  });
}

/** Null when there is none that is known. */
function sum(instances: readonly Instance[], read: (instance: Instance) => number | null): number | null {
  const values = instances.map((each) => read(each)).filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}
