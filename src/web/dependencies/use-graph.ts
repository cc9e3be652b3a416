// How services depend on one another, as the hub tells it: asked for once, and again when a definition or what meets a condition changes.
import { useQuery, type QueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Graph } from "../../contract/graph.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import type { LiveSocket } from "../api/live.ts";
import type { LiveStore } from "../api/live-store.ts";
import { useApp } from "../app-context.ts";
import { GRAPH_QUERY } from "./graph-query.ts";

/** Changes within this are asked about together, in milliseconds. */
const GATHER = 200;

/** The graph; asks nothing while not wanted. */
export function useGraph(wanted = true): UseQueryResult<Graph> {
  const { socket, store, queries } = useApp();
  useEffect(() => (wanted ? hear(socket, store, queries) : undefined), [wanted, socket, store, queries]);
  // Nobody heard what changed while no page showed it.
  return useQuery({ ...GRAPH_QUERY, staleTime: 0, enabled: wanted });
}

function hear(socket: LiveSocket, store: LiveStore, queries: QueryClient): () => void {
  const known = new Map(store.all().map((status) => [status.name, signatureOf(status)]));
  let timer: ReturnType<typeof setTimeout> | null = null;
  const ask = (): void => {
    timer ??= setTimeout(() => {
      timer = null;
      void queries.invalidateQueries({ queryKey: GRAPH_QUERY.queryKey });
    }, GATHER);
  };
  const stops = [
    socket.on("status_changed", ({ data }) => {
      for (const status of data) {
        const signature = signatureOf(status);
        if (known.get(status.name) === signature) continue;
        known.set(status.name, signature);
        ask();
      }
    }),
    socket.on("service_changed", ask),
    socket.on("service_added", ask),
    socket.on("service_deleted", ask),
    // The first message after each connection: what was told meanwhile is lost.
    socket.on("snapshot", ask),
    () => timer !== null && clearTimeout(timer),
  ];
  return () => stops.forEach((stop) => stop());
}

/** What of a row decides which conditions it meets, and what depends on what. */
function signatureOf({ revision, instances }: ServiceStatus): string {
  return [revision, ...instances.map(({ state, ready, last_exit }) => `${state} ${ready} ${last_exit?.code}`)].join();
}
