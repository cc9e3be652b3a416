// When a task is due, as people write it: an expression of five fields or one of the names beginning with `@`.
import { CRON_FIELDS, FieldError, readField } from "./cron-fields.ts";

/** An expression that was read and can fire. */
export interface Schedule {
  /** As written. */
  text: string;
  /** Ascending. */
  minutes: readonly number[];
  hours: readonly number[];
  days: readonly number[];
  /** From 1. */
  months: readonly number[];
  /** Sunday is 0. */
  weekdays: readonly number[];
  /** The field starts with `*`. */
  daysStar: boolean;
  weekdaysStar: boolean;
  /** Neither the minute nor the hour field starts with `*`: such times are kept over a change of the clock. The others are wild, and follow real time. */
  fixed: boolean;
}

/** A schedule, or the field that is wrong ("" for the whole) and why. */
export type ReadSchedule =
  | { outcome: "read"; schedule: Schedule }
  | { outcome: "refused"; field: string; reason: string };

const SHORTHANDS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads an expression. What can never fire is refused too. */
export function readSchedule(text: string): ReadSchedule {
  const trimmed = text.trim();
  if (trimmed.startsWith("@")) return readShorthand(text, trimmed);
  const parts = trimmed === "" ? [] : trimmed.split(/\s+/);
  if (parts.length !== CRON_FIELDS.length) return refused("", wrongCount(parts.length));
  return readFields(text, parts);
}

function readShorthand(text: string, shorthand: string): ReadSchedule {
  const fields = SHORTHANDS[shorthand.toLowerCase()];
  if (fields !== undefined) return readFields(text, fields.split(" "));
  if (shorthand.toLowerCase() === "@reboot") {
    return refused("", '"@reboot" has no time: a service with autostart starts with the machine');
  }
  return refused("", `"${shorthand}" is none of ${Object.keys(SHORTHANDS).join(" ")}`);
}

function readFields(text: string, parts: readonly string[]): ReadSchedule {
  const fields = [];
  for (const [at, rule] of CRON_FIELDS.entries()) {
    try {
      fields.push(readField(parts[at] ?? "", rule));
    } catch (error) {
      if (error instanceof FieldError) return refused(rule.name, error.message);
      throw error;
    }
  }
  const [minutes, hours, days, months, weekdays] = fields as [Field, Field, Field, Field, Field];
  const schedule: Schedule = {
    text,
    minutes: minutes.values,
    hours: hours.values,
    days: days.values,
    months: months.values,
    weekdays: weekdays.values,
    daysStar: days.star,
    weekdaysStar: weekdays.star,
    fixed: !minutes.star && !hours.star,
  };
  return neverFires(schedule) ?? { outcome: "read", schedule };
}

type Field = ReturnType<typeof readField>;

/** Every date that there can be falls on every day of the week in some year, so only the date itself is asked. */
function neverFires(schedule: Schedule): ReadSchedule | undefined {
  const { days, months } = schedule;
  if (eitherDay(schedule)) return undefined;
  const least = days[0] ?? 1;
  if (months.some((month) => least <= (LONGEST_MONTHS[month - 1] ?? 31))) return undefined;
  const named = months.map((month) => MONTHS[month - 1]).join(" and ");
  return refused("day of the month", `it would never fire: there is no day ${least} in ${named}`);
}

/** Both day fields are restricted, and either may match: then neither starts with `*`. */
export function eitherDay({ daysStar, weekdaysStar }: Schedule): boolean {
  return !daysStar && !weekdaysStar;
}

/** Their names, January first. */
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

function wrongCount(count: number): string {
  const says = count === 1 ? "1 field" : `${count} fields`;
  const meant = "minute, hour, day of the month, month, day of the week";
  if (count === 6 || count === 7)
    return `it has ${says}, and seconds or years are not known here: write five (${meant})`;
  return `it has ${says}: write five (${meant}), or @hourly, @daily, @weekly, @monthly, @yearly`;
}

function refused(field: string, reason: string): ReadSchedule {
  return { outcome: "refused", field, reason };
}

/** The refusal in a sentence, as it follows the name of what holds the expression: "minute: 61 is not from 0 to 59". */
export function refusalWords({ field, reason }: { field: string; reason: string }): string {
  return field === "" ? reason : `${field}: ${reason}`;
}
