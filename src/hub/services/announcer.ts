// What the hub itself announces: changes of definitions and settings, for live views and for the record.
import { Emitter } from "../../base/emitter.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { TaskRecord, TaskRun } from "../../contract/task.ts";
import type { Settings } from "../../contract/settings.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { Actor } from "../store/store.ts";

/** Something that people did. */
export type Announcement =
  | { what: "service_added"; record: ServiceRecord }
  | { what: "service_changed"; record: ServiceRecord }
  | { what: "service_deleted"; name: string }
  | { what: "settings_updated"; settings: Settings }
  | { what: "task_created" | "task_updated"; task: TaskRecord }
  | { what: "task_deleted"; name: string }
  | { what: "task_run"; run: TaskRun }
  /** An act on services ended, well or not: clients that never subscribed get the whole status then. */
  | { what: "act_ended" };

/** Tells live views, and puts changes of definitions among the events. */
export class Announcer {
  readonly told = new Emitter<Announcement>();
  private readonly events: EventFeed;
  private readonly now: () => number;

  constructor(events: EventFeed, now: () => number) {
    this.events = events;
    this.now = now;
  }

  /** A definition was added or changed; saving an equal one is neither. */
  stored(record: ServiceRecord, before: ServiceRecord | undefined, actor: Actor): void {
    if (before === undefined) {
      this.told.emit({ what: "service_added", record });
      this.record(`service.added:${record.name}:${record.created_at}`, record.name, actor, {
        type: "service.added",
        revision: record.revision,
      });
      return;
    }
    this.told.emit({ what: "service_changed", record });
    if (before.revision === record.revision) return;
    this.record(`service.changed:${record.name}:${record.created_at}:${record.revision}`, record.name, actor, {
      type: "service.changed",
      revision: record.revision,
    });
  }

  deleted(record: ServiceRecord, actor: Actor): void {
    this.told.emit({ what: "service_deleted", name: record.name });
    this.record(`service.deleted:${record.name}:${record.created_at}`, record.name, actor, { type: "service.deleted" });
  }

  settings(settings: Settings): void {
    this.told.emit({ what: "settings_updated", settings });
  }

  task(what: "task_created" | "task_updated", task: TaskRecord): void {
    this.told.emit({ what, task });
  }

  taskDeleted(name: string): void {
    this.told.emit({ what: "task_deleted", name });
  }

  taskRan(run: TaskRun): void {
    this.told.emit({ what: "task_run", run });
  }

  actEnded(): void {
    this.told.emit({ what: "act_ended" });
  }

  private record(
    id: string,
    service: string,
    actor: Actor,
    rest:
      | { type: "service.added"; revision: number }
      | { type: "service.changed"; revision: number }
      | { type: "service.deleted" },
  ): void {
    const at = new Date(this.now()).toISOString();
    const event: TailherdEvent = { id, at, service, server_id: null, index: null, by: actor.principal, ...rest };
    this.events.add(event);
  }
}
