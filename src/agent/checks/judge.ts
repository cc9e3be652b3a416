// What looks at a service add up to: pure functions of definition, history and time.
//
//   waiting ──successes in a row──► passing ◄──successes in a row── failing
//      └───────failures in a row───────┴──failures in a row──────────►┘
//
// Startup checks come first: until all of them have passed once, nothing else of a generation is looked at.
import type { Check, CheckRole } from "../../contract/checks.ts";
import type { CheckState } from "../../contract/check-status.ts";

/** What one look found. */
export interface Outcome {
  ok: boolean;
  /** What came of it, where there is something to say; always where it is not ok. */
  message: string | null;
  /** Not ok, and not to be looked at again before it counts: the service said so itself. */
  atOnce?: boolean;
}

/** What is thought of a check. */
export interface Judgement {
  state: CheckState;
  /** Why it fails: the words of the failure that made it so. */
  reason: string | null;
  /** When it came into this state, Unix milliseconds. */
  since: number;
  /** Results alike in a row: so many successes, or minus so many failures. */
  row: number;
}

/** What is thought of a check that nobody has looked at. */
export function unjudged(now: number): Judgement {
  return { state: "waiting", reason: null, since: now, row: 0 };
}

/** What is thought after one more look. */
export function judge(
  { failures, successes }: Pick<Check, "failures" | "successes">,
  before: Judgement,
  outcome: Outcome,
  now: number,
): Judgement {
  const weight = outcome.atOnce === true ? failures : 1;
  const row = outcome.ok ? Math.max(before.row, 0) + 1 : Math.min(before.row, 0) - weight;
  if (outcome.ok && row >= successes && before.state !== "passing") {
    return { state: "passing", reason: null, since: now, row };
  }
  if (!outcome.ok && -row >= failures && before.state !== "failing") {
    return { state: "failing", reason: outcome.message, since: now, row };
  }
  return { ...before, row };
}

/** What an agent that takes over thinks: as the one before, but what fails must fail as often again before anything is done about it. */
export function takenOver(kept: Pick<Judgement, "state" | "reason" | "since">): Judgement {
  return { ...kept, row: 0 };
}

/** A check and what is thought of it. */
export interface Judged {
  check: Pick<Check, "name" | "role" | "failures">;
  judgement: Judgement;
}

/** What all checks of an instance say together. */
export interface Verdict {
  /** Its startup checks have passed. */
  started: boolean;
  /** Words for the startup or liveness check that fails: "failed check web: connection refused". */
  unhealthy: string | null;
  /** The same, failing for as often as its definition says since this agent looks: time to act. */
  condemned: string | null;
  /** All of those that it stands or falls with passed when they were looked at last. */
  well: boolean;
  /** Words for what keeps others from relying on it. */
  notReady: string | null;
}

/** `started`: it was before; a startup check that is added later does not take that back. */
export function verdictOf(all: readonly Judged[], started: boolean): Verdict {
  const of = (...roles: CheckRole[]): Judged[] => all.filter(({ check }) => roles.includes(check.role));
  const begun = started || of("startup").every(({ judgement }) => judgement.state === "passing");
  const vital = begun ? of("liveness") : of("startup");
  const failing = vital.find(({ judgement }) => judgement.state === "failing");
  const condemned = vital.find(
    ({ check, judgement }) => judgement.state === "failing" && -judgement.row >= check.failures,
  );
  return {
    started: begun,
    unhealthy: failing === undefined ? null : failedWords(failing),
    condemned: condemned === undefined ? null : failedWords(condemned),
    well: vital.length > 0 && vital.every(({ judgement }) => judgement.row > 0),
    notReady: notReadyWords(begun ? of("readiness") : of("startup")),
  };
}

/** Is this check looked at in this phase? */
export function isDue(role: CheckRole, started: boolean): boolean {
  return (role === "startup") !== started;
}

function failedWords({ check, judgement }: Judged): string {
  return `failed check ${check.name}${judgement.reason === null ? "" : `: ${judgement.reason}`}`;
}

function notReadyWords(needed: readonly Judged[]): string | null {
  const failing = needed.find(({ judgement }) => judgement.state === "failing");
  if (failing !== undefined) return failedWords(failing);
  const open = needed.find(({ judgement }) => judgement.state !== "passing");
  return open === undefined ? null : `check ${open.check.name} has not passed yet`;
}
