// The five fields of a cron expression, as Debian's cron takes them: numbers, names, lists, ranges, steps after a range or `*`.

/** A field by the name that people read in refusals. */
export type CronFieldName = "minute" | "hour" | "day of the month" | "month" | "day of the week";

/** What a field may hold. */
interface FieldRule {
  name: CronFieldName;
  least: number;
  most: number;
  /** Of `least` and what follows it. */
  names: readonly string[];
}

const MONTH_NAMES = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAY_NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/** In their order. */
export const CRON_FIELDS: readonly FieldRule[] = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTH_NAMES },
  // 7 is Sunday too.
  { name: "day of the week", least: 0, most: 7, names: DAY_NAMES },
];

/** A field that was read. */
export interface CronField {
  /** Ascending; Sunday is 0. */
  values: readonly number[];
  /** It starts with `*`, also where a step follows. */
  star: boolean;
}

/** What stands in a field's way, in words that follow its name. */
export class FieldError extends Error {}

/** Reads one field. Throws `FieldError`. */
export function readField(text: string, rule: FieldRule): CronField {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    for (const value of readPart(part, rule)) values.add(rule.most === 7 && value === 7 ? 0 : value);
  }
  return { values: [...values].toSorted((a, b) => a - b), star: text.startsWith("*") };
}

function readPart(part: string, rule: FieldRule): number[] {
  const [range = "", step, ...more] = part.split("/");
  if (part === "" || more.length > 0) throw new FieldError(`"${part}" is not a number, a range or "*"`);
  const [from, to] = readRange(range, rule);
  if (step === undefined) return stepped(from, to, 1);
  if (range !== "*" && !range.includes("-")) {
    throw new FieldError(`"${part}" has a step after a single value: write ${range}-${rule.most}/${step}`);
  }
  if (!/^\d{1,4}$/.test(step) || Number(step) === 0) {
    throw new FieldError(`"${part}" has a step that is not a number from 1 on`);
  }
  return stepped(from, to, Number(step));
}

function stepped(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step);
}

function readRange(range: string, rule: FieldRule): [number, number] {
  if (range === "*") return [rule.least, rule.most === 7 ? 6 : rule.most];
  const [first = "", last, ...more] = range.split("-");
  if (more.length > 0) throw new FieldError(`"${range}" is not a range`);
  const from = readValue(first, rule);
  if (last === undefined) return [from, from];
  let to = readValue(last, rule);
  // fri-sun
  if (rule.most === 7 && to === 0 && from > 0) to = 7;
  if (to < from) throw new FieldError(`"${range}" ends before it begins`);
  return [from, to];
}

function readValue(text: string, { least, most, names }: FieldRule): number {
  const named = names.indexOf(text.toLowerCase());
  if (named !== -1) return named + least;
  if (/^\d{1,4}$/.test(text)) {
    const value = Number(text);
    if (value >= least && value <= most) return value;
    throw new FieldError(`${text} is not from ${least} to ${most}`);
  }
  throw new FieldError(
    whyNot(text) ?? `"${text}" is not a number${names.length > 0 ? ` or one of ${names.join(" ")}` : ""}`,
  );
}

/** For what other programs take there. */
function whyNot(text: string): string | undefined {
  if (text === "") return "a value is missing";
  if (text === "?") return '"?" is of other schedulers: write "*"';
  if (/[LW#]/i.test(text) && /^[\dLW#]+$/i.test(text))
    return `"${text}": L, W and # are of other schedulers and not known here`;
  return undefined;
}
