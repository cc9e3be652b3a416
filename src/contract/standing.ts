// How a service stands for those that depend on it: the one rule by which hub and agents decide what a start waits for.
import { z } from "zod";
import type { DependencyCondition } from "./dependencies.ts";
import { STATES_BY_URGENCY } from "./urgency.ts";
import { instanceStateSchema, type InstanceState, type InstanceStatus } from "./status.ts";

export const standingSchema = z.object({
  /** Of the instance that would serve best; null when nothing is known of any. */
  state: instanceStateSchema.nullable(),
  /** Why that is so, in words. */
  reason: z.string().nullable(),
  started: z.boolean(),
  healthy: z.boolean(),
  completed: z.boolean(),
});
/** Which conditions a service meets. */
export type Standing = z.infer<typeof standingSchema>;

/** What counts of an instance. */
export type Serving = Pick<InstanceStatus, "state" | "reason" | "ready" | "last_exit">;

/** Of a service that nobody has told of. */
export const UNKNOWN: Standing = { state: null, reason: null, started: false, healthy: false, completed: false };

const STARTED: ReadonlySet<InstanceState> = new Set(["running", "unhealthy", "external"]);

/**
 * A service serves as soon as one of its instances does: others wait for something to talk to, not for all of it. A job has
 * completed when all of its instances have.
 */
export function standingOf(instances: readonly Serving[]): Standing {
  const best = instances.toSorted((a, b) => worth(b) - worth(a))[0];
  if (best === undefined) return UNKNOWN;
  return {
    state: best.state,
    reason: best.reason,
    started: STARTED.has(best.state),
    healthy: instances.some(isHealthy),
    completed: instances.every(hasCompleted),
  };
}

/** Does a service that stands so meet what is waited for? */
export function meets(standing: Standing, condition: DependencyCondition): boolean {
  return standing[condition];
}

/** "db to be healthy (unhealthy: check web fails)": what a start waits for, for people. */
export function waitWords(name: string, condition: DependencyCondition, { state, reason }: Standing): string {
  const goal = { started: "to run", healthy: "to be healthy", completed: "to complete" }[condition];
  return `${name} ${goal} (${nowWords(state, reason)})`;
}

function nowWords(state: InstanceState | null, reason: string | null): string {
  if (state === null) return reason ?? "nothing is known of it";
  // What that one waits for stands with that one.
  return reason === null || state === "waiting" ? state : `${state}: ${reason}`;
}

function isHealthy({ state, ready }: Serving): boolean {
  return ready ?? (state === "running" || state === "external");
}

function hasCompleted({ state, last_exit }: Serving): boolean {
  return state === "exited" && last_exit?.code === 0;
}

/** One that is ready before one that runs, before one that may come to run, before one that will not. */
function worth(instance: Serving): number {
  if (isHealthy(instance)) return 100;
  if (STARTED.has(instance.state)) return 50;
  // Of those that do not serve, the one that needs attention says most.
  return -STATES_BY_URGENCY.indexOf(instance.state);
}
