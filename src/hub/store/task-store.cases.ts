// What every implementation of the store must do with tasks and their runs, as one suite.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { DAY, HOUR, MINUTE } from "../../base/units.ts";
import {
  MAX_RUN_OUTPUT,
  RUNS_KEPT_OF_TASK,
  settingsTaskSchema,
  type TaskInput,
  type TaskRunDetail,
  taskSpecSchema,
  type TaskSpec,
} from "../../contract/task.ts";
import type { Store } from "./store.ts";
import { actor, specOfInput, type StoreBench } from "./store.cases.ts";

function taskOf(input: Partial<TaskInput> = {}): TaskSpec {
  const nightly = { name: "nightly", cron_expression: "30 2 * * *", action: "restart", service_name: "api" } as const;
  return taskSpecSchema.parse({ ...nightly, ...input });
}

/** A run of that task; the id makes it the same or another one. */
function runOf(id: string, due: number, change: Partial<TaskRunDetail> = {}): TaskRunDetail {
  const due_at = new Date(due).toISOString();
  const about = { task: "nightly", action: "restart", service_name: "api", trigger: "schedule", by: null } as const;
  const end = { outcome: "done", reason: "", attempt: 1, exit_code: null, signal: null, missed: 1 } as const;
  const where = { server_id: "s1", server: "nas", output: "", output_dropped: 0 };
  return { id, due_at, started_at: due_at, ended_at: due_at, ...about, ...end, ...where, ...change };
}

/** Runs the suite on one implementation. */
export function taskStoreCases(name: string, makeBench: () => Promise<StoreBench>): void {
  describe(name, () => {
    let bench: StoreBench;
    let clock: FakeClock;
    let store: Store;

    beforeEach(async () => {
      bench = await makeBench();
      clock = new FakeClock();
      store = await bench.open(clock);
    });
    afterEach(async () => {
      await store.close();
      await bench.forget();
    });
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await bench.open(clock);
    };

    describe("tasks", () => {
      it("are kept in the order in which they were added, with an audit entry each, over a restart", async () => {
        for (const name of ["zeta", "Nightly: stop!"]) await store.putTask(taskOf({ name }), "absent", actor);
        assert.deepEqual(await store.putTask(taskOf({ name: "zeta" }), "absent", actor), { outcome: "exists" });
        assert.deepEqual(await store.putTask(taskOf({ name: "none" }), "present", actor), { outcome: "absent" });
        const changed = await store.putTask(taskOf({ name: "zeta", enabled: false }), "present", actor);
        assert.equal(changed.outcome === "stored" && changed.task.revision, 2);
        const same = await store.putTask(taskOf({ name: "zeta", enabled: false }), "present", actor);
        assert.equal(same.outcome === "stored" && same.task.revision, 2);
        const old = taskOf({ name: "zeta" });
        assert.deepEqual(await store.putTask(old, { revision: 1 }, actor), { outcome: "conflict", revision: 2 });
        assert.deepEqual(await store.putTask({ ...old, name: "none" }, { revision: 1 }, actor), { outcome: "absent" });
        const before = await store.listTasks();
        await reopen();
        assert.deepEqual(await store.listTasks(), before);
        assert.deepEqual(
          before.map(({ spec, revision }) => [spec.name, revision]),
          [
            ["zeta", 2],
            ["Nightly: stop!", 1],
          ],
        );
        assert.deepEqual(
          (await store.listAudit({ limit: 10 })).map(({ action, target }) => `${action} ${target}`),
          ["task.change zeta", "task.add Nightly: stop!", "task.add zeta"],
        );
      });

      it("are a file's where it owns them", async () => {
        const owner = "/srv/tailherd.yaml";
        await store.commitPlan([{ change: "put_task", spec: taskOf(), owner }], actor);
        assert.deepEqual(await store.putTask(taskOf({ enabled: false }), "any", actor), { outcome: "owned", owner });
        assert.deepEqual(await store.deleteTask("nightly", actor), { outcome: "owned", owner });
        const settings = await store.getSettings();
        await assert.rejects(store.putSettings({ ...settings, scheduled_tasks: [] }, actor), { code: "owned_by_file" });
        assert.equal((await store.listTasks()).length, 1);
        await store.commitPlan([{ change: "delete_task", name: "nightly" }], actor);
        assert.deepEqual(await store.deleteTask("nightly", actor), { outcome: "absent" });
      });

      it("are the list in the settings: what that leaves out of a task stays, fields that nobody knows are kept", async () => {
        await store.putTask(taskOf({ timezone: "UTC" }), "absent", actor);
        const settings = await store.getSettings();
        const legacy = {
          name: "nightly",
          cron_expression: "@daily",
          action: "stop",
          service_name: "api",
          colour: "red",
        };
        await store.putSettings({ ...settings, scheduled_tasks: [settingsTaskSchema.parse(legacy)] }, actor);
        const [task] = await store.listTasks();
        assert.deepEqual(
          [task?.spec.cron_expression, task?.spec.action, task?.spec.timezone, task?.unknown],
          ["@daily", "stop", "UTC", { colour: "red" }],
        );
        await store.putTask(taskOf({ name: "newer" }), "absent", actor);
        // Settings that were read before it was there.
        await store.putSettings({ ...settings, update_interval_seconds: 9 }, actor, "keep");
        await store.putSettings({ ...settings, scheduled_tasks: [] }, actor, "merge");
        assert.equal((await store.listTasks()).length, 2);
        await store.deleteTask("newer", actor);
        await reopen();
        assert.deepEqual((await store.getSettings()).scheduled_tasks, [{ ...legacy, enabled: true, timezone: "UTC" }]);
      });
    });

    describe("runs", () => {
      it("are stored once by their id, and never taken back by what is told late", async () => {
        const begun = { outcome: "running", ended_at: null } as const;
        assert.equal((await store.noteRuns([runOf("a", 1000, begun)])).length, 1);
        assert.equal((await store.noteRuns([runOf("a", 1000, begun)])).length, 0);
        assert.equal((await store.noteRuns([runOf("a", 1000, { output: "said" })])).length, 1);
        for (const late of [begun, { outcome: "unknown" }, { outcome: "failed" }] as const) {
          assert.deepEqual(await store.noteRuns([runOf("a", 1000, late)]), []);
        }
        await reopen();
        const run = await store.getRun("nightly", "a");
        assert.deepEqual([run?.outcome, run?.output], ["done", "said"]);
        assert.equal(await store.getRun("other", "a"), undefined);
      });

      it("of one server cannot be changed by another", async () => {
        await store.noteRuns([runOf("a", 1000, { outcome: "running", ended_at: null })]);
        assert.deepEqual(await store.noteRuns([runOf("a", 1000, { server_id: "s2" })]), []);
      });

      it("that did not happen are what they become when they are made up for, and stay it", async () => {
        const missed = runOf("a", 1000, { outcome: "skipped", started_at: null, missed: 3 });
        await store.noteRuns([missed]);
        // Not for a word alone: only once it has begun.
        const asked = runOf("a", 1000, { outcome: "waiting", started_at: null, ended_at: null, trigger: "catch_up" });
        assert.deepEqual(await store.noteRuns([asked]), []);
        const begun = runOf("a", 1000, { outcome: "running", ended_at: null, trigger: "catch_up" });
        assert.equal((await store.noteRuns([begun])).length, 1);
        assert.deepEqual(await store.noteRuns([missed]), []);
        assert.equal((await store.noteRuns([runOf("a", 1000, { trigger: "catch_up" })])).length, 1);
        assert.deepEqual(await store.noteRuns([missed, begun]), []);
        assert.equal((await store.getRun("nightly", "a"))?.outcome, "done");
      });

      it("whose agent died are corrected by what is known after all", async () => {
        await store.noteRuns([runOf("a", 1000, { outcome: "unknown" })]);
        assert.equal((await store.noteRuns([runOf("a", 1000)])).length, 1);
      });

      it("are read newest first, page by page, also of one server", async () => {
        const runs = Array.from({ length: 7 }, (_, at) => runOf(`r${at}`, at * MINUTE, { server_id: `s${at % 2}` }));
        await store.noteRuns(runs);
        const read: string[] = [];
        for (let before: string | undefined; ;) {
          const page = await store.listRuns({ task: "nightly", limit: 3, before });
          read.push(...page.runs.map(({ id }) => id));
          if (page.next === null) break;
          before = page.next;
        }
        assert.deepEqual(read, ["r6", "r5", "r4", "r3", "r2", "r1", "r0"]);
        const { runs: odd } = await store.listRuns({ task: "nightly", server: "s1", limit: 10 });
        assert.deepEqual(
          odd.map(({ id }) => id),
          ["r5", "r3", "r1"],
        );
      });

      it("keep the end of long output, and count what is before it", async () => {
        await store.noteRuns([runOf("a", 1000, { output: `x${"y".repeat(MAX_RUN_OUTPUT)}`, output_dropped: 5 })]);
        const run = await store.getRun("nightly", "a");
        assert.deepEqual(
          [run?.output.length, run?.output.startsWith("y"), run?.output_dropped],
          [MAX_RUN_OUTPUT, true, 6],
        );
      });

      it("are kept for a while, so many of each task, and go with it", async () => {
        await store.putTask(taskOf(), "absent", actor);
        const many = Array.from({ length: RUNS_KEPT_OF_TASK + 100 }, (_, at) => runOf(`r${at}`, at * MINUTE));
        await store.noteRuns(many);
        const oldest = async (): Promise<boolean> => (await store.getRun("nightly", "r0")) !== undefined;
        assert.equal(await oldest(), false);
        assert.ok((await store.getRun("nightly", "r100")) !== undefined);
        await store.dropRunsBefore(RUNS_KEPT_OF_TASK * MINUTE);
        assert.equal(await store.getRun("nightly", "r9999"), undefined);
        assert.equal((await store.listRuns({ task: "nightly", limit: 1000 })).runs.length, 100);
        await store.deleteTask("nightly", actor);
        assert.deepEqual((await store.listRuns({ task: "nightly", limit: 10 })).runs, []);
      });

      it("say how a task last went: the newest that began, else the newest that did not; and when it was last done", async () => {
        for (const name of ["nightly", "idle", "skipped"]) await store.putTask(taskOf({ name }), "absent", actor);
        await store.noteRuns([
          runOf("z", 0),
          runOf("a", HOUR, { outcome: "failed" }),
          runOf("b", 2 * HOUR, { outcome: "skipped" }),
          runOf("c", HOUR, { task: "skipped", outcome: "skipped" }),
        ]);
        assert.deepEqual(
          (await store.lastRuns()).map(({ task, id }) => [task, id]),
          [
            ["nightly", "a"],
            ["nightly", "z"],
            ["skipped", "c"],
          ],
        );
      });
    });

    it("what a task wishes of a service counts unless somebody has wished something since, on that server", async () => {
      await store.putService(specOfInput({ name: "api" }), { kind: "absent" }, actor);
      const on = (server: string) => ({ index: null, server, servers: ["s1", "s2"] });
      clock.advance(DAY);
      await store.setDesired("api", "start", { index: null, server: null, servers: ["s1", "s2"] }, actor);
      const late = clock.now() - HOUR;
      assert.deepEqual(await store.setDesired("api", "stop", on("s1"), actor, late), { outcome: "overtaken" });
      assert.equal((await store.setDesired("api", "stop", on("s1"), actor, clock.now())).outcome, "stored");
      clock.advance(HOUR);
      await store.setDesired("api", "start", on("s2"), actor);
      // Of the other server nobody has wished anything since.
      assert.equal((await store.setDesired("api", "stop", on("s1"), actor, clock.now() - MINUTE)).outcome, "stored");
      assert.deepEqual(await store.setDesired("api", "stop", on("s2"), actor, clock.now() - MINUTE), {
        outcome: "overtaken",
      });
      assert.deepEqual((await store.getService("api"))?.stopped_servers, ["s1"]);
    });
  });
}
