// Readers of option values that several commands share; each refuses with what is allowed.
import { parseDuration } from "../base/units.ts";
import { usageFailure } from "./failure.ts";

/** "10s", "5m": milliseconds. */
export function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  throw usageFailure(`Cannot read "${text}" as a duration: give something like 500ms, 10s, 5m, 1h, 2d`);
}

/** A whole number from `least` on. */
export function readCount(text: string, least = 1): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
  throw usageFailure(`Cannot read "${text}" as a number: give a whole one, ${least} or more`);
}

/** A moment: "10m" ago, or an ISO 8601 time. Unix milliseconds. */
export function readMoment(text: string, now = Date.now()): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw usageFailure(`Cannot read "${text}" as a time: give "10m" (ago) or something like 2026-01-31T14:00`);
}

/** For options that can be given again. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}
