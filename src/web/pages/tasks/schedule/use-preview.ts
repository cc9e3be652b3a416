// What the hub says of a schedule: in words, when it is due next, what to know of it.
import { keepPreviousData, useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { RouteResult } from "../../../../contract/routes.ts";
import { MINUTE } from "../../../../base/units.ts";
import { call } from "../../../api/client.ts";

/** Next times that are shown. */
const SHOWN = 5;

export type Preview = RouteResult<"GET /api/cron/preview">;

/** `zone`: empty for the hub's own. Asked anew when `since` changes, as each time that has passed does. */
export function usePreview(expression: string, zone: string, since: string | null = null): UseQueryResult<Preview> {
  return useQuery({
    queryKey: ["cron-preview", expression, zone, since],
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
