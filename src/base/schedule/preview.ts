// What a schedule comes to in a zone: for forms, the command line, and refusals.
import { describeSchedule } from "./describe.ts";
import { nextDues } from "./due.ts";
import { scheduleNotes } from "./notes.ts";
import type { Schedule } from "./schedule.ts";
import type { Zone } from "./zone.ts";

/** Shown before a task is trusted. */
export interface SchedulePreview {
  /** "at 02:30 on weekdays". */
  description: string;
  /** ISO 8601, in UTC. */
  next: string[];
  notes: string[];
}

/** The next `count` times after `from`. */
export function previewSchedule(schedule: Schedule, zone: Zone, from: number, count: number): SchedulePreview {
  return {
    description: describeSchedule(schedule),
    next: nextDues(schedule, zone, from, count).map((due) => new Date(due).toISOString()),
    notes: scheduleNotes(schedule, zone, from),
  };
}
