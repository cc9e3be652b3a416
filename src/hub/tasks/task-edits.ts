// Adding, changing and deleting tasks: the store first, then the agents, then everybody who looks.
import { duesWithin } from "../../base/schedule/due.ts";
import { DAY } from "../../base/units.ts";
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import { type TaskCheck, taskSpecSchema, type TaskSpec } from "../../contract/task.ts";
import type { ServerBook } from "../agents/server-book.ts";
import { placementWarnings } from "../agents/placement.ts";
import type { Announcer } from "../services/announcer.ts";
import type { Catalog } from "../services/catalog.ts";
import type { KeyedQueue } from "../services/keyed-queue.ts";
import type { Actor, Store, StoredTask, TaskExpectation, TaskWriteOutcome } from "../store/store.ts";
import { noSuchTask, scheduleOf, type TaskBook } from "./task-book.ts";
import { zoneOf } from "./task-places.ts";
import type { TaskTelling } from "./task-telling.ts";

export interface TaskParts {
  store: Store;
  catalog: Catalog;
  book: ServerBook;
  tasks: TaskBook;
  telling: TaskTelling;
  announcer: Announcer;
  queue: KeyedQueue;
  now: () => number;
}

/** Edits of tasks, one after the other for each. */
export class TaskEdits {
  private readonly parts: TaskParts;

  constructor(parts: TaskParts) {
    this.parts = parts;
  }

  /** Rejects with `name_taken`, and `invalid` for an unknown service. */
  async add(spec: TaskSpec, actor: Actor): Promise<void> {
    await this.write(spec, "absent", actor);
  }

  /**
   * `revision`: the one that it must be at, where that matters. Rejects with `not_found`, `owned_by_file`, `revision_conflict`, and `invalid`
   * for an unknown service or another name.
   */
  async replace(name: string, spec: TaskSpec, actor: Actor, revision?: number): Promise<void> {
    this.parts.tasks.require(name);
    if (spec.name !== name) {
      const issues = [{ path: "name", message: `must be "${name}": a task keeps its name` }];
      const words = `Cannot rename task "${name}": add it under the new name and delete this one`;
      throw new TailherdError("invalid", words, { issues });
    }
    await this.write(spec, revision === undefined ? "present" : { revision }, actor);
  }

  /** With its history. Rejects with `not_found`, `owned_by_file`. */
  async delete(name: string, actor: Actor): Promise<void> {
    await this.parts.queue.run(keyOf(name), async () => {
      settle(name, await this.parts.store.deleteTask(name, actor));
      await this.gone(name);
      await this.parts.telling.tell(name);
    });
  }

  /** A server has another name: tasks that are placed on it by its name stay there. */
  async serverRenamed(before: string, after: string, actor: Actor): Promise<void> {
    const { tasks, store } = this.parts;
    const naming = tasks.all().filter(({ spec }) => spec.placement.servers.includes(before));
    for (const { spec, owner } of naming) {
      const servers = spec.placement.servers.map((name) => (name === before ? after : name));
      const placed = { ...spec, placement: { ...spec.placement, servers: [...new Set(servers)] } };
      await this.parts.queue.run(keyOf(spec.name), async () => {
        const written = await store.putTask(placed, "present", actor, owner);
        if (written.outcome === "stored") await this.spread(written.task);
      });
    }
    if (naming.length > 0) await this.parts.telling.tell();
  }

  /** Takes over what settings, an import or a plan stored. */
  async reload(): Promise<void> {
    const { store, tasks } = this.parts;
    const stored = await store.listTasks();
    const names = new Set(stored.map(({ spec }) => spec.name));
    for (const { spec } of tasks.all()) if (!names.has(spec.name)) await this.gone(spec.name);
    for (const task of stored) {
      const before = tasks.get(task.spec.name);
      if (before?.revision !== task.revision || before.owner !== task.owner || before.created_at !== task.created_at) {
        await this.spread(task);
      }
    }
    await this.parts.telling.tell();
  }

  /** What is wrong with a task or may not do what is meant, and what it would come to. */
  check(draft: Record<string, unknown>): TaskCheck {
    const read = taskSpecSchema.safeParse(draft);
    if (!read.success) {
      const problems = toFieldIssues(read.error).map((issue) => ({ ...issue, severity: "error" as const }));
      return { problems, servers: [], turns: [], runs_in_week: 0, runs_in_week_now: null };
    }
    const { tasks, book } = this.parts;
    const { data: spec } = read;
    const unknown = this.unknownService(spec);
    const problems = [
      ...(unknown === undefined ? [] : [{ ...unknown, severity: "error" as const }]),
      ...this.warnings(spec).map((message) => ({ path: "", message, severity: "warning" as const })),
    ];
    const before = tasks.get(spec.name);
    const ids = tasks.serversOf(spec);
    return {
      problems,
      servers: ids.map((id) => book.nameOf(id) ?? id),
      turns: tasks.turnsOf(spec, ids),
      runs_in_week: this.inWeek(spec),
      runs_in_week_now: before === undefined ? null : this.inWeek(before.spec),
    };
  }

  /** What a task that was saved all the same may not do, in words. */
  warnings(spec: TaskSpec): string[] {
    const { book, tasks } = this.parts;
    const stored = book.stored();
    const ids = tasks.serversOf(spec);
    const words = placementWarnings(spec.placement, stored);
    if (ids.length === 0) words.push("no server fits it now, so it does not run anywhere");
    if (spec.action !== "command") return words;
    for (const id of ids) {
      const server = book.get(id);
      if (server?.connected !== true) continue;
      if (server.locked) words.push(`the agent of ${server.name} is locked and runs no commands`);
      else if (!server.allow_run)
        words.push(`the agent of ${server.name} was started without --allow-run and runs no commands`);
    }
    return words;
  }

  private inWeek(spec: TaskSpec): number {
    if (!spec.enabled) return 0;
    const now = this.parts.now();
    const span = { after: now, until: now + 7 * DAY, limit: 0 };
    return duesWithin(scheduleOf(spec), zoneOf(spec.timezone), span).count;
  }

  private async write(spec: TaskSpec, expect: TaskExpectation, actor: Actor): Promise<void> {
    const unknown = this.unknownService(spec);
    if (unknown !== undefined) {
      const words = `Cannot save task "${spec.name}": ${unknown.path} ${unknown.message}`;
      throw new TailherdError("invalid", words, { issues: [unknown] });
    }
    await this.parts.queue.run(keyOf(spec.name), async () => {
      await this.spread(settle(spec.name, await this.parts.store.putTask(spec, expect, actor)));
      await this.parts.telling.tell(spec.name);
    });
  }

  private unknownService({ service_name }: TaskSpec): { path: string; message: string } | undefined {
    if (service_name === null || this.parts.catalog.get(service_name) !== undefined) return undefined;
    return { path: "service_name", message: `names no service: there is no "${service_name}"` };
  }

  private async spread(task: StoredTask): Promise<void> {
    const { tasks, announcer } = this.parts;
    const { name } = task.spec;
    const isNew = tasks.get(name) === undefined;
    tasks.put(task);
    await this.seenFromSettings();
    announcer.task(isNew ? "task_created" : "task_updated", tasks.record(name));
  }

  private async gone(name: string): Promise<void> {
    const { tasks, announcer } = this.parts;
    tasks.delete(name);
    await this.seenFromSettings();
    announcer.taskDeleted(name);
  }

  private async seenFromSettings(): Promise<void> {
    const { catalog, store } = this.parts;
    const { scheduled_tasks } = await store.getSettings();
    catalog.settings = { ...catalog.settings, scheduled_tasks };
  }
}

function keyOf(name: string): string {
  return `task\0${name}`;
}

/** The task of a write that went through; throws what stood in its way. */
function settle(name: string, written: TaskWriteOutcome): StoredTask {
  if (written.outcome === "stored") return written.task;
  if (written.outcome === "absent") throw noSuchTask(name);
  if (written.outcome === "exists") {
    throw new TailherdError("name_taken", `Cannot add task "${name}": there is a task of that name`);
  }
  if (written.outcome === "conflict") {
    const words = `Cannot save task "${name}": somebody changed it meanwhile (it is at revision ${written.revision})`;
    throw new TailherdError("revision_conflict", words);
  }
  throw new TailherdError(
    "owned_by_file",
    `Cannot change task "${name}": the file ${written.owner} owns it; change it there`,
  );
}
