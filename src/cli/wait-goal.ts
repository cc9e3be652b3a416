// How far a service is from what somebody waits for. Pure functions.
import type { ServiceStatus } from "../contract/status.ts";
import type { Target } from "./target.ts";

/** What can be waited for. */
export const GOALS = ["running", "ready", "healthy"] as const;
export type Goal = (typeof GOALS)[number];

/** there; not yet; or never, unless somebody does something. */
export interface Progress {
  outcome: "there" | "not_yet" | "never";
  /** How it is, in words. */
  words: string;
}

type Instance = ServiceStatus["instances"][number];

/** Of a service, or of the part of it that was named. Without a status nothing is known yet. */
export function progressOf(status: ServiceStatus | undefined, target: Target, goal: Goal): Progress {
  if (status === undefined) return { outcome: "not_yet", words: "the hub does not answer" };
  const { index, server } = target;
  const meant = status.instances.filter(
    (one) =>
      (index === undefined ? !status.stopped_instances.includes(one.index) : one.index === index) &&
      (server === undefined || one.server_id === server.id),
  );
  if (meant.length === 0) {
    const wanted = status.desired === "running" && (index === undefined || !status.stopped_instances.includes(index));
    return wanted
      ? { outcome: "not_yet", words: "nothing is known of it yet" }
      : { outcome: "never", words: "it is stopped" };
  }
  const each = meant.map((one) => ofInstance(one, status, goal));
  return (
    each.find(({ outcome }) => outcome === "never") ??
    each.find(({ outcome }) => outcome === "not_yet") ?? { outcome: "there", words: status.state }
  );
}

function ofInstance(instance: Instance, status: ServiceStatus, goal: Goal): Progress {
  const words = instance.reason === null ? instance.state : `${instance.state}, ${instance.reason}`;
  if (instance.stale) return { outcome: "not_yet", words: `${instance.server} is not heard of` };
  if (isThere(instance, goal)) return { outcome: "there", words };
  const stopped =
    instance.state === "stopped" &&
    (status.desired === "stopped" ||
      status.stopped_instances.includes(instance.index) ||
      status.stopped_servers.includes(instance.server_id));
  const left = instance.state === "fatal" || instance.state === "exited" || stopped;
  return { outcome: left ? "never" : "not_yet", words };
}

function isThere({ state, ready, checks }: Instance, goal: Goal): boolean {
  const runs = state === "running" || state === "external";
  if (goal === "running") return runs || state === "unhealthy";
  if (goal === "ready") return ready ?? runs;
  // An older hub tells of no checks.
  return runs && ((checks as Instance["checks"] | undefined) ?? []).every((check) => check.state === "passing");
}
