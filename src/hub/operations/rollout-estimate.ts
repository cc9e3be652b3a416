// When a rolling restart ends, by how long its instances took so far.
import type { OperationTarget } from "../../contract/operations.ts";
import type { RollingPlan } from "../store/store.ts";
import type { Hand } from "./rollout-rules.ts";

/** Times that decide when a rolling restart ends. */
export interface Pace {
  /** Milliseconds that each target took which is done. */
  took: readonly number[];
  /** Since when each target in hand is. */
  begun: readonly number[];
  /** Of each service how many are queued, and how many of it go at the same time. */
  queued: readonly { count: number; width: number }[];
}

/** When it ends if it goes on as it went; undefined while nothing is known. */
export function estimatedEnd({ took, begun, queued }: Pace, now: number): number | undefined {
  if (took.length === 0) return undefined;
  const each = took.reduce((sum, one) => sum + one, 0) / took.length;
  const rounds = queued.reduce((sum, { count, width }) => sum + Math.ceil(count / Math.max(1, width)), 0);
  const hand = begun.map((since) => Math.max(0, since + each - now));
  return now + Math.max(0, ...hand) + rounds * each;
}

/** The pace so far. */
export function paceOf(
  plan: Pick<RollingPlan, "services">,
  targets: readonly OperationTarget[],
  hands: ReadonlyMap<number, Pick<Hand, "since">>,
): Pace {
  const took = targets.flatMap(({ state, started_at, ended_at }) =>
    state === "done" && started_at !== null && ended_at !== null ? [Date.parse(ended_at) - Date.parse(started_at)] : [],
  );
  const begun = [...hands].flatMap(([place, { since }]) => (targets[place]?.state === "running" ? [since] : []));
  const queued = plan.services.map(({ name, batch, max_unavailable }) => {
    const count = targets.filter(({ service, state }) => service === name && state === "queued").length;
    return { count, width: Math.min(batch, max_unavailable) };
  });
  return { took, begun, queued };
}
