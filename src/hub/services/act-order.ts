// In which order acts on many services happen: what others depend on is started first and stopped last. Pure functions.
import { dependenciesOf, dependentsOf, layersOf } from "../../base/dependency-graph.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import { graphOf, type Depending } from "./graph.ts";

/** One service of an order, and those before it whose acts have to be over first. */
export interface OrderedAct {
  service: string;
  after: readonly string[];
}

/** An order for acts on these names, each once; `after` names only what stands before. */
export function orderActs(
  action: ServiceAction,
  names: readonly string[],
  services: readonly Depending[],
): OrderedAct[] {
  const meant = new Set(names);
  if (!services.some(({ depends_on }) => Object.keys(depends_on).length > 0)) {
    return [...meant].map((service) => ({ service, after: [] }));
  }
  const graph = graphOf(services);
  const stops = action === "stop" || action === "kill";
  const layers = stops ? layersOf(graph).toReversed() : layersOf(graph);
  const layerOf = new Map(layers.flatMap((layer, at) => layer.map((name) => [name, at] as const)));
  const place = (name: string): number => layerOf.get(name) ?? 0;
  const firstOnes = (name: string): Set<string> => (stops ? dependentsOf : dependenciesOf)(graph, [name]);
  return [...meant]
    .toSorted((a, b) => place(a) - place(b))
    .map((service) => {
      // Of a circle, which cannot be saved but may have been, nothing waits for anything.
      const after = [...firstOnes(service)].filter((name) => meant.has(name) && place(name) < place(service));
      return { service, after };
    });
}
