// How the graph is asked for. Apart from the hook, so that what only asks brings no part of React along.
import { call } from "../api/client.ts";

export const GRAPH_QUERY = {
  queryKey: ["graph"],
  queryFn: ({ signal }: { signal?: AbortSignal }) => call("GET /api/graph", { signal }),
};
