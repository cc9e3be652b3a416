// What a service reaches, in words. Pure.
import type { DependencyGraph } from "../../base/dependency-graph.ts";
import { reachOf } from "./facts.ts";

/** Names that are told; the rest is counted. */
const MOST = 4;

/** "needs db; api and web depend on it". */
export function reachWords(graph: DependencyGraph, name: string): string {
  const { needs, neededBy } = reachOf(graph, name);
  const needed =
    neededBy.size === 0
      ? "nothing depends on it"
      : `${listed([...neededBy].toSorted())} ${neededBy.size === 1 ? "depends" : "depend"} on it`;
  return `${needs.size === 0 ? "needs nothing" : `needs ${listed([...needs].toSorted())}`}; ${needed}.`;
}

/** "a, b and c"; of many the first ones, and how many more. */
export function listed(names: readonly string[], most = MOST): string {
  const shown = names.length > most + 1 ? names.slice(0, most) : names;
  const rest = names.length - shown.length;
  const parts = rest > 0 ? [...shown, `${rest} more`] : shown;
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
