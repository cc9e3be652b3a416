// What is to be run of the times that have passed since a task was looked at last: a pure function.
import { CORRECTION, duesWithin } from "../../base/schedule/due.ts";
import type { Schedule } from "../../base/schedule/schedule.ts";
import type { Zone } from "../../base/schedule/zone.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import type { AgentTask } from "../../contract/task.ts";

/** A time that passed no longer ago than this is on time: the machine was busy. */
const ON_TIME = MINUTE;
/** A clock that goes on differently from the machine's own by more than this was set. */
const SET = 5 * SECOND;
/** A missed time is not caught up with by `last` after so long. */
const CATCH_UP_WITHIN = HOUR;
/** Missed times that `all` runs at most. */
const MOST_CAUGHT_UP = 10;
/** Missed times are counted so far back; of tasks that are rarely due, further. */
const COUNTED = 7 * DAY;
const COUNTED_RARE = 400 * DAY;

/**
 * How the clock went on since the last look. `steady`: as it should. `forward`, `back`: it was set, or the machine slept, by at most
 * three hours, as at a change of the clock. `corrected`: by more than that, either way. `off`: nobody looked, since the agent was not
 * running: even what has just passed was missed.
 */
export type ClockCourse = "steady" | "forward" | "back" | "corrected" | "off";

/** Milliseconds that the wall clock and one that never jumps went on between two looks. */
export function courseOf(wall: number, monotonic: number): Exclude<ClockCourse, "off"> {
  const jump = wall - monotonic;
  if (Math.abs(jump) <= SET) return "steady";
  if (Math.abs(jump) > CORRECTION) return "corrected";
  return jump > 0 ? "forward" : "back";
}

/** Up to when a task counts as looked at once the clock was set: where it was set back, wild schedules follow it, and all of them a correction. */
export function passedAfter(schedule: Schedule, passed: number, now: number): number {
  const ahead = passed - now;
  return ahead > 0 && (!schedule.fixed || ahead > CORRECTION) ? now : passed;
}

/** What is due. */
export interface DueTask {
  schedule: Schedule;
  zone: Zone;
  catchUp: AgentTask["catch_up"];
}

/** What to do. */
export interface DuePlan {
  /** Oldest first. */
  fire: { due: number; trigger: "schedule" | "catch_up" }[];
  /** What is not run: the last of it, how many there were, and why. */
  missed: { due: number; count: number; reason: string } | null;
}

/** Of the times after `passed` and up to `now`.. */
export function planDue(
  { schedule, zone, catchUp }: DueTask,
  { passed, now, course }: { passed: number; now: number; course: ClockCourse },
): DuePlan {
  const { dues, count } = passedTimes(schedule, zone, passed, now);
  const onTime = course === "off" ? [] : dues.filter((due) => now - due <= ON_TIME);
  const late = dues.filter((due) => !onTime.includes(due));
  const fired = onTime.map((due) => ({ due, trigger: "schedule" as const }));
  const plan = (fire: DuePlan["fire"], reason: string): DuePlan => {
    const last = dues.findLast((due) => !fire.some((each) => each.due === due));
    const left = count - fire.length;
    return { fire, missed: left > 0 ? { due: last ?? now, count: left, reason } : null };
  };
  if (course === "forward" && schedule.fixed) {
    const last = dues.at(-1);
    return plan(last === undefined ? [] : [{ due: last, trigger: "schedule" }], SKIPPED_TOGETHER);
  }
  if (course === "forward") return plan(fired, SKIPPED);
  const caught = caughtUp(late, onTime.length > 0, catchUp, now).map((due) => ({ due, trigger: "catch_up" as const }));
  const why = course === "corrected" ? "the clock was corrected by more than 3 h" : "the agent was not running";
  return plan([...caught, ...fired], `missed: ${why}, and catch_up ${CATCH_UP_WORDS[catchUp]}`);
}

/** The last of them, and how many there were. */
function passedTimes(schedule: Schedule, zone: Zone, passed: number, now: number): { dues: number[]; count: number } {
  const since = (span: number): { dues: number[]; count: number } =>
    duesWithin(schedule, zone, { after: Math.max(passed, now - span), until: now, limit: MOST_CAUGHT_UP + 3 });
  const found = since(COUNTED);
  return found.count > MOST_CAUGHT_UP || passed >= now - COUNTED ? found : since(COUNTED_RARE);
}

const SKIPPED = "the clock went over it";
const SKIPPED_TOGETHER = "the clock went over it: what is skipped several times over runs once";
const CATCH_UP_WORDS = {
  none: "is none",
  last: "takes the last time within 1 h",
  all: `takes the last ${MOST_CAUGHT_UP} times`,
};

function caughtUp(late: number[], dueNow: boolean, catchUp: AgentTask["catch_up"], now: number): number[] {
  if (catchUp === "all") return late.slice(-MOST_CAUGHT_UP);
  const last = late.at(-1);
  // What is due right now stands for it.
  if (catchUp === "none" || dueNow || last === undefined || now - last > CATCH_UP_WITHIN) return [];
  return [last];
}
