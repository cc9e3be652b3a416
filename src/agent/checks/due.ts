// When checks are looked at: spread, so that those of many services that started together do not fall on one moment.
import { SECOND } from "../../base/units.ts";
import type { Check } from "../../contract/checks.ts";

/** First looks are spread over this, or the interval where that is shorter: milliseconds. */
const FIRST_WITHIN = SECOND;

/** A share in [0, 1) that belongs to a text, always the same. */
export function shareOf(text: string): number {
  // FNV-1a, stirred at the end: names that differ in their last letter should not lie side by side.
  let hash = 0x81_1c_9d_c5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01_00_01_93);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c_1b_3c_6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

/** The first look after a start, or after startup checks have passed; times are milliseconds of one clock. */
export function firstDue(check: Pick<Check, "interval" | "initial_delay">, begun: number, share: number): number {
  return begun + check.initial_delay * SECOND + share * Math.min(FIRST_WITHIN, check.interval * SECOND);
}

/** The first look of an agent that takes over: anywhere in the interval, as the ones before were. */
export function takeOverDue(check: Pick<Check, "interval">, now: number, share: number): number {
  return now + share * check.interval * SECOND;
}

/** The look after the one that was due at `due` and is over now: on the same beat, beats that passed meanwhile are left out. */
export function nextDue(check: Pick<Check, "interval">, due: number, now: number): number {
  const interval = check.interval * SECOND;
  return due + interval * Math.max(1, Math.ceil((now - due) / interval));
}
