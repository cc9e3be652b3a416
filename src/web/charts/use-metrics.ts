// Values that the hub keeps of servers and services, over a range.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { MetricsAnswer } from "../../contract/metrics-query.ts";
import type { RouteQueryInput } from "../../contract/routes.ts";
import { call } from "../api/client.ts";
import { useApp } from "../app-context.ts";
import { boundsOf, refreshOf, type Range } from "./range.ts";

type Query = RouteQueryInput<"GET /api/metrics/query">;
/** How several servers become one line. */
export type Aggregate = NonNullable<Query["aggregate"]>;
export type MetricSeries = MetricsAnswer["series"][number];

/** What is wanted, but for the times. Equal ones share an answer. */
export interface Wanted extends Pick<Query, "server" | "tag" | "service" | "aggregate"> {
  metric: readonly string[];
  range: Range;
  /** Nothing is asked while false. */
  enabled?: boolean;
}

export interface Metrics extends MetricsAnswer {
  from: number;
  to: number;
}

export interface MetricsView {
  data: Metrics | undefined;
  isPending: boolean;
  error: Error | null;
  /** Somebody reads: what moves holds still. */
  onHover: (inside: boolean) => void;
}

export function useMetrics({ metric, range, enabled = true, ...wanted }: Wanted): MetricsView {
  const { store } = useApp();
  const [held, setHeld] = useState(false);
  const query = useQuery({
    queryKey: ["metrics", metric, range, wanted],
    queryFn: async ({ signal }): Promise<Metrics> => {
      const { from, to } = boundsOf(range, Date.now() + store.clockSkew);
      const times = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const answer = await call("GET /api/metrics/query", {
        query: { ...wanted, metric: [...metric], ...times },
        signal,
      });
      return { ...answer, from, to };
    },
    enabled: enabled && metric.length > 0,
    refetchInterval: held ? false : refreshOf(range),
    placeholderData: (before) => before,
  });
  return { data: query.data, isPending: query.isPending, error: query.error, onHover: setHeld };
}
