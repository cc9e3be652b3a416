// What depends on what, by name: the order to start and to stop in, and the cycles that have none. Pure; used by hub, agent and dashboard.

/** By name, what it depends on. Names that are no keys depend on nothing. */
export type DependencyGraph = ReadonlyMap<string, readonly string[]>;

/**
 * Layers to start in, one after the other: everything stands in a later layer than what it depends on, and as early as that
 * allows; names within a layer sorted. Only keys of the graph. What cannot be ordered, because it is in a cycle or depends on one,
 * comes last, in one layer. To stop, take them backwards.
 */
export function layersOf(graph: DependencyGraph): string[][] {
  const missing = new Map<string, number>();
  for (const [name, needs] of graph) missing.set(name, new Set(needs.filter((need) => graph.has(need))).size);
  const dependents = turned(graph);
  const layers: string[][] = [];
  let layer = [...missing].filter(([, count]) => count === 0).map(([name]) => name);
  while (layer.length > 0) {
    layers.push(layer.toSorted());
    for (const name of layer) missing.delete(name);
    const next = new Set<string>();
    for (const dependent of layer.flatMap((name) => dependents.get(name) ?? [])) {
      const left = (missing.get(dependent) ?? 0) - 1;
      missing.set(dependent, left);
      if (left === 0) next.add(dependent);
    }
    layer = [...next];
  }
  if (missing.size > 0) layers.push([...missing.keys()].toSorted());
  return layers;
}

/** A cycle, as the way round it: ["a", "b", "a"]; undefined when there is none. With `through`, only one that this name is part of. */
export function cycleIn(graph: DependencyGraph, through?: string): string[] | undefined {
  const starts = through === undefined ? [...graph.keys()].toSorted() : [through];
  const harmless = new Set<string>();
  for (const start of starts) {
    const way = wayBack(graph, start, through === undefined ? harmless : new Set());
    if (way !== undefined) return way;
    harmless.add(start);
  }
  return undefined;
}

/** All that depends on these, directly or not, without themselves unless a cycle leads back. */
export function dependentsOf(graph: DependencyGraph, names: readonly string[]): Set<string> {
  return reached(turned(graph), names);
}

/** All that these depend on, directly or not. */
export function dependenciesOf(graph: DependencyGraph, names: readonly string[]): Set<string> {
  return reached(graph, names);
}

function reached(graph: DependencyGraph, names: readonly string[]): Set<string> {
  const found = new Set<string>();
  const open = [...names];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const next of graph.get(name) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(next);
    }
  }
  return found;
}

/** By name, what depends on it directly. */
function turned(graph: DependencyGraph): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [name, needs] of graph) {
    for (const need of new Set(needs)) {
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [name]);
      else known.push(name);
    }
  }
  return dependents;
}

/** The shortest way from a name back to itself. Nothing that is `harmless` is part of any cycle. */
function wayBack(graph: DependencyGraph, start: string, harmless: ReadonlySet<string>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const next of (graph.get(name) ?? []).toSorted()) {
      if (next === start) return [...wayTo(name, start, cameFrom), start];
      if (cameFrom.has(next) || harmless.has(next)) continue;
      cameFrom.set(next, name);
      queue.push(next);
    }
  }
  return undefined;
}

function wayTo(name: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [name];
  for (let at = name; at !== start;) {
    at = cameFrom.get(at) ?? start;
    way.unshift(at);
  }
  return way;
}
