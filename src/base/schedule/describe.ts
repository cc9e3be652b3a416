// A schedule in words: "at 02:30 on weekdays".
import { eitherDay, MONTHS, type Schedule } from "./schedule.ts";

const WEEKDAYS = ["Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays"];
/** So many times of day are listed one by one. */
const FEW_TIMES = 6;

/** A sentence without its full stop, beginning in lower case. */
export function describeSchedule(schedule: Schedule): string {
  return [timeWords(schedule), dayWords(schedule), monthWords(schedule)].filter((words) => words !== "").join(" ");
}

function timeWords({ minutes, hours }: Schedule): string {
  const [minute = 0] = minutes;
  if (minutes.length * hours.length <= FEW_TIMES) {
    const times = hours.flatMap((hour) => minutes.map((each) => `${two(hour)}:${two(each)}`));
    return `at ${listed(times)}`;
  }
  const when = hourWords(hours);
  if (minutes.length === 1 && minute === 0) return when === "" ? "every hour" : `on the hour ${when}`;
  if (minutes.length === 1)
    return `${minute} ${minute === 1 ? "minute" : "minutes"} past ${when === "" ? "every hour" : `the hour ${when}`}`;
  return [minuteWords(minutes), when].filter((words) => words !== "").join(" ");
}

function minuteWords(minutes: readonly number[]): string {
  if (minutes.length === 60) return "every minute";
  const step = stepOf(minutes, 60);
  if (step !== undefined) return `every ${step} minutes`;
  const range = rangeOf(minutes);
  if (range !== undefined) return `every minute from :${two(range[0])} to :${two(range[1])} of each hour`;
  return `at ${listed(minutes.map((minute) => `:${two(minute)}`))} of each hour`;
}

/** Empty for every hour. */
function hourWords(hours: readonly number[]): string {
  if (hours.length === 24) return "";
  const step = stepOf(hours, 24);
  if (step !== undefined) return `of every ${ordinal(step)} hour from 00:00`;
  const range = rangeOf(hours);
  if (range !== undefined) return `from ${two(range[0])}:00 to ${two(range[1])}:59`;
  return `in the ${hours.length === 1 ? "hour" : "hours"} ${listed(hours.map((hour) => `${two(hour)}:00`))}`;
}

function dayWords(schedule: Schedule): string {
  const ofWeek = weekdayWords(schedule.weekdays);
  const ofMonth = monthDayWords(schedule.days);
  if (eitherDay(schedule)) return `on ${ofMonth} and on ${ofWeek === "" ? "every day" : ofWeek}`;
  if (ofMonth === "") return ofWeek === "" ? "every day" : `on ${ofWeek}`;
  return ofWeek === "" ? `on ${ofMonth}` : `on ${ofMonth}, if one of the ${ofWeek}`;
}

/** Empty for all of them. */
function weekdayWords(days: readonly number[]): string {
  const said = days.join();
  if (days.length === 7) return "";
  if (said === "1,2,3,4,5") return "weekdays";
  if (said === "0,6") return "weekends";
  // The week begins with Monday, for people.
  const ordered = days.toSorted((a, b) => ((a + 6) % 7) - ((b + 6) % 7));
  return listed(ordered.map((day) => WEEKDAYS[day] ?? ""));
}

/** Empty for all of them. */
function monthDayWords(days: readonly number[]): string {
  if (days.length === 31) return "";
  const range = rangeOf(days);
  if (range !== undefined) return `the ${ordinal(range[0])} to the ${ordinal(range[1])}`;
  return `the ${listed(days.map(ordinal))}`;
}

function monthWords({ months }: Schedule): string {
  if (months.length === 12) return "";
  const range = rangeOf(months);
  const named = (month: number): string => MONTHS[month - 1] ?? "";
  return range === undefined ? `in ${listed(months.map(named))}` : `from ${named(range[0])} to ${named(range[1])}`;
}

/** The step of values from 0 up to `end` that are even apart; `end` must be a multiple, or the last gap would differ. */
function stepOf(values: readonly number[], end: number): number | undefined {
  const step = end / values.length;
  if (values.length < 2 || !Number.isInteger(step) || step === 1) return undefined;
  return values.every((value, at) => value === at * step) ? step : undefined;
}

/** First and last of three or more values without a gap. */
function rangeOf(values: readonly number[]): [number, number] | undefined {
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  return values.length > 2 && last - first === values.length - 1 ? [first, last] : undefined;
}

function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;
}

function ordinal(value: number): string {
  const ending = ["th", "st", "nd", "rd"][value % 10] ?? "th";
  return `${value}${value % 100 >= 11 && value % 100 <= 13 ? "th" : ending}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
