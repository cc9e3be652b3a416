// The problems of now: from the live rows and from the port conflicts, which are asked for.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { SECOND } from "../../../base/units.ts";
import { call } from "../../api/client.ts";
import { useLink, useServers, useServices } from "../../api/hooks.ts";
import { useApp } from "../../app-context.ts";
import { useTicking } from "../../ui/ticker.ts";
import { findProblems, type Problem } from "./problems.ts";

/** Some problems end by time alone; they are looked at again this often. */
const LOOK_AGAIN = 15 * SECOND;

export function useProblems(): Problem[] {
  const services = useServices();
  const servers = useServers();
  const { store } = useApp();
  const { phase } = useLink();
  const conflicts = useQuery({
    queryKey: ["port-conflicts"],
    queryFn: ({ signal }) => call("GET /api/port-conflicts", { signal }),
    refetchInterval: 30 * SECOND,
    enabled: phase === "live",
  });
  const step = useTicking((now) => Math.floor(now / LOOK_AGAIN));
  return useMemo(
    () => findProblems(services, servers ?? [], conflicts.data, step * LOOK_AGAIN + store.clockSkew),
    [services, servers, conflicts.data, step, store],
  );
}
