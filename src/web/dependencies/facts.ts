// What follows from how services depend on one another: what one needs, what needs it, and in which order some start and stop. Pure.
import { dependenciesOf, dependentsOf, layersOf, type DependencyGraph } from "../../base/dependency-graph.ts";
import type { Graph } from "../../contract/graph.ts";

/** A line of the graph. */
export type Edge = Graph["edges"][number];

/** By name, what it depends on. */
export function needsByName({ nodes, edges }: Pick<Graph, "nodes" | "edges">): DependencyGraph {
  const needs = new Map<string, string[]>(nodes.map(({ name }) => [name, []]));
  for (const { from, to } of edges) needs.get(from)?.push(to);
  return needs;
}

/** All that one reaches, both ways, without itself. */
export interface Reach {
  needs: ReadonlySet<string>;
  neededBy: ReadonlySet<string>;
}

export function reachOf(graph: DependencyGraph, name: string): Reach {
  return { needs: dependenciesOf(graph, [name]), neededBy: dependentsOf(graph, [name]) };
}

/** Names of all that have no line, sorted apart from those that have one, as layers. */
export function connected({ nodes, edges, start_order: order }: Graph): { layers: string[][]; alone: string[] } {
  const drawn = new Set(edges.flatMap(({ from, to }) => [from, to]));
  return {
    layers: order.map((names) => names.filter((name) => drawn.has(name))).filter((names) => names.length > 0),
    alone: nodes.flatMap(({ name }) => (drawn.has(name) ? [] : [name])),
  };
}

export interface Plan {
  /** Names that start together, one step after the other; to stop, backwards. */
  steps: string[][];
  /** Not picked, but needed by what is: must run already. */
  needed: string[];
  /** Not picked, but needs something that is: goes on without it when that stops. */
  dependents: string[];
}

/** In which order these start: each after all that it needs of them, directly or through others. */
export function planOf(graph: DependencyGraph, picked: readonly string[]): Plan {
  const among = new Set(picked);
  const narrowed = new Map(
    picked.map((name) => [name, [...dependenciesOf(graph, [name])].filter((need) => among.has(need) && need !== name)]),
  );
  const others = (names: ReadonlySet<string>): string[] => [...names].filter((name) => !among.has(name)).toSorted();
  return {
    steps: layersOf(narrowed),
    needed: others(dependenciesOf(graph, picked)),
    dependents: others(dependentsOf(graph, picked)),
  };
}

/** "to run", "to be healthy", "to complete": what is waited for. */
export const GOAL: Record<Edge["condition"], string> = {
  started: "to run",
  healthy: "to be healthy",
  completed: "to complete",
};
