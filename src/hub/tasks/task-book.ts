// All tasks in memory beside the store, with what is shown of each: where it runs, when it is due next, how it last went.
import { describeSchedule } from "../../base/schedule/describe.ts";
import { nextDue } from "../../base/schedule/due.ts";
import { readSchedule, type Schedule } from "../../base/schedule/schedule.ts";
import type { Zone } from "../../base/schedule/zone.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { AgentTask, TaskRecord, TaskRun, TaskSpec } from "../../contract/task.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Deployment } from "../services/deployment.ts";
import type { Store, StoredTask } from "../store/store.ts";
import { turnsOf } from "./fan-out.ts";
import { placesOf, zoneOf } from "./task-places.ts";

/** The refusal for a name that no task has. */
export function noSuchTask(name: string): TailherdError {
  return new TailherdError("not_found", `There is no task "${name}"`);
}

interface Entry {
  task: StoredTask;
  schedule: Schedule;
  /** The schedule in words. */
  description: string;
  zone: Zone;
  /** Due next, as it was found last. */
  next: number;
  lastRun: TaskRun | null;
  /** The newest that ended, of those that began; and when the newest was due that is done. */
  lastEnded: TaskRun | null;
  lastDone: number | null;
}

/** Times of a task in Unix seconds, and how it last ended; null where there is none. */
export interface TaskMoments {
  task: string;
  next: number | null;
  lastDone: number | null;
  done: boolean | null;
}

export interface TaskBookParts {
  store: Store;
  book: ServerBook;
  deployment: Deployment;
  now: () => number;
}

/** What the hub knows of tasks, as the store last said it. */
export class TaskBook {
  private readonly entries = new Map<string, Entry>();
  private readonly parts: TaskBookParts;

  private constructor(parts: TaskBookParts) {
    this.parts = parts;
  }

  static async load(parts: TaskBookParts): Promise<TaskBook> {
    const tasks = new TaskBook(parts);
    for (const task of await parts.store.listTasks()) tasks.put(task);
    for (const run of await parts.store.lastRuns()) tasks.ran(run);
    return tasks;
  }

  /** In the order in which they were added. */
  all(): StoredTask[] {
    return [...this.entries.values()].map(({ task }) => task);
  }

  get(name: string): StoredTask | undefined {
    return this.entries.get(name)?.task;
  }

  /** Throws `not_found`. */
  require(name: string): StoredTask {
    const task = this.get(name);
    if (task === undefined) throw noSuchTask(name);
    return task;
  }

  put(task: StoredTask): void {
    const { spec } = task;
    const before = this.entries.get(spec.name);
    const schedule = scheduleOf(spec);
    const description = describeSchedule(schedule);
    this.entries.set(spec.name, {
      task,
      schedule,
      description,
      zone: zoneOf(spec.timezone),
      next: 0,
      lastRun: before?.lastRun ?? null,
      lastEnded: before?.lastEnded ?? null,
      lastDone: before?.lastDone ?? null,
    });
  }

  delete(name: string): void {
    this.entries.delete(name);
  }

  /** A run began, changed or ended. */
  ran(run: TaskRun): void {
    const entry = this.entries.get(run.task);
    if (entry === undefined) return;
    const { lastRun } = entry;
    if (lastRun === null || isNewer(run, lastRun)) entry.lastRun = run;
    if (run.ended_at === null || run.outcome === "skipped") return;
    if (entry.lastEnded === null || isNewer(run, entry.lastEnded)) entry.lastEnded = run;
    if (run.outcome === "done") entry.lastDone = Math.max(entry.lastDone ?? 0, Date.parse(run.due_at));
  }

  /** Ids of the servers that a task runs on. */
  serversOf(spec: Pick<TaskSpec, "action" | "service_name" | "placement">): string[] {
    const { book, deployment } = this.parts;
    return placesOf(spec, { servers: book.stored(), serversOf: (service) => deployment.serversOf(service) });
  }

  /** The tasks of a server, as its agent should have them; or one of them, if it is there. */
  agentTasks(serverId: string, only?: string): AgentTask[] {
    const tasks = only === undefined ? this.all() : [this.get(only)].filter((task) => task !== undefined);
    return tasks.flatMap(({ spec, revision }): AgentTask[] => {
      const servers = this.serversOf(spec);
      if (!servers.includes(serverId)) return [];
      const name = this.nameOf(serverId);
      const offset = this.turnsOf(spec, servers).find(({ server }) => server === name)?.after ?? 0;
      return [{ ...spec, timezone: zoneOf(spec.timezone).name, revision, ...(offset > 0 && { offset }) }];
    });
  }

  /** Where it does not begin together on its servers (ids): in which order, and how much later. */
  turnsOf({ fan_out }: Pick<TaskSpec, "fan_out">, servers: readonly string[]): TaskRecord["turns"] {
    const names = servers.map((id) => this.nameOf(id));
    return turnsOf(names, fan_out);
  }

  private nameOf(serverId: string): string {
    return this.parts.book.nameOf(serverId) ?? serverId;
  }

  /** A task as it is answered. Throws `not_found`. */
  record(name: string): TaskRecord {
    const entry = this.entries.get(name);
    if (entry === undefined) throw noSuchTask(name);
    const { task, description, zone, lastRun } = entry;
    const { spec, revision, owner, created_at, updated_at } = task;
    const ids = this.serversOf(spec);
    const servers = ids.map((id) => this.nameOf(id));
    const due = spec.enabled && servers.length > 0 ? new Date(this.nextOf(entry)).toISOString() : null;
    return {
      ...spec,
      revision,
      owner,
      created_at,
      updated_at,
      zone: zone.name,
      description,
      next_run: due,
      last_run: lastRun,
      servers,
      turns: this.turnsOf(spec, ids),
    };
  }

  records(): TaskRecord[] {
    return [...this.entries.keys()].map((name) => this.record(name));
  }

  moments(): TaskMoments[] {
    return [...this.entries.values()].map((entry) => {
      const { task, lastEnded, lastDone } = entry;
      return {
        task: task.spec.name,
        next: task.spec.enabled ? this.nextOf(entry) / SECOND : null,
        lastDone: lastDone === null ? null : lastDone / SECOND,
        done: lastEnded === null ? null : lastEnded.outcome === "done",
      };
    });
  }

  private nextOf(entry: Entry): number {
    const now = this.parts.now();
    if (entry.next <= now) entry.next = nextDue(entry.schedule, entry.zone, now);
    return entry.next;
  }
}

/** The schedule of a task that was checked. */
export function scheduleOf({ cron_expression }: Pick<TaskSpec, "cron_expression">): Schedule {
  const read = readSchedule(cron_expression);
  if (read.outcome === "read") return read.schedule;
  throw new Error(`"${cron_expression}" was kept and is no schedule: ${read.reason}`);
}

/** Of runs that happen the one due last; those that did not happen count only where there is no other. */
function isNewer(run: TaskRun, than: TaskRun): boolean {
  if (run.id === than.id) return true;
  if ((run.outcome === "skipped") !== (than.outcome === "skipped")) return than.outcome === "skipped";
  return Date.parse(run.due_at) >= Date.parse(than.due_at);
}
