// From when on a task's missed times are looked for: choices, and what they mean at a time.
import { HOUR } from "../../../base/units.ts";
import type { TaskRecord } from "../../../contract/task.ts";

export type SinceChoice = "hour" | "today" | "off" | "date";

/** What somebody may choose. "since it was switched off" is that as far as is known: when it was last saved. */
export function sinceChoices({ enabled }: Pick<TaskRecord, "enabled">): { value: SinceChoice; label: string }[] {
  return [
    { value: "hour", label: "The last hour" },
    { value: "today", label: "Today" },
    ...(enabled ? [] : [{ value: "off" as const, label: "It was switched off or last changed" }]),
    { value: "date", label: "A date…" },
  ];
}

/** Unix milliseconds; null where that is no time, or still to come. `date`: as a date field has it, in local time. */
export function sinceOf(
  { choice, date }: { choice: SinceChoice; date: string },
  { updated_at }: Pick<TaskRecord, "updated_at">,
  now: number,
): number | null {
  if (choice === "hour") return now - HOUR;
  if (choice === "today") return new Date(now).setHours(0, 0, 0, 0);
  const time = Date.parse(choice === "off" ? updated_at : date);
  return Number.isNaN(time) || time > now ? null : time;
}
