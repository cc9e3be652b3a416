// What the checks of a service's instances say together. Pure functions.
import type { Health, InstanceState, ServiceStatus } from "../../contract/status.ts";

type Instance = Pick<ServiceStatus["instances"][number], "index" | "state" | "ready" | "checks" | "stale">;

/** The worst first: it speaks for all. */
const WORST_FIRST: readonly Health[] = ["unhealthy", "starting", "not_ready", "healthy"];
const RUNS: ReadonlySet<InstanceState> = new Set(["running", "external"]);

/** Whether others may rely on an instance; an agent that does not tell means one whose process runs. */
export function isReady({ ready, state }: Pick<Instance, "ready" | "state">): boolean {
  return ready ?? RUNS.has(state);
}

/** Of all instances that run and are heard of; null where none does, or nothing is checked. */
export function healthOf(instances: readonly Instance[]): Health | null {
  const known = new Set(instances.filter(({ stale }) => !stale).flatMap((one) => ofInstance(one) ?? []));
  return WORST_FIRST.find((health) => known.has(health)) ?? null;
}

/** Is every instance that should run heard of and ready? `stopped`: numbers of those that should not. */
export function allReady(instances: readonly Instance[], stopped: readonly number[]): boolean {
  const wanted = instances.filter(({ index }) => !stopped.includes(index));
  return wanted.length > 0 && wanted.every((one) => !one.stale && isReady(one));
}

function ofInstance(instance: Instance): Health | null {
  if (instance.state === "unhealthy") return "unhealthy";
  if (instance.checks.length === 0) return null;
  if (instance.state === "starting") return "starting";
  if (instance.state !== "running") return null;
  return isReady(instance) ? "healthy" : "not_ready";
}
