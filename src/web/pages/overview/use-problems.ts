// The problems of now: from the live rows, and from the port conflicts and the dependencies, which are asked for.
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
  const waiting = services.flatMap(({ name, instances }) =>
    instances.some(({ state }) => state === "waiting") ? name : [],
  );
  // Seldom needed: the rule comes with what it looks at. Which of them are at rest the rows say, at once.
  const waits = useQuery({
    queryKey: ["waits", waiting],
    queryFn: async ({ signal }) => {
      const [{ withWaits }, { edges }] = await Promise.all([import("./waits.ts"), call("GET /api/graph", { signal })]);
      return (problems: Problem[]) => withWaits(problems, store.all(), edges);
    },
    refetchInterval: 15 * SECOND,
    enabled: phase === "live" && waiting.length > 0,
    placeholderData: (before) => before,
  });
  const step = useTicking((now) => Math.floor(now / LOOK_AGAIN));
  return useMemo(() => {
    const problems = findProblems(services, servers ?? [], conflicts.data, step * LOOK_AGAIN + store.clockSkew);
    return waits.data?.(problems) ?? problems;
  }, [services, servers, conflicts.data, waits.data, step, store]);
}
