// When a schedule is due in a zone: the rule of Debian's cron, except that a time skipped several times over fires once.
//
// Fixed schedules keep their times over a change of the clock: what it skips fires right after it, what comes twice fires the first
// time only. Wild ones follow real time. A change of more than three hours is a correction, which neither rule is about.
import { DAY, HOUR, MINUTE } from "../units.ts";
import { eitherDay, type Schedule } from "./schedule.ts";
import type { Zone } from "./zone.ts";

/** A change of the clock of more than this is a correction of it. */
export const CORRECTION = 3 * HOUR;
const MINUTES = DAY / MINUTE;
/** Every date comes on every day of the week within so long, also over a century without a leap year. */
const FURTHEST_DAYS = 41 * 366;

/** The first time after `after` at which it is due, Unix milliseconds. */
export function nextDue(schedule: Schedule, zone: Zone, after: number): number {
  let from = after;
  let offset = zone.offsetAt(from);
  // Minutes of local time up to this one do not count.
  let passed = Math.floor((from + offset) / MINUTE);
  if (schedule.fixed) passed = Math.max(passed, lastBefore(firstPassEnd(zone, from)));
  for (;;) {
    const local = nextMatch(schedule, passed) * MINUTE;
    const due = local - offset;
    const change = zone.changeWithin(from, due);
    if (change === undefined) return due;
    const shift = change.after - change.before;
    const kept = schedule.fixed && Math.abs(shift) <= CORRECTION;
    // Clocks never show that time.
    if (kept && shift > 0 && local < change.at + change.after) return change.at;
    from = change.at;
    offset = change.after;
    passed = lastBefore(change.at + (kept && shift < 0 ? change.before : change.after));
  }
}

/** The last whole minute before a time. */
function lastBefore(time: number): number {
  return Math.ceil(time / MINUTE) - 1;
}

/** Local time that clocks showed before they were last set back, if they show an earlier one still. */
function firstPassEnd(zone: Zone, time: number): number {
  const change = zone.changeWithin(time - CORRECTION, time);
  if (change === undefined) return Number.NEGATIVE_INFINITY;
  const shift = change.after - change.before;
  return shift < 0 && -shift <= CORRECTION ? change.at + change.before : Number.NEGATIVE_INFINITY;
}

/** The first minute after `minute` (local, since the epoch) whose fields match. */
function nextMatch(schedule: Schedule, minute: number): number {
  const today = Math.floor(minute / MINUTES);
  if (matchesDay(schedule, today)) {
    const later = nextOfDay(schedule, minute - today * MINUTES);
    if (later !== undefined) return today * MINUTES + later;
  }
  const day = nextDay(schedule, today);
  const { hours, minutes } = schedule;
  return day * MINUTES + (hours[0] ?? 0) * 60 + (minutes[0] ?? 0);
}

/** The first minute of a day after this one. */
function nextOfDay({ hours, minutes }: Schedule, after: number): number | undefined {
  const [hour, minute] = [Math.floor(after / 60), after % 60];
  if (hours.includes(hour)) {
    const later = minutes.find((each) => each > minute);
    if (later !== undefined) return hour * 60 + later;
  }
  const next = hours.find((each) => each > hour);
  return next === undefined ? undefined : next * 60 + (minutes[0] ?? 0);
}

function nextDay(schedule: Schedule, after: number): number {
  for (let day = after + 1; day <= after + FURTHEST_DAYS; day++) {
    const date = new Date(day * DAY);
    if (!schedule.months.includes(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY - 1;
    } else if (matchesDay(schedule, day)) return day;
  }
  throw new RangeError(`"${schedule.text}" is due on no day: it should have been refused`);
}

/** Does this day (local, since the epoch) match? */
export function matchesDay(schedule: Schedule, day: number): boolean {
  const date = new Date(day * DAY);
  if (!schedule.months.includes(date.getUTCMonth() + 1)) return false;
  const ofMonth = schedule.days.includes(date.getUTCDate());
  const ofWeek = schedule.weekdays.includes(date.getUTCDay());
  return eitherDay(schedule) ? ofMonth || ofWeek : ofMonth && ofWeek;
}

/** The next times at which it is due, `count` of them. */
export function nextDues(schedule: Schedule, zone: Zone, after: number, count: number): number[] {
  const dues: number[] = [];
  for (let at = after; dues.length < count;) dues.push((at = nextDue(schedule, zone, at)));
  return dues;
}

/** All times after `after` and up to `until`, oldest first: the last `limit` of them, and how many there were. */
export function duesWithin(
  schedule: Schedule,
  zone: Zone,
  { after, until, limit }: { after: number; until: number; limit: number },
): { dues: number[]; count: number } {
  let dues: number[] = [];
  let count = 0;
  for (let due = nextDue(schedule, zone, after); due <= until; due = nextDue(schedule, zone, due)) {
    dues.push(due);
    count += 1;
    if (dues.length >= 2 * limit) dues = dues.slice(-limit);
  }
  return { dues: limit === 0 ? [] : dues.slice(-limit), count };
}
