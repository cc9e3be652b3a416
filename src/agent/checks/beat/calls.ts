// What the calls of a heartbeat URL, and their missing, mean for a check: pure functions of what was heard and the time.
import { SECOND } from "../../../base/units.ts";
import type { HeartbeatCheck } from "../../../contract/checks.ts";
import { formatRun } from "../../supervisor/exit-words.ts";
import { FROM_NEXT_START, NEXT_START } from "../ear.ts";
import type { Outcome } from "../judge.ts";

/** How the calls of one generation can be heard. All times are milliseconds of the monotonic clock. */
export interface Calls {
  /** Its environment told it the URL. */
  told: boolean;
  /** Since when no call can have been missed, at most since its start; null: it is not heard now. */
  since: number | null;
  /** When it called last; null: never that this agent heard. */
  last: number | null;
  /** Why it cannot be heard, in words. */
  problem: string | null;
  now: number;
}

/** What a look finds; null where nobody can know. */
export function judgeCalls({ within }: HeartbeatCheck, { told, since, last, problem, now }: Calls): Outcome | null {
  if (!told) return FROM_NEXT_START;
  // Nothing that works may be ended for what we cannot hear.
  if (problem !== null) return { ok: true, message: problem };
  if (since === null) return null;
  const silent = now - Math.max(since, last ?? since);
  if (silent <= within * SECOND) return { ok: true, message: null };
  return { ok: false, message: `no call of its heartbeat URL for ${formatRun(silent)}` };
}

/** What is shown of a check that does not fail. */
export function shownOfCalls({ told, problem }: Calls): string | null {
  return told ? problem : NEXT_START;
}
