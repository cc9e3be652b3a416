// What Prometheus is told of tasks: enough to be warned of one that fails, or does not run any more.
import type { TaskMoments } from "../../tasks/task-book.ts";
import type { HubParts } from "../hub-parts.ts";
import type { Exposition, Family } from "./exposition.ts";

const FAMILIES: (Family & { read: (moments: TaskMoments) => number | null })[] = [
  {
    name: "tailherd_task_last_success_timestamp_seconds",
    type: "gauge",
    help: "When the task was due that was done last, on any of its servers, Unix time.",
    read: ({ lastDone }) => lastDone,
  },
  {
    name: "tailherd_task_last_run_done",
    type: "gauge",
    help: "1 when the newest run that ended is done, 0 when it failed or nobody knows.",
    read: ({ done }) => (done === null ? null : Number(done)),
  },
  {
    name: "tailherd_task_next_run_timestamp_seconds",
    type: "gauge",
    help: "When the task is due next, Unix time.",
    read: ({ next }) => next,
  },
];

/** Writes it. */
export function collectTasks({ tasks }: Pick<HubParts, "tasks">, exposition: Exposition): void {
  const all = tasks.moments();
  for (const { read, ...family } of FAMILIES) {
    exposition.begin(family);
    for (const moments of all) exposition.add({ task: moments.task }, read(moments));
  }
}
