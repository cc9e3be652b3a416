// How services depend on one another and how that stands, as the graph page and `tailherd graph` are told. Pure functions.
import { layersOf, type DependencyGraph } from "../../base/dependency-graph.ts";
import type { Graph } from "../../contract/graph.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import { meets, type Standing } from "../../contract/standing.ts";
import type { ServiceStatus } from "../../contract/status.ts";

/** What of definitions says what depends on what. */
export type Depending = Pick<ServiceSpec, "name" | "depends_on">;

/** By name, what it depends on. */
export function graphOf(services: readonly Depending[]): DependencyGraph {
  return new Map(services.map(({ name, depends_on }) => [name, Object.keys(depends_on)]));
}

/** `standing` answers how a service stands for one that depends on it. */
export function describeGraph(
  services: readonly Depending[],
  status: (name: string) => Pick<ServiceStatus, "state" | "reason"> | undefined,
  standing: (name: string, dependent: string) => Standing,
): Graph {
  const order = layersOf(graphOf(services));
  const layers = new Map(order.flatMap((names, layer) => names.map((name) => [name, layer] as const)));
  return {
    nodes: services.map(({ name }) => {
      const { state = "stopped", reason = null } = status(name) ?? {};
      return { name, state, reason, layer: layers.get(name) ?? 0 };
    }),
    edges: services.flatMap(({ name, depends_on }) =>
      Object.entries(depends_on).map(([to, { condition, restart }]) => {
        return { from: name, to, condition, restart, met: meets(standing(to, name), condition) };
      }),
    ),
    start_order: order,
  };
}
