// What a generation has said of itself by sd_notify, and what that means for a check: pure functions of what was said and the time.
//
//   READY=1 ──► ready            STATUS=… ──► shown          WATCHDOG=1, READY=1 ──► alive now
//   RELOADING=1, STOPPING=1 ──► shown until READY=1          WATCHDOG=trigger ──► triggered until READY=1
import { SECOND } from "../../../base/units.ts";
import type { NotifyCheck } from "../../../contract/checks.ts";
import { formatRun } from "../../supervisor/exit-words.ts";
import { FROM_NEXT_START, NEXT_START } from "../ear.ts";
import type { Outcome } from "../judge.ts";
import type { Notice } from "./notice.ts";

/** All times are milliseconds of the monotonic clock: a clock that is set makes no service silent. */
export interface Said {
  ready: boolean;
  /** It is on the way from one state to another. */
  passage: "reloading" | "stopping" | null;
  /** It asked to be started again. */
  triggered: boolean;
  /** In its own words. */
  status: string | null;
  /** When it said WATCHDOG=1 or READY=1 last; null: never that this agent heard. */
  alive: number | null;
}

export const NOTHING_SAID: Said = { ready: false, passage: null, triggered: false, status: null, alive: null };

/** What was said after one more notice, which came at `now`. */
export function hear(said: Said, notice: Notice, now: number): Said {
  switch (notice.says) {
    case "ready":
      return { ...said, ready: true, passage: null, triggered: false, alive: now };
    case "alive":
      return { ...said, alive: now };
    case "trigger":
      return { ...said, triggered: true };
    case "status":
      return { ...said, status: notice.text };
    case "reloading":
    case "stopping":
    default:
      return { ...said, passage: notice.says };
  }
}

/** How one generation can be heard. */
export interface Hearing {
  said: Said;
  /** What its environment told it at the start; null: nothing of all this. */
  told: {
    /** Seconds of WATCHDOG_USEC; null: it knows of no watchdog. */
    watchdog: number | null;
  } | null;
  /** Since when it is heard without a break, at most since its start; null: it is not heard now. */
  since: number | null;
  /** It ran before that, and may have said what nobody heard. */
  missed: boolean;
  /** Why it cannot be heard on this machine, in words. */
  problem: string | null;
  now: number;
}

/** What a look finds; null where nobody can know. */
export function judgeSaid(check: NotifyCheck, hearing: Hearing): Outcome | null {
  const { told, problem } = hearing;
  if (problem !== null) return { ok: false, message: problem };
  if (told === null) return FROM_NEXT_START;
  return check.role === "startup" ? judgeStart(check, hearing) : judgeLife(check, hearing, told.watchdog);
}

function judgeStart({ failures, interval }: NotifyCheck, { said, since, missed, now }: Hearing): Outcome | null {
  if (said.ready) return { ok: true, message: wordsOf(said) };
  if (since === null) return null;
  if (!missed) return { ok: false, message: withWords("it has not said READY=1 yet", said) };
  // Nothing that works may be ended for what we did not hear: it has its whole time once more, and then the benefit of the doubt.
  if (now - since < failures * interval * SECOND) return null;
  return { ok: true, message: withWords("READY=1 may have been said while nobody listened", said) };
}

function judgeLife({ within }: NotifyCheck, { said, since, now }: Hearing, watchdog: number | null): Outcome | null {
  if (said.triggered) return { ok: false, message: withWords("it said WATCHDOG=trigger", said), atOnce: true };
  if (watchdog === null) return FROM_NEXT_START;
  if (since === null) return null;
  const silent = now - Math.max(since, said.alive ?? since);
  // It pings by what it was told, which may be an older and longer time.
  if (silent <= Math.max(within, watchdog) * SECOND) return { ok: true, message: wordsOf(said) };
  return { ok: false, message: withWords(`no WATCHDOG=1 for ${formatRun(silent)}`, said) };
}

/** What is shown of a check that does not fail. */
export function shownOfSaid(check: NotifyCheck, { said, told, problem }: Hearing): string | null {
  if (problem !== null) return problem;
  if (told === null || (check.role === "liveness" && told.watchdog === null)) return NEXT_START;
  return wordsOf(said);
}

/** "reloading; says: Processed 3 of 10". */
export function wordsOf({ passage, status }: Said): string | null {
  const words = [passage, status === null ? null : `says: ${status}`].filter((part) => part !== null);
  return words.length === 0 ? null : words.join("; ");
}

function withWords(words: string, said: Said): string {
  const more = wordsOf(said);
  return more === null ? words : `${words}; ${more}`;
}
