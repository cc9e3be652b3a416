// What is said of a check's last results, for eyes and for readers alike. Pure functions.
import type { CheckHistory } from "../../../../contract/check-status.ts";
import { formatRelative, plural } from "../../../ui/format.ts";

type Results = CheckHistory["results"];

/** "12 ms", "1.5 s". */
export function formatTook(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The history bar as a sentence: "The last 100 looks: 97 passed, 3 failed, the last failure 5 min ago". */
export function barWords(results: Results, now: number): string {
  if (results.length === 0) return "It has not been looked at yet";
  const failed = results.filter(({ ok }) => !ok);
  const last = failed.at(-1);
  const counts = [`${results.length - failed.length} passed`, failed.length > 0 && `${failed.length} failed`];
  const when = last === undefined ? "" : `, the last failure ${formatRelative(last.at, now)}`;
  const looks = results.length === 1 ? "The last look" : `The last ${plural(results.length, "look")}`;
  return `${looks}: ${counts.filter(Boolean).join(", ")}${when}`;
}

/** A stretch of results alike, for a table that says what happened without a hundred rows. */
export interface Stretch {
  ok: boolean;
  message: string | null;
  from: number;
  to: number;
  count: number;
  /** Milliseconds, the mean of its looks. */
  took: number;
}

/** The results as stretches, newest first. */
export function stretchesOf(results: Results): Stretch[] {
  const stretches: Stretch[] = [];
  for (const { at, ok, message, took } of results) {
    const last = stretches.at(-1);
    if (last?.ok === ok && last.message === message) {
      last.took = (last.took * last.count + took) / (last.count + 1);
      last.count += 1;
      last.to = at;
    } else stretches.push({ ok, message, from: at, to: at, count: 1, took });
  }
  return stretches.toReversed();
}
