// Asks before an act on something that others depend on; where nothing depends on it, there is nothing to ask.
import type { QueryClient } from "@tanstack/react-query";
import type { LiveStore } from "../api/live-store.ts";
import type { Asking } from "./asking.ts";
import { consequencesOf, type Taking } from "./consequences.ts";
import { GRAPH_QUERY } from "./graph-query.ts";

/** May it be done? Never rejects: a hub that cannot tell refuses the act itself. */
export async function consentTo(
  name: string,
  action: Taking,
  { queries, store, asking }: { queries: QueryClient; store: LiveStore; asking: Asking },
): Promise<boolean> {
  const graph = await queries.fetchQuery({ ...GRAPH_QUERY, staleTime: 0, retry: false }).catch(() => undefined);
  if (graph === undefined) return true;
  const consequences = consequencesOf(graph, [name], action, (each) => store.row(each)?.state);
  return consequences.told.length === 0 || asking.ask({ name, action, consequences });
}
