// A schedule's expression as a preset and as five fields: three views of one text. Pure. Whether it is right, and what it means in
// full, is the hub's to say; here only what a form needs to show and to change it.

/** The fields of an expression, in their order. */
export const FIELDS = [
  { key: "minute", label: "Minute", help: "0 to 59" },
  { key: "hour", label: "Hour", help: "0 to 23" },
  { key: "day", label: "Month day", help: "1 to 31" },
  { key: "month", label: "Month", help: "1 to 12, or jan to dec" },
  { key: "weekday", label: "Weekday", help: "0 to 7, or sun to sat; 0 and 7 are Sunday" },
] as const;

/** What most schedules are. Weekdays from 0, Sunday, to 6; hours and minutes of the task's zone. */
export type Preset =
  | { kind: "minutes"; every: number }
  | { kind: "hourly"; minute: number }
  | { kind: "daily"; hour: number; minute: number }
  | { kind: "weekly"; days: readonly number[]; hour: number; minute: number }
  | { kind: "monthly"; day: number; hour: number; minute: number };

const NICKNAMES: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const MONDAY_TO_FRIDAY = [1, 2, 3, 4, 5];

/** The fields as they stand, nicknames written out; fewer or more than five where the text has so many. */
export function fieldsOf(expression: string): string[] {
  const text = expression.trim();
  return (NICKNAMES[text.toLowerCase()] ?? text).split(/\s+/).filter((field) => field !== "");
}

/** The expression with one field changed; an empty field is "any", and fields that were missing come to be so. */
export function withField(expression: string, place: number, field: string): string {
  const fields = fieldsOf(expression);
  const length = Math.max(FIELDS.length, fields.length);
  return Array.from(
    { length },
    (_, index) => (index === place ? field.replaceAll(/\s+/g, "") : fields[index]) || "*",
  ).join(" ");
}

/** The expression of a preset. */
export function expressionOf(preset: Preset): string {
  switch (preset.kind) {
    case "minutes":
      return preset.every === 1 ? "* * * * *" : `*/${preset.every} * * * *`;
    case "hourly":
      return `${preset.minute} * * * *`;
    case "daily":
      return `${preset.minute} ${preset.hour} * * *`;
    case "weekly":
      return `${preset.minute} ${preset.hour} * * ${daysText(preset.days)}`;
    case "monthly":
    default:
      return `${preset.minute} ${preset.hour} ${preset.day} * *`;
  }
}

/** The preset that says the same as the expression; null where none does. */
export function presetOf(expression: string): Preset | null {
  const fields = fieldsOf(expression);
  const [first = "", second = "", day = "", month = "", weekday = ""] = fields;
  if (fields.length !== FIELDS.length || month !== "*") return null;
  const minute = numberIn(first, 0, 59);
  const hour = numberIn(second, 0, 23);
  if (second === "*" && day === "*" && weekday === "*") {
    if (minute !== null) return { kind: "hourly", minute };
    const every = first === "*" ? 1 : numberIn(/^\*\/(\d+)$/.exec(first)?.[1] ?? "", 1, 59);
    return every === null ? null : { kind: "minutes", every };
  }
  if (minute === null || hour === null) return null;
  if (weekday !== "*") {
    const days = day === "*" ? daysOf(weekday) : null;
    return days === null ? null : { kind: "weekly", days, hour, minute };
  }
  if (day === "*") return { kind: "daily", hour, minute };
  const ofMonth = numberIn(day, 1, 31);
  return ofMonth === null ? null : { kind: "monthly", day: ofMonth, hour, minute };
}

/** A preset of another kind that keeps what it can: the time of day stays. */
export function turnedInto(kind: Preset["kind"], from: Preset | null): Preset {
  const minute = from !== null && "minute" in from ? from.minute : 0;
  const hour = from !== null && "hour" in from ? from.hour : 3;
  switch (kind) {
    case "minutes":
      return { kind, every: 15 };
    case "hourly":
      return { kind, minute };
    case "daily":
      return { kind, hour, minute };
    case "weekly":
      return { kind, days: [1], hour, minute };
    case "monthly":
    default:
      return { kind, day: 1, hour, minute };
  }
}

function daysText(days: readonly number[]): string {
  const sorted = [...new Set(days)].toSorted((a, b) => a - b);
  return sorted.join() === MONDAY_TO_FRIDAY.join() ? "1-5" : sorted.join();
}

/** Weekdays of a list of days and ranges; null where it is anything else. */
function daysOf(text: string): number[] | null {
  const days = new Set<number>();
  for (const part of text.toLowerCase().split(",")) {
    const [from, to = from] = part.split("-").map(dayOf);
    if (part.split("-").length > 2 || from === undefined || to === undefined) return null;
    if (from === null || to === null || to < from) return null;
    for (let day = from; day <= to; day++) days.add(day % 7);
  }
  return [...days].toSorted((a, b) => a - b);
}

function dayOf(text: string): number | null {
  const named = WEEKDAYS.indexOf(text);
  return named === -1 ? numberIn(text, 0, 7) : named;
}

function numberIn(text: string, least: number, most: number): number | null {
  if (!/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
