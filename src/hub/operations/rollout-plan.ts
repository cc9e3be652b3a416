// Whom a rolling restart is about: services in the order of their dependencies, and of each the instances that should run.
import { layersOf } from "../../base/dependency-graph.ts";
import { restartedWith } from "../../contract/dependencies.ts";
import type { OperationTarget } from "../../contract/operations.ts";
import type { Amount, RollingOptions, RollingRequest } from "../../contract/rollout.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { InstanceState } from "../../contract/status.ts";
import { graphOf } from "../services/graph.ts";
import type { RollingService } from "../store/store.ts";

/** An instance that a service has by its definition, with what is told of it. */
export interface PlannedInstance {
  server_id: string;
  server: string;
  index: number;
  /** It should run. */
  wanted: boolean;
  /** Null where nothing is told of it. */
  state: InstanceState | null;
  /** Saved revision that it runs. */
  revision: number | null;
}

/** A service that was chosen, as far as it is meant. */
export interface ChosenService {
  name: string;
  /** Null: all of it. */
  fits: ((instance: Pick<PlannedInstance, "server_id" | "index">) => boolean) | null;
}

/** The services that fit all of a selection, as the CLI's own do: a tag is a label where a service has it, else a tag of servers. */
export function chooseServices(
  { services: names, kind, tag }: Pick<RollingRequest, "services" | "kind" | "tag">,
  records: readonly Pick<ServiceRecord, "name" | "kind" | "labels">[],
  servers: readonly { id: string; tags: readonly string[] }[],
): ChosenService[] {
  const chosen = records.filter(
    (record) => (names.length === 0 || names.includes(record.name)) && (kind === null || record.kind === kind),
  );
  if (tag === null) return chosen.map(({ name }) => ({ name, fits: null }));
  if (tag.includes("=") || records.some((record) => hasLabel(record, tag))) {
    return chosen.filter((record) => hasLabel(record, tag)).map(({ name }) => ({ name, fits: null }));
  }
  const ids = new Set(servers.filter(({ tags }) => tags.includes(tag)).map(({ id }) => id));
  return chosen.map(({ name }) => ({ name, fits: ({ server_id }) => ids.has(server_id) }));
}

function hasLabel({ labels }: Pick<ServiceRecord, "labels">, wanted: string): boolean {
  const equals = wanted.indexOf("=");
  if (equals < 0) return Object.hasOwn(labels, wanted);
  return labels[wanted.slice(0, equals)] === wanted.slice(equals + 1);
}

type Dependent = Pick<ServiceRecord, "name" | "depends_on">;

/** Those chosen, and all that ask to be restarted with one of them, dependencies first. */
export function inOrder(chosen: readonly ChosenService[], records: readonly Dependent[]): ChosenService[] {
  const names = chosen.map(({ name }) => name);
  const following = restartedWith(records, names).map((name): ChosenService => ({ name, fits: null }));
  const all = new Map([...chosen, ...following].map((service) => [service.name, service]));
  return layersOf(graphOf(records)).flatMap((layer) => layer.flatMap((name) => all.get(name) ?? []));
}

/** So many of `total`: a share is rounded down, and is at least one. */
export function countOf(amount: Amount, total: number): number {
  if (typeof amount === "number") return amount;
  return Math.max(1, Math.floor((total * Number.parseInt(amount, 10)) / 100));
}

/** What is done, and to whom. Services of which nothing is to be restarted are left out. */
export function planRollout(
  chosen: readonly ChosenService[],
  options: RollingOptions,
  look: (service: string) => { revision: number; instances: readonly PlannedInstance[] },
): { services: RollingService[]; targets: Pick<OperationTarget, "service" | "server_id" | "server" | "index">[] } {
  const services: RollingService[] = [];
  const targets: Pick<OperationTarget, "service" | "server_id" | "server" | "index">[] = [];
  for (const { name, fits } of chosen) {
    const { revision, instances } = look(name);
    // What ended by itself and is left so has done its work: nothing of it runs that could be restarted.
    const running = instances.filter(({ wanted, state }) => wanted && state !== "exited");
    const own = running.filter((instance) => fits?.(instance) ?? true);
    if (own.length === 0) continue;
    const batch = countOf(options.batch, running.length);
    services.push({
      name,
      batch,
      max_unavailable: options.max_unavailable === null ? batch : countOf(options.max_unavailable, running.length),
      revision,
      before: mostCommon(own.flatMap((instance) => instance.revision ?? [])),
    });
    targets.push(...own.map(({ server_id, server, index }) => ({ service: name, server_id, server, index })));
  }
  return { services, targets };
}

/** The newest of those that are there most often. */
function mostCommon(revisions: readonly number[]): number | null {
  const counts = new Map<number, number>();
  for (const revision of revisions) counts.set(revision, (counts.get(revision) ?? 0) + 1);
  const [first] = [...counts].toSorted(([a, countOfA], [b, countOfB]) => countOfB - countOfA || b - a);
  return first === undefined ? null : first[0];
}
