// What should happen next to an instance: a pure function of what is desired, what is observed, and the time.
import type { DesiredState } from "../../contract/service.ts";
import type { InstanceState } from "../../contract/status.ts";

/** What counts of an instance for the plan. */
export interface Observed {
  state: InstanceState;
  /** When `backoff` is over, Unix milliseconds. */
  nextStartAt: number | null;
  /** What a start would wait for, in words; undefined: nothing. */
  waitsFor: string | undefined;
}

/** resume: nothing is waited for any more. forget_start: a start that waited is not wanted any more. */
export type Plan =
  | { act: "nothing" }
  | { act: "start" }
  | { act: "wait_for"; words: string }
  | { act: "resume" }
  | { act: "wait"; until: number }
  | { act: "stop" }
  | { act: "forget_start" };

/** Compares; ends that the policy left (`exited`, `fatal`) stay until somebody asks, and what runs elsewhere is not doubled. */
export function planNext(desired: DesiredState, observed: Observed, now: number): Plan {
  return desired === "running" ? towardsRunning(observed, now) : towardsStopped(observed.state);
}

function towardsRunning(observed: Observed, now: number): Plan {
  switch (observed.state) {
    case "stopped":
      return { act: "start" };
    case "waiting":
      return observed.waitsFor === undefined ? { act: "resume" } : { act: "wait_for", words: observed.waitsFor };
    case "backoff":
      // Also one that is due: a start by hand would forget its history, and with it what holds a crash loop back (P6).
      return { act: "wait", until: observed.nextStartAt ?? now };
    default:
      return { act: "nothing" };
  }
}

function towardsStopped(state: InstanceState): Plan {
  switch (state) {
    case "starting":
    case "running":
    case "unhealthy":
      return { act: "stop" };
    case "waiting":
    case "backoff":
      return { act: "forget_start" };
    default:
      return { act: "nothing" };
  }
}
