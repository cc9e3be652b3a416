// What /ws tells of tasks: each that was made or deleted, and the newest of those that changed or ran.
import type { ServerMessage } from "../../contract/live.ts";
import type { Announcement } from "../services/announcer.ts";

/** An announcement about a task. */
export type TaskAnnouncement = Extract<Announcement, { what: `task_${string}` }>;

/** The message, and the key of which only the newest matters to a client that is behind; null where each matters. */
export function taskMessage(told: TaskAnnouncement): { message: ServerMessage; key: string | null } {
  if (told.what === "task_run") return { message: { type: told.what, data: told.run }, key: `run ${told.run.id}` };
  if (told.what === "task_deleted") {
    const { what, name } = told;
    return { message: { type: what, task_name: name, data: { name } }, key: null };
  }
  const { what, task } = told;
  return { message: { type: what, data: task }, key: what === "task_created" ? null : `task ${task.name}` };
}
