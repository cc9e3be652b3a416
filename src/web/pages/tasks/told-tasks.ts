// Takes what the hub tells of tasks into what was asked for before: the list, a task, its history.
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/react-query";
import type { RouteResult } from "../../../contract/routes.ts";
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import { withChanges, withRun, withRunInPages, type TaskChange } from "./task-list.ts";

type RunPages = InfiniteData<RouteResult<"GET /api/tasks/{name}/runs">, string | undefined>;

/** What was told, put into answers; one that is on its way may be older, and is asked for again when it has come. */
export class ToldTasks {
  private readonly queries: QueryClient;
  private readonly overtaken = new WeakSet<object>();

  constructor(queries: QueryClient) {
    this.queries = queries;
  }

  absorb(changes: readonly TaskChange[]): void {
    this.change<TaskRecord[]>(["tasks"], (before) => withChanges(before, changes));
    for (const each of changes) {
      if ("gone" in each) void this.queries.invalidateQueries({ queryKey: ["task", each.gone] });
      else if ("task" in each) this.change<TaskRecord>(["task", each.task.name], () => each.task);
      else this.run(each.run);
    }
  }

  private run(run: TaskRun): void {
    this.change<TaskRecord>(["task", run.task], (before) => withRun(before, run));
    this.change<RunPages>(["task-runs", run.task], (before) => ({
      ...before,
      pages: withRunInPages(before.pages, run),
    }));
  }

  private change<T>(queryKey: QueryKey, apply: (before: T) => T): void {
    this.queries.setQueryData<T>(queryKey, (before) => before && apply(before));
    const query = this.queries.getQueryCache().find({ queryKey, exact: true });
    if (query?.state.fetchStatus !== "fetching" || this.overtaken.has(query)) return;
    this.overtaken.add(query);
    const again = (): void => {
      this.overtaken.delete(query);
      void this.queries.invalidateQueries({ queryKey, exact: true });
    };
    query.promise?.then(again, again);
  }
}
