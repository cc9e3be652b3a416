// What a service reaches, in words. Pure.
import type { DependencyGraph } from "../../base/dependency-graph.ts";
import { reachOf } from "./facts.ts";

/** Names that are told; the rest is counted. */
const MOST = 4;

/** "needs db; api and web depend on it.": all that one reaches, also through others. */
export function reachWords(graph: DependencyGraph, name: string): string {
  const { needs, neededBy } = reachOf(graph, name);
  return sentence([...needs], [...neededBy]);
}

/** The same of each, but only of what it needs and is needed by directly: cheap for all of a large graph. */
export function neighbourWords(graph: DependencyGraph): Map<string, string> {
  const neededBy = new Map<string, string[]>();
  for (const [name, needs] of graph) {
    for (const need of needs) {
      const known = neededBy.get(need);
      if (known === undefined) neededBy.set(need, [name]);
      else known.push(name);
    }
  }
  return new Map([...graph].map(([name, needs]) => [name, sentence(needs, neededBy.get(name) ?? [])]));
}

function sentence(needs: readonly string[], neededBy: readonly string[]): string {
  const needed =
    neededBy.length === 0
      ? "nothing depends on it"
      : `${listed(neededBy.toSorted())} ${neededBy.length === 1 ? "depends" : "depend"} on it`;
  return `${needs.length === 0 ? "needs nothing" : `needs ${listed(needs.toSorted())}`}; ${needed}.`;
}

/** "a, b and c"; of many the first ones, and how many more. */
export function listed(names: readonly string[], most = MOST): string {
  const shown = names.length > most + 1 ? names.slice(0, most) : names;
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
