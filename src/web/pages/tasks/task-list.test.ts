import assert from "node:assert/strict";
import { test } from "node:test";
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import {
  firstDue,
  fitsText,
  isShown,
  readTaskView,
  withRun,
  withRunInPages,
  withChanges,
  writeTaskView,
} from "./task-list.ts";

/** As much of a task as the list looks at. */
function task(name: string, more: Partial<TaskRecord> = {}): TaskRecord {
  return {
    name,
    action: "restart",
    service_name: "api",
    command: null,
    cron_expression: "30 2 * * 1-5",
    description: "at 02:30 on weekdays",
    zone: "Europe/Berlin",
    servers: ["web-1"],
    turns: [],
    placement: { servers: [], tags: ["prod"] },
    enabled: true,
    next_run: null,
    last_run: null,
    ...more,
  } as TaskRecord;
}

function run(id: string, due_at: string, more: Partial<TaskRun> = {}): TaskRun {
  return { id, task: "nightly", due_at, outcome: "done", ...more } as TaskRun;
}

test("the address keeps what is shown", () => {
  for (const view of [
    { text: "", show: "all" as const },
    { text: "a b&c", show: "failed" as const },
  ]) {
    assert.deepEqual(readTaskView(writeTaskView(view)), view);
  }
  assert.deepEqual(readTaskView("?show=nothing"), { text: "", show: "all" });
});

test("words are found in name, act, schedule and place, all of them", () => {
  const one = task("nightly");
  for (const text of ["", "night", "restart api", "WEEKDAYS web-1", "30 2", "berlin prod"])
    assert.ok(fitsText(one, text), text);
  assert.ok(!fitsText(one, "nightly web-2"));
});

test("those whose last run did not end well are found, those that never ran are not", () => {
  const last = (outcome: TaskRun["outcome"]): TaskRecord =>
    task("a", { last_run: run("1", "2026-11-26T02:30:00Z", { outcome }) });
  assert.deepEqual(
    (["done", "running", "waiting", "failed", "skipped", "unknown"] as const).filter((outcome) =>
      isShown(last(outcome), "failed"),
    ),
    ["failed", "skipped", "unknown"],
  );
  assert.ok(!isShown(task("a"), "failed"));
  assert.ok(isShown(task("a", { enabled: false }), "off"));
  assert.ok(!isShown(task("a"), "off"));
});

test("tasks that come, change and go keep the order of names", () => {
  const two = [task("job 2"), task("job 10")];
  const after = (...changes: Parameters<typeof withChanges>[1]): string[] =>
    withChanges(two, changes).map(
      ({ name, enabled, last_run: last }) => `${name}${enabled ? "" : " off"}${last?.id ?? ""}`,
    );
  assert.deepEqual(after({ task: task("job 3") }), ["job 2", "job 3", "job 10"]);
  assert.deepEqual(after({ task: task("job 2", { enabled: false }) }), ["job 2 off", "job 10"]);
  assert.deepEqual(after({ gone: "job 2" }, { gone: "job 4" }), ["job 10"]);
  const told = run("a", "2026-11-26T02:30:00Z", { task: "job 10" });
  assert.deepEqual(after({ run: told }, { run: { ...told, task: "gone" } }), ["job 2", "job 10a"]);
  assert.deepEqual(after({ gone: "job 2" }, { task: task("job 2") }, { run: told }), ["job 2", "job 10a"]);
});

test("an older run, told late, does not take the place of the last one", () => {
  const before = task("nightly", { last_run: run("b", "2026-11-26T02:30:00Z") });
  assert.equal(withRun(before, run("a", "2026-11-25T02:30:00Z")).last_run?.id, "b");
  assert.equal(withRun(before, run("b", "2026-11-26T02:30:00Z", { outcome: "failed" })).last_run?.outcome, "failed");
  assert.equal(withRun(before, run("c", "2026-11-27T02:30:00Z")).last_run?.id, "c");
  assert.equal(withRun(before, run("c", "2026-11-27T02:30:00Z", { task: "other" })).last_run?.id, "b");
});

test("a run changes in its place, and a new one comes first", () => {
  const pages = [
    { runs: [run("c", "")], next: "c" },
    { runs: [run("b", ""), run("a", "")], next: null },
  ];
  const ids = (all: { runs: TaskRun[] }[]): string[][] => all.map(({ runs }) => runs.map(({ id }) => id));
  assert.deepEqual(ids(withRunInPages(pages, run("d", ""))), [
    ["d", "c"],
    ["b", "a"],
  ]);
  const changed = withRunInPages(pages, run("a", "", { outcome: "failed" }));
  assert.deepEqual(ids(changed), ids(pages));
  assert.equal(changed[1]?.runs[1]?.outcome, "failed");
  assert.equal(changed[1]?.next, null);
});

test("the first that is due is told, where any is", () => {
  assert.equal(firstDue([task("a")]), null);
  const due = "2026-11-26T10:00:00Z";
  assert.equal(
    firstDue([task("a"), task("b", { next_run: "2026-11-26T10:00:01Z" }), task("c", { next_run: due })]),
    Date.parse(due),
  );
});
