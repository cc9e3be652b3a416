// What the hub says of a schedule: in words, when it is due next, what to know of it.
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { RouteResult } from "../../../../contract/routes.ts";
import { MINUTE } from "../../../../base/units.ts";
import { call } from "../../../api/client.ts";

/** Next times that are shown. */
const SHOWN = 5;

export type Preview = RouteResult<"GET /api/cron/preview">;

/** `zone`: empty for the hub's own. */
export function usePreview(expression: string, zone: string): UseQueryResult<Preview> {
  return useQuery({
    queryKey: ["cron-preview", expression, zone],
    queryFn: ({ signal }) =>
      call("GET /api/cron/preview", {
        query: { expression, count: SHOWN, ...(zone !== "" && { timezone: zone }) },
        signal,
      }),
    enabled: expression !== "",
    placeholderData: keepPreviousData,
    retry: false,
    // What was next has passed by then.
    refetchInterval: MINUTE,
  });
}
