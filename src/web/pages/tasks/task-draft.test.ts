import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { taskRecordSchema, taskSpecSchema, type TaskRecord } from "../../../contract/task.ts";
import { durationText, EMPTY_TASK, fromTask, hasOwnCare, inputOf, toTask } from "./task-draft.ts";

/** A record as the hub answers it, of a task as it is written. */
function recordOf(task: object): TaskRecord {
  return taskRecordSchema.parse({
    ...taskSpecSchema.parse(task),
    revision: 1,
    owner: null,
    created_at: "2026-11-26T10:00:00Z",
    updated_at: "2026-11-26T10:00:00Z",
    zone: "UTC",
    description: "",
    next_run: null,
    last_run: null,
    servers: [],
    turns: [],
  });
}

const DAILY = { name: "nightly", cron_expression: "30 2 * * *", action: "restart", service_name: "api" } as const;
const FULL = {
  name: "back up",
  cron_expression: "*/5 * * * *",
  action: "command",
  command: ["/bin/echo", "two words", ""],
  service_name: null,
  enabled: false,
  timezone: "Europe/Berlin",
  overlap: "queue",
  catch_up: "all",
  timeout: 90,
  jitter: 0.5,
  fan_out: { width: 2, stagger: 300 },
  retries: { count: 3, delay: 5, factor: 1.5, max_delay: 7200, jitter: 0.125, within: 86_400 },
  placement: { servers: ["web-1", "web 2"], tags: ["prod", "eu"] },
} as const;

test("a task comes out of its form as it went in", () => {
  for (const task of [DAILY, FULL, { ...FULL, command: "pg_dump | gzip > x.gz", enabled: true }]) {
    // An argument that is empty and last is lost: nobody can see it in the form.
    const { command, ...rest } = taskSpecSchema.parse(task);
    const seen = Array.isArray(command) ? command.slice(0, 2) : command;
    assert.deepEqual(taskSpecSchema.parse(toTask(fromTask(recordOf(task)))), { ...rest, command: seen });
  }
});

test("the form begins with the contract's defaults", () => {
  const { expression: cron_expression } = EMPTY_TASK;
  const standard = taskSpecSchema.parse({ name: "x", cron_expression, action: "restart", service_name: "api" });
  assert.deepEqual(taskSpecSchema.parse(toTask({ ...EMPTY_TASK, name: "x", service: "api" })), standard);
  assert.equal(hasOwnCare(EMPTY_TASK), false);
  assert.equal(hasOwnCare(fromTask(recordOf(DAILY))), false);
  assert.equal(hasOwnCare(fromTask(recordOf(FULL))), true);
});

test("what is no number goes as it is typed, for the hub to refuse", () => {
  const draft = { ...EMPTY_TASK, name: "x", service: "api", timeout: "soon" };
  const retries = { ...draft.retries, count: "many", percent: "" };
  const refused = taskSpecSchema.safeParse(toTask({ ...draft, retries }));
  const paths = refused.error?.issues.map(({ path }) => path.join(".")).toSorted();
  assert.deepEqual(paths, ["retries.count", "retries.jitter", "timeout"]);
});

test("a switch changes nothing but what it stands for", () => {
  const before = recordOf(FULL);
  const after = taskSpecSchema.parse(inputOf(before, { enabled: true }));
  assert.equal(after.enabled, true);
  assert.deepEqual({ ...after, enabled: false, command: null }, { ...taskSpecSchema.parse(FULL), command: null });
});

test("a duration reads as it was, in the largest unit that needs no fraction", () => {
  assert.deepEqual([0, 0.5, 90, 3600, 5400, 86_400].map(durationText), ["0s", "500ms", "90s", "1h", "90m", "1d"]);
  fc.assert(
    fc.property(fc.nat(10_000_000), (milliseconds) => {
      const text = durationText(milliseconds / 1000);
      assert.equal(
        taskSpecSchema.shape.timeout.safeParse(text).success,
        milliseconds >= 100 && milliseconds <= 6.048e8,
      );
    }),
  );
});
