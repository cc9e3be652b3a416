// Fires the tasks of this server: one timer to whatever is due next. It is set anew at least each `LOOK_EVERY`, since a clock that was
// set, or a machine that slept, moves no timer.
import { readSchedule, type Schedule } from "../../base/schedule/schedule.ts";
import { nextDue } from "../../base/schedule/due.ts";
import { findZone, type Zone } from "../../base/schedule/zone.ts";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import { type ClockCourse, courseOf, passedAfter, planDue } from "./due-plan.ts";
import type { RunNotes } from "./run-notes.ts";
import type { Runs } from "./runs.ts";
import type { TaskStore } from "./task-store.ts";

const LOOK_EVERY = 15 * SECOND;

interface Entry {
  task: AgentTask;
  schedule: Schedule;
  zone: Zone;
  /** Looked at up to here, Unix milliseconds. */
  passed: number;
  next: number;
}

export interface SchedulerOptions {
  tasks: TaskStore;
  notes: RunNotes;
  runs: Runs;
  clock: Clock;
  logger: Logger;
}

export class Scheduler {
  private readonly options: SchedulerOptions;
  private readonly entries = new Map<string, Entry>();
  private timer: Timer | undefined;
  private wall: number;
  private monotonic: number;
  private closed = false;

  constructor(options: SchedulerOptions) {
    this.options = options;
    const { clock } = options;
    this.wall = clock.now();
    this.monotonic = clock.monotonic();
  }

  /** Takes up the tasks that are kept; what fell due while nobody looked is caught up with as they say. */
  start(): void {
    const { tasks, notes } = this.options;
    const now = this.wall;
    let back = false;
    for (const { task, since } of tasks.all()) {
      const entry = this.entryOf(task, Math.max(since, notes.passedOf(task.name) ?? since));
      if (entry === undefined) continue;
      const passed = passedAfter(entry.schedule, entry.passed, now);
      back ||= passed !== entry.passed;
      this.put(entry, passed);
    }
    if (back) notes.setBack();
    this.fireDue(now, "off");
    this.arm();
  }

  /** The tasks that are kept changed: what is new or other than before counts from now on. */
  changed(): void {
    const { tasks, notes } = this.options;
    const kept = tasks.all();
    const names = new Set(kept.map(({ task }) => task.name));
    for (const name of this.entries.keys()) {
      if (names.has(name)) continue;
      this.entries.delete(name);
      notes.forget(name);
    }
    for (const { task, since } of kept) {
      const before = this.entries.get(task.name);
      if (before !== undefined && before.task === task) continue;
      const entry = this.entryOf(task, since);
      if (entry === undefined) this.entries.delete(task.name);
      if (entry !== undefined)
        this.put(entry, Math.max(since, before?.task.revision === task.revision ? before.passed : since));
    }
    this.arm();
  }

  /** Runs one now, at most once for this id. */
  async runNow(name: string, id: string, by: string): Promise<{ accepted: boolean; message: string }> {
    const { tasks, notes, runs, clock } = this.options;
    const kept = tasks.get(name);
    if (kept === undefined) return { accepted: false, message: `It was not begun: this server has no task "${name}"` };
    if (notes.has(id)) return { accepted: true, message: "It was begun before" };
    const refusal = await runs.fire(kept.task, { due: clock.now(), trigger: "manual", by, id });
    return refusal === undefined
      ? { accepted: true, message: "It is begun" }
      : { accepted: false, message: `It was not begun: ${refusal}` };
  }

  /** Runs one for a time that was missed, behind those of it that run; not where a run for that time has begun, or is about to by itself. */
  async runMissed(
    name: string,
    { id, by, due }: { id: string; by: string; due: number },
  ): Promise<{ accepted: boolean; message: string }> {
    const { tasks, runs, clock } = this.options;
    const refused = (why: string) => ({ accepted: false, message: `It was not begun: ${why}` });
    const kept = tasks.get(name);
    if (kept === undefined) return refused(`this server has no task "${name}"`);
    const entry = this.entries.get(name);
    // By its clock, which may be behind the hub's.
    if (due > clock.now()) return refused("it is not due yet by the clock of this server");
    if (kept.task.enabled && entry !== undefined && due > entry.passed) return refused("it is about to run by itself");
    const begun = runs.hasBegun(name, due);
    if (begun === "untold") return refused("this server has yet to tell what it ran; ask again in a moment");
    if (begun === "begun") return { accepted: true, message: "It was begun before" };
    const refusal = await runs.fire(kept.task, { due, trigger: "catch_up", by, id });
    return refusal === undefined ? { accepted: true, message: "It is begun" } : refused(refusal);
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  private entryOf(task: AgentTask, passed: number): Entry | undefined {
    const read = readSchedule(task.cron_expression);
    const zone = findZone(task.timezone);
    if (read.outcome === "read" && zone !== undefined) return { task, schedule: read.schedule, zone, passed, next: 0 };
    // A newer hub's, or a zone that this machine does not know.
    const reason = read.outcome === "read" ? `no zone "${task.timezone}"` : read.reason;
    this.options.logger.error({ task: task.name, reason }, "cannot schedule a task");
    return undefined;
  }

  private put(entry: Entry, passed: number): void {
    const next = entry.task.enabled ? nextDue(entry.schedule, entry.zone, passed) : Number.POSITIVE_INFINITY;
    this.entries.set(entry.task.name, { ...entry, passed, next });
  }

  private arm(): void {
    this.timer?.cancel();
    if (this.closed) return;
    const { clock } = this.options;
    let next = Number.POSITIVE_INFINITY;
    for (const entry of this.entries.values()) next = Math.min(next, entry.next);
    if (next === Number.POSITIVE_INFINITY) return;
    this.timer = clock.after(Math.min(Math.max(0, next - clock.now()), LOOK_EVERY), () => this.look());
  }

  private look(): void {
    const { clock, notes, logger } = this.options;
    const [now, monotonic] = [clock.now(), clock.monotonic()];
    const course = courseOf(now - this.wall, monotonic - this.monotonic);
    if (course !== "steady")
      logger.info({ course, by: now - this.wall - (monotonic - this.monotonic) }, "the clock was set");
    if (now < this.wall && course !== "steady") notes.setBack();
    this.wall = now;
    this.monotonic = monotonic;
    if (course !== "steady") {
      for (const entry of this.entries.values()) this.put(entry, passedAfter(entry.schedule, entry.passed, now));
    }
    this.fireDue(now, course);
    this.arm();
  }

  private fireDue(now: number, course: ClockCourse): void {
    const due = [...this.entries.values()].filter(({ next }) => next <= now);
    for (const { task } of due) this.fire(task.name, now, course);
  }

  private fire(name: string, now: number, course: ClockCourse): void {
    const { runs, notes, logger } = this.options;
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    const { task, schedule, zone, passed } = entry;
    const plan = planDue({ schedule, zone, catchUp: task.catch_up }, { passed, now, course });
    notes.pass(name, now);
    this.put(entry, now);
    if (plan.missed !== null) runs.missed(task, plan.missed);
    for (const { due, trigger } of plan.fire) {
      runs.fire(task, { due, trigger, by: null }).catch((error: unknown) => {
        logger.error({ error: String(error), task: name }, "cannot run a task");
      });
    }
  }
}
