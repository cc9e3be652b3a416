// Which readings are kept while the hub is away: all of them at first, then one in half a minute, so that a day fits the journal.
import { MINUTE, SECOND } from "../../base/units.ts";

/** Milliseconds after which readings are thinned, and how far apart they then are. */
export const ALL_FOR = 2 * MINUTE;
export const THEN_EVERY = 30 * SECOND;

/**
 * Is a reading at `now` worth keeping? `awaySince` is when the first one could not be told, `lastKept` when the last one was kept;
 * all on one clock, in milliseconds.
 */
export function keepsReading(awaySince: number, lastKept: number | null, now: number): boolean {
  if (lastKept === null || now - awaySince < ALL_FOR) return true;
  return now - lastKept >= THEN_EVERY;
}
