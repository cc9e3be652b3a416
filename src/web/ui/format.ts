// Numbers and times as people read them: at most three digits, with units.
import { DAY, GIB, HOUR, KIB, MIB, MINUTE, SECOND } from "../../base/units.ts";

/** Shown where there is no value. */
export const NONE = "–";

/** Three digits: 0.4, 6.2, 71, 412. */
function threeDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 99.95) return value.toFixed(0);
  return size >= 9.95 ? value.toFixed(0) : value.toFixed(1);
}

/** "6.2 %" of a percentage. */
export function formatPercent(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : `${threeDigits(value)} %`;
}

/** "412 MB" of bytes; binary units, as the machine's own tools count. */
export function formatBytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return NONE;
  if (value < KIB) return `${Math.round(value)} B`;
  if (value < 1000 * KIB) return `${threeDigits(value / KIB)} kB`;
  if (value < 1000 * MIB) return `${threeDigits(value / MIB)} MB`;
  if (value < 1000 * GIB) return `${threeDigits(value / GIB)} GB`;
  return `${threeDigits(value / GIB / KIB)} TB`;
}

/** "4 s", "3 min", "2h 11m", "6d 4h" of milliseconds: the two largest units that matter. */
export function formatDuration(milliseconds: number): string {
  const value = Math.max(0, milliseconds);
  if (value < MINUTE) return `${Math.floor(value / SECOND)} s`;
  if (value < HOUR) return `${Math.floor(value / MINUTE)} min`;
  if (value < DAY) return `${Math.floor(value / HOUR)}h ${Math.floor((value % HOUR) / MINUTE)}m`;
  return `${Math.floor(value / DAY)}d ${Math.floor((value % DAY) / HOUR)}h`;
}

/** "just now", "4 s ago", "in 8 s". */
export function formatRelative(at: number, now: number): string {
  const difference = now - at;
  if (difference < -SECOND) return `in ${formatDuration(-difference + SECOND - 1)}`;
  return difference < 2 * SECOND ? "just now" : `${formatDuration(difference)} ago`;
}

const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const minutes = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayAndMinutes = new Intl.DateTimeFormat(undefined, {
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const exact = new Intl.DateTimeFormat(undefined, {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
  timeZoneName: "short",
});

/** "14:02:07" in the browser's zone. */
export function formatClock(at: number): string {
  return clock.format(at);
}

/** "13:58" of today, "Nov 24, 13:58" of another day. */
export function formatShortClock(at: number, now: number): string {
  const today = new Date(at).toDateString() === new Date(now).toDateString();
  return (today ? minutes : dayAndMinutes).format(at);
}

/** Date, time and zone: what stands behind a relative time. */
export function formatExact(at: number): string {
  return exact.format(at);
}

/** "1 service", "3 services". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
