// Whether, and when, an instance that ended starts again: pure functions of definition, history and time (P6).
import { SECOND } from "../../base/units.ts";
import type { RestartPolicy, ServiceSpec } from "../../contract/service.ts";

/** P6, whatever a definition says: never more starts than this ... */
const FLOOR_STARTS = 15;
/** ... in this many milliseconds; then ... */
const FLOOR_WINDOW = 12 * SECOND;
/** ... at most one in this many, until one start has lived that long. */
const FLOOR_PAUSE = 30 * SECOND;

/** What of an instance's past decides about its next start. Times are Unix milliseconds. */
export interface RestartHistory {
  /** Starts of the last seconds, oldest first; no more are kept than the floor needs. */
  starts: number[];
  /** Restarts by policy without a stable period between them. */
  inARow: number;
  /** When the first of those in a row was decided. */
  rowSince: number | null;
  /** The floor was hit: one start in 30 s, until one lives that long. */
  throttled: boolean;
}

export const NO_HISTORY: RestartHistory = { starts: [], inARow: 0, rowSince: null, throttled: false };

export type RestartDecision =
  | { act: "leave" }
  | { act: "restart"; at: number; history: RestartHistory }
  | { act: "give_up"; reason: string };

/** The end that is decided about. */
export interface EndToDecide {
  /** It ended by itself with code 0. */
  clean: boolean;
  /** "exit 1", "killed by SIGSEGV". */
  words: string;
  /** Milliseconds it ran. */
  ranFor: number;
}

/** Adds a start to the history; to be called for each start, by hand or by policy. */
export function recordStart(history: RestartHistory, now: number): RestartHistory {
  const starts = [...history.starts.slice(-(FLOOR_STARTS - 1)), now];
  const [first] = starts;
  const burst = starts.length === FLOOR_STARTS && first !== undefined && now - first < FLOOR_WINDOW;
  return { ...history, starts, throttled: history.throttled || burst };
}

/** Decides what follows an end that nobody asked for. `random` is in [0, 1). */
export function decideRestart(
  policy: RestartPolicy,
  restart: ServiceSpec["restart"],
  end: EndToDecide,
  past: RestartHistory,
  now: number,
  random: number,
): RestartDecision {
  if (policy === "never" || (policy === "on-failure" && end.clean)) return { act: "leave" };
  const history = forgetIfStable(past, end.ranFor, restart.backoff.reset_after * SECOND);
  if (restart.max !== null && history.inARow >= restart.max) {
    return { act: "give_up", reason: gaveUp(end.words, history, now) };
  }
  const at = Math.max(now + backoffDelay(restart.backoff, history.inARow, random), earliestByFloor(history));
  return {
    act: "restart",
    at,
    history: { ...history, inARow: history.inARow + 1, rowSince: history.rowSince ?? now },
  };
}

/** Milliseconds before restart number `inARow` (from 0) of a series: at once, then initial × factor^n, capped, in part random. */
export function backoffDelay(backoff: ServiceSpec["restart"]["backoff"], inARow: number, random: number): number {
  if (inARow === 0) return 0;
  const whole = Math.min(backoff.initial * backoff.factor ** (inARow - 1), backoff.max);
  return whole * SECOND * (1 - backoff.jitter * random);
}

function forgetIfStable(history: RestartHistory, ranFor: number, stable: number): RestartHistory {
  const calmed = { ...history, throttled: history.throttled && ranFor < FLOOR_PAUSE };
  return ranFor >= stable ? { ...calmed, inARow: 0, rowSince: null } : calmed;
}

function earliestByFloor(history: RestartHistory): number {
  const last = history.starts.at(-1);
  return history.throttled && last !== undefined ? last + FLOOR_PAUSE : 0;
}

function gaveUp(words: string, history: RestartHistory, now: number): string {
  if (history.inARow === 0) return `${words}; no restart is allowed (restart.max is 0)`;
  const seconds = Math.max(1, Math.round((now - (history.rowSince ?? now)) / SECOND));
  const times = history.inARow === 1 ? "1 restart" : `${history.inARow} restarts in a row`;
  return `${words}, ${times} within ${seconds} s; gave up`;
}
