// Whether a server is there, from when it was heard last: a pure function, so that every value shown can be judged by the same rule.
import type { ServerState } from "../../contract/server.ts";

/** Share of an interval that a heartbeat may come late before it counts as missed: networks and timers are never exact. */
const TOLERANCE = 0.5;

/** After how many heartbeats missed in a row. */
export interface LivenessRule {
  lateAfter: number;
  offlineAfter: number;
}

/**
 * `heardAt` is when it was heard last (null: never) and `now` the time, both on the hub's monotonic clock; `interval` is between its
 * heartbeats; all in milliseconds.
 */
export function livenessOf(heardAt: number | null, interval: number, now: number, rule: LivenessRule): ServerState {
  if (heardAt === null) return "new";
  const missed = (now - heardAt) / interval - TOLERANCE;
  if (missed >= Math.max(rule.lateAfter, rule.offlineAfter)) return "offline";
  return missed >= rule.lateAfter ? "late" : "online";
}
