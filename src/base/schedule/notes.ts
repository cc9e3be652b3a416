// What people should know of a schedule before they trust it: changes of the clock that it meets, and two day fields.
import { DAY, MINUTE } from "../units.ts";
import { CORRECTION, matchesDay } from "./due.ts";
import { eitherDay, MONTHS, type Schedule } from "./schedule.ts";
import { clockWords, timeWords, type Zone, type ZoneChange } from "./zone.ts";

/** Changes of the clock are told so far ahead. */
const AHEAD = 400 * DAY;
const MINUTES = DAY / MINUTE;

/** Sentences, in the order of their times. */
export function scheduleNotes(schedule: Schedule, zone: Zone, from: number): string[] {
  const notes: string[] = [];
  const fields = dayFieldNote(schedule);
  if (fields !== undefined) notes.push(fields);
  for (let change = zone.changeWithin(from, from + AHEAD); change !== undefined;) {
    const note = changeNote(schedule, change);
    if (note !== undefined) notes.push(note);
    change = zone.changeWithin(change.at, from + AHEAD);
  }
  return notes;
}

function dayFieldNote(schedule: Schedule): string | undefined {
  const restricted = schedule.days.length < 31 && schedule.weekdays.length < 7;
  if (eitherDay(schedule)) {
    return restricted ? "both day fields are restricted: it runs on days that match either of them" : undefined;
  }
  return restricted ? 'one of the day fields starts with "*": it runs on days that match both of them' : undefined;
}

function changeNote(schedule: Schedule, change: ZoneChange): string | undefined {
  const shift = change.after - change.before;
  const [from, to] = [
    change.at + Math.min(change.before, change.after),
    change.at + Math.max(change.before, change.after),
  ];
  const first = firstMatch(schedule, from, to);
  if (first === undefined) return undefined;
  const on = clockWords(first, MONTHS);
  const span = `${clockWords(from, MONTHS)} to ${timeWords(to)}`;
  if (Math.abs(shift) > CORRECTION) {
    return shift > 0 ? `${span} does not exist: it does not run for it` : `${span} comes twice: it runs both times`;
  }
  if (shift > 0) {
    return schedule.fixed
      ? `on ${on} does not exist: runs at ${timeWords(to)}`
      : `${span} does not exist: it does not run for it`;
  }
  return schedule.fixed ? `on ${on} comes twice: runs the first time only` : `${span} comes twice: it runs both times`;
}

/** The first local time that matches, of those from `from` and before `to`. */
function firstMatch(schedule: Schedule, from: number, to: number): number | undefined {
  for (let minute = Math.ceil(from / MINUTE); minute * MINUTE < to; minute++) {
    const day = Math.floor(minute / MINUTES);
    const [hour, rest] = [Math.floor((minute - day * MINUTES) / 60), minute % 60];
    if (schedule.hours.includes(hour) && schedule.minutes.includes(rest) && matchesDay(schedule, day)) {
      return minute * MINUTE;
    }
  }
  return undefined;
}
