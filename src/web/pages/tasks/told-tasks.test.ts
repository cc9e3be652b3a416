import { QueryClient } from "@tanstack/react-query";
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import { ToldTasks } from "./told-tasks.ts";

function task(name: string, revision = 1): TaskRecord {
  return { name, revision, last_run: null } as TaskRecord;
}

const run = { id: "r", task: "a", due_at: "2026-11-26T02:30:00Z", outcome: "running" } as TaskRun;

test("what is told goes into every answer that holds it, and into none that was never asked for", () => {
  const queries = new QueryClient();
  queries.setQueryData(["tasks"], [task("a"), task("b")]);
  queries.setQueryData(["task", "a"], task("a"));
  queries.setQueryData(["task-runs", "a"], { pages: [{ runs: [], next: null }], pageParams: [undefined] });
  new ToldTasks(queries).absorb([{ task: task("a", 2) }, { gone: "b" }, { run }]);
  assert.deepEqual(queries.getQueryData(["tasks"]), [{ ...task("a", 2), last_run: run }]);
  assert.deepEqual(queries.getQueryData(["task", "a"]), { ...task("a", 2), last_run: run });
  assert.deepEqual(queries.getQueryData<{ pages: unknown }>(["task-runs", "a"])?.pages, [{ runs: [run], next: null }]);
  assert.equal(queries.getQueryData(["task", "b"]), undefined);
});

test("an answer that is overtaken by what is told is asked for again, once, also the first one", async () => {
  const queries = new QueryClient();
  const told = new ToldTasks(queries);
  const asked: { resolve: (tasks: TaskRecord[]) => void; promise: Promise<TaskRecord[]> }[] = [];
  const queryFn = (): Promise<TaskRecord[]> => {
    const answer = Promise.withResolvers<TaskRecord[]>();
    asked.push(answer);
    return answer.promise;
  };
  const first = queries.fetchQuery({ queryKey: ["tasks"], queryFn });
  told.absorb([{ task: task("a", 2) }]);
  told.absorb([{ task: task("a", 3) }]);
  asked[0]?.resolve([task("a", 1)]);
  await first;
  // Nobody looks at it here: it is only marked as one to be asked for again.
  assert.equal(queries.getQueryState(["tasks"])?.isInvalidated, true);
  const second = queries.fetchQuery({ queryKey: ["tasks"], queryFn });
  asked[1]?.resolve([task("a", 3)]);
  await second;
  assert.equal(queries.getQueryState(["tasks"])?.isInvalidated, false);
  assert.equal(asked.length, 2);
});
