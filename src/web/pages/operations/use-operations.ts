// Operations as the hub tells them: asked for once, then kept true by its messages.
import { useQuery, type QueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Operation } from "../../../contract/operations.ts";
import { call } from "../../api/client.ts";
import { useApp } from "../../app-context.ts";
import { isGoing, withChange } from "./progress.ts";

/** A message lost with the socket is made good this often. */
const ASK_EVERY_MS = 5000;

export function useOperations(): UseQueryResult<Operation[]> {
  const { socket, queries } = useApp();
  useEffect(() => {
    const stops = [
      socket.on("operation", ({ data }) =>
        changeList(queries, (before) =>
          before.some(({ id }) => id === data.id)
            ? before.map((each) => (each.id === data.id ? data : each))
            : [data, ...before],
        ),
      ),
      socket.on("operation_changed", ({ data }) =>
        changeList(queries, (before) => before.map((each) => (each.id === data.id ? withChange(each, data) : each))),
      ),
    ];
    return () => stops.forEach((stop) => stop());
  }, [socket, queries]);
  return useQuery({ queryKey: ["operations"], queryFn: ({ signal }) => call("GET /api/operations", { signal }) });
}

function changeList(queries: QueryClient, change: (before: Operation[]) => Operation[]): void {
  queries.setQueryData<Operation[]>(["operations"], (before) => before && change(before));
}

export function useOperation(id: string): UseQueryResult<Operation> {
  const { socket, queries } = useApp();
  useEffect(() => {
    const stops = [
      socket.on("operation", ({ data }) => {
        if (data.id === id) queries.setQueryData<Operation>(["operation", id], data);
      }),
      socket.on("operation_changed", ({ data }) => {
        if (data.id !== id) return;
        queries.setQueryData<Operation>(["operation", id], (before) => before && withChange(before, data));
      }),
    ];
    return () => stops.forEach((stop) => stop());
  }, [socket, queries, id]);
  return useQuery({
    queryKey: ["operation", id],
    queryFn: ({ signal }) => call("GET /api/operations/{id}", { params: { id }, signal }),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isGoing(data) ? ASK_EVERY_MS : false),
  });
}
