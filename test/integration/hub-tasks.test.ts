// Tasks through the hub: the predecessor's routes, what is refused, what agents are told, runs and live messages.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import { serverMessageSchema } from "../../src/contract/live.ts";
import { MINUTE } from "../../src/base/units.ts";
import type { AgentTask, TaskMissed } from "../../src/contract/task.ts";
import { dueRunId } from "../../src/runtime/run-id.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const nightly = { name: "nightly", cron_expression: "30 2 * * 1-5", action: "restart", service_name: "api" };

async function startWithApi(): Promise<TestHub> {
  const hub = await startTestHub();
  await hub.request("POST /api/services", { body: { name: "api", start_cmd: "x" } });
  return hub;
}

function taskOf({ agent }: TestHub, name = "nightly"): AgentTask {
  const task = agent.tasks.get(name);
  assert.ok(task);
  return task;
}

/** The machine's clock, from another time on. */
function clockFrom(time: number): Clock {
  const began = systemClock.monotonic();
  return { ...systemClock, now: () => Math.round(time + systemClock.monotonic() - began) };
}

describe("tasks", () => {
  it("are not overwritten by who has seen an older revision", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: nightly });
    const { headers: seen } = await hub.request("GET /api/tasks/nightly");
    assert.equal(seen.etag, '"1"');
    const save = async (enabled: boolean, match: string): Promise<(number | string)[]> => {
      const body = { ...nightly, enabled };
      const { status, json } = await hub.request("PUT /api/tasks/nightly", { body, headers: { "if-match": match } });
      return status === 200 ? [status] : [status, json.code];
    };
    assert.deepEqual(await save(false, seen.etag ?? ""), [200]);
    assert.deepEqual(await save(true, seen.etag ?? ""), [412, "revision_conflict"]);
    assert.deepEqual(await save(true, '"no-revision"'), [412, "revision_conflict"]);
    assert.equal((await hub.request("GET /api/tasks/nightly")).json.enabled, false);
    assert.deepEqual(await save(true, "*"), [200]);
  });

  it("are added, changed and deleted as with the predecessor, and its agent has them", async () => {
    await using hub = await startWithApi();
    const added = await hub.request("POST /api/tasks", { body: nightly });
    assert.deepEqual([added.status, added.json.success], [200, true]);
    const [task] = (await hub.request("GET /api/tasks")).json;
    assert.deepEqual(
      [task.name, task.description, task.enabled, task.catch_up, task.servers],
      ["nightly", "at 02:30 on weekdays", true, "last", ["fake"]],
    );
    assert.ok(Date.parse(task.next_run) > Date.now());
    assert.equal(taskOf(hub).timezone, task.zone);
    const body = { ...nightly, enabled: false, timezone: "Europe/Berlin" };
    assert.equal((await hub.request("PUT /api/tasks/nightly", { body })).status, 200);
    const { json: changed } = await hub.request("GET /api/tasks/nightly");
    assert.deepEqual([changed.next_run, changed.zone, changed.revision], [null, "Europe/Berlin", 2]);
    assert.equal(taskOf(hub).enabled, false);
    assert.equal((await hub.request("DELETE /api/tasks/nightly")).json.success, true);
    assert.equal(hub.agent.tasks.size, 0);
    assert.equal((await hub.request("DELETE /api/tasks/nightly")).status, 404);
    const odd = 'a/b: "stop" 100%?';
    assert.equal((await hub.request("POST /api/tasks", { body: { ...nightly, name: odd } })).status, 200);
    assert.equal((await hub.request(`GET /api/tasks/${encodeURIComponent(odd)}`)).json.name, odd);
  });

  it("are refused with the field and the reason", async () => {
    await using hub = await startWithApi();
    const refusal = async (change: object): Promise<string> => {
      const { status, json } = await hub.request("POST /api/tasks", { body: { ...nightly, ...change } });
      assert.equal(status, 422, JSON.stringify(json));
      return json.issues.map(({ path, message }: { path: string; message: string }) => `${path}: ${message}`).join();
    };
    assert.equal(await refusal({ cron_expression: "61 * * * *" }), "cron_expression: minute: 61 is not from 0 to 59");
    assert.match(await refusal({ cron_expression: "0 0 30 2 *" }), /would never fire/);
    assert.match(await refusal({ timezone: "Mars/Olympus" }), /^timezone: must be the name of a zone/);
    assert.match(await refusal({ action: "explode" }), /^action: /);
    assert.match(await refusal({ service_name: "ghost" }), /^service_name: names no service: there is no "ghost"/);
    assert.match(await refusal({ action: "command", service_name: null }), /^command: is required/);
    assert.match(await refusal({ overlap: "sometimes" }), /^overlap: /);
    assert.match(await refusal({ fan_out: { width: 2 } }), /^fan_out.stagger: is required beside width/);
    assert.match(await refusal({ fan_out: { stagger: 60 } }), /^fan_out.width: is required beside stagger/);
    await hub.request("POST /api/tasks", { body: nightly });
    const twice = await hub.request("POST /api/tasks", { body: nightly });
    assert.deepEqual([twice.status, twice.json.code], [409, "name_taken"]);
    assert.equal(twice.json.detail, 'Cannot add task "nightly": there is a task of that name');
  });

  it("are the list in the settings, from both sides", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: { ...nightly, timezone: "UTC" } });
    const { json } = await hub.request("GET /api/settings");
    assert.deepEqual(json.scheduled_tasks, [{ ...nightly, enabled: true, timezone: "UTC" }]);
    const weekly = {
      name: "weekly: stop!",
      cron_expression: "@weekly",
      action: "stop",
      service_name: "api",
      note: "x",
    };
    const scheduled_tasks = [{ ...nightly, cron_expression: "0 3 * * *" }, weekly];
    assert.equal((await hub.request("POST /api/settings", { body: { scheduled_tasks } })).status, 200);
    const tasks = (await hub.request("GET /api/tasks")).json;
    assert.deepEqual(
      tasks.map(({ name, cron_expression, timezone }: AgentTask) => [name, cron_expression, timezone]),
      [
        ["nightly", "0 3 * * *", "UTC"],
        ["weekly: stop!", "@weekly", null],
      ],
    );
    assert.deepEqual([...hub.agent.tasks.keys()], ["nightly", "weekly: stop!"]);
    const exported = (await hub.request("GET /api/export")).json.settings.scheduled_tasks;
    assert.deepEqual(exported[1], { ...weekly, enabled: true });
    assert.equal((await hub.request("POST /api/settings", { body: { update_interval_seconds: 3 } })).status, 200);
    assert.equal((await hub.request("GET /api/tasks")).json.length, 2);
    // The predecessor's clients may tell of tasks before their services.
    const early = [{ ...weekly, service_name: "later" }];
    assert.equal((await hub.request("POST /api/settings", { body: { scheduled_tasks: early } })).status, 200);
    assert.equal((await hub.request("GET /api/tasks")).json[0].next_run, null);
    await hub.request("POST /api/services", { body: { name: "later", start_cmd: "x" } });
    await hub.agent.untilTasks(1);
    await hub.request("POST /api/settings", { body: { scheduled_tasks: [] } });
    assert.deepEqual((await hub.request("GET /api/tasks")).json, []);
    assert.equal(hub.agent.tasks.size, 0);
  });

  it("are saved also where an agent of an older release does not know of them", async () => {
    await using hub = await startWithApi();
    hub.agent.failure = (method) =>
      method === "set_task" ? new TailherdError("invalid", 'there is no method "set_task"') : undefined;
    assert.equal((await hub.request("POST /api/tasks", { body: nightly })).status, 200);
    assert.equal(hub.agent.tasks.size, 0);
    assert.equal((await hub.request("GET /api/tasks")).json.length, 1);
  });

  it("of a file are made so, owned by it, and gone when it names them no more", async () => {
    await using hub = await startWithApi();
    const owner = "/srv/tailherd.yaml";
    const services = [{ name: "api", start_cmd: "x" }];
    const apply = async (tasks: object[] | undefined): Promise<string[]> => {
      const { status, json } = await hub.request("POST /api/apply", { body: { owner, services, tasks } });
      assert.equal(status, 200, JSON.stringify(json));
      return json.task_steps.map(({ task, change }: { task: string; change: string }) => `${change} ${task}`);
    };
    assert.deepEqual(await apply([nightly]), ["add nightly"]);
    assert.deepEqual(await apply([nightly]), ["same nightly"]);
    assert.deepEqual(await apply([{ ...nightly, cron_expression: "@daily" }]), ["change nightly"]);
    assert.equal(taskOf(hub).cron_expression, "@daily");
    const refused = await hub.request("PUT /api/tasks/nightly", { body: nightly });
    assert.deepEqual([refused.status, refused.json.code], [409, "owned_by_file"]);
    assert.deepEqual(await apply(undefined), []);
    const ghost = { ...nightly, name: "other", service_name: "ghost" };
    const wrong = await hub.request("POST /api/apply", { body: { owner, services, tasks: [ghost] } });
    assert.deepEqual([wrong.status, wrong.json.issues[0].path], [422, "tasks.0.service_name"]);
    assert.deepEqual(await apply([]), ["remove nightly"]);
    assert.equal(hub.agent.tasks.size, 0);
  });

  it("follow their service to where it belongs", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: nightly });
    await hub.request("PATCH /api/services/api", { body: { placement: { tags: ["elsewhere"] } } });
    await hub.agent.untilTasks(0);
    assert.equal((await hub.request("GET /api/tasks/nightly")).json.next_run, null);
    await hub.request("PATCH /api/services/api", { body: { placement: null } });
    await hub.agent.untilTasks(1);
    await hub.request("PUT /api/tasks/nightly", { body: { ...nightly, placement: { servers: ["fake"] } } });
    const [home] = (await hub.request("GET /api/servers")).json;
    await hub.request(`PATCH /api/servers/${home.id}`, { body: { name: "renamed" } });
    assert.deepEqual((await hub.request("GET /api/tasks/nightly")).json.servers, ["renamed"]);
  });
});

describe("runs", () => {
  it("are stored once however often they are told, and read back page by page", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: nightly });
    const task = taskOf(hub);
    const at = (hour: number): string => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
    const probe = await hub.connect();
    for (const hour of [1, 2, 3, 2, 1]) {
      const heard = probe.next("task_run");
      hub.agent.tellRun(task, { due_at: at(hour), outcome: "running", ended_at: null });
      hub.agent.tellRun(task, { due_at: at(hour), output: `hour ${hour}\n` });
      if (hour === 3) await heard;
    }
    hub.agent.tellRun(task, { due_at: at(4), outcome: "skipped", started_at: null, reason: "the machine was off" });
    await probe.next("task_run", ({ data }) => data.outcome === "skipped");
    const page = (await hub.request("GET /api/tasks/nightly/runs?limit=3")).json;
    const dues = (runs: { due_at: string }[]): string[] => runs.map(({ due_at }) => due_at);
    assert.deepEqual(dues(page.runs), [at(4), at(3), at(2)]);
    const rest = (await hub.request(`GET /api/tasks/nightly/runs?limit=3&before=${page.next}`)).json;
    assert.deepEqual([dues(rest.runs), rest.next], [[at(1)], null]);
    const one = (await hub.request(`GET /api/tasks/nightly/runs/${rest.runs[0].id}`)).json;
    assert.deepEqual([one.output, one.server, one.outcome], ["hour 1\n", "fake", "done"]);
    assert.equal((await hub.request("GET /api/tasks/nightly")).json.last_run.due_at, at(3));
    const { text } = await hub.request("GET /metrics");
    assert.ok(
      text.includes(`tailherd_task_last_success_timestamp_seconds{task="nightly"} ${Date.parse(at(3)) / 1000}\n`),
    );
    assert.match(text, /tailherd_task_last_run_done\{task="nightly"\} 1\n/);
    assert.equal((await hub.request("GET /api/tasks/nightly/runs/none")).status, 404);
    for (const message of probe.messages) serverMessageSchema.parse(message);
  });

  it("can be asked for, and show what they print before their end repeats the last of it", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: nightly });
    const probe = await hub.connect();
    const over = probe.next("task_run", ({ data }) => data.outcome === "done");
    const { json } = await hub.request("POST /api/tasks/nightly/run");
    await over;
    assert.equal(json.success, true);
    const path = `GET /api/tasks/nightly/runs/${json.run_id}`;
    const { json: run } = await hub.request(path);
    assert.deepEqual([run.trigger, run.by !== null, run.outcome], ["manual", true, "done"]);
    const live = { id: "live", outcome: "running", ended_at: null } as const;
    const begun = probe.next("task_run");
    hub.agent.tellRun(taskOf(hub), live);
    await begun;
    hub.agent.tellRunOutput({ id: "live", at: 0, text: "first " });
    const ended = probe.next("task_run", ({ data }) => data.outcome === "failed");
    assert.equal((await hub.request("GET /api/tasks/nightly/runs/live")).json.output, "first ");
    hub.agent.tellRun(taskOf(hub), {
      ...live,
      outcome: "failed",
      ended_at: new Date().toISOString(),
      output: "second",
      output_dropped: 6,
    });
    await ended;
    assert.equal((await hub.request("GET /api/tasks/nightly/runs/live")).json.output, "first second");
  });

  it("for what was missed are told before, then begun oldest first, and once", async () => {
    await using hub = await startTestHub({ clock: clockFrom(Date.UTC(2026, 5, 1, 12, 2)) });
    await hub.request("POST /api/services", { body: { name: "api", start_cmd: "x" } });
    await hub.request("POST /api/tasks", { body: { ...nightly, cron_expression: "*/5 * * * *", timezone: "UTC" } });
    const [{ id: serverId }] = (await hub.request("GET /api/servers")).json;
    const runId = (time: string): string => dueRunId("nightly", Date.parse(at(time)), serverId);
    const at = (time: string): string => `2026-06-01T${time}:00.000Z`;
    const probe = await hub.connect();
    const heard = probe.next("task_run", ({ data }) => data.outcome === "skipped");
    hub.agent.tellRun(taskOf(hub), { due_at: at("11:20") });
    const why = { started_at: null, reason: "the agent was not running", missed: 2 };
    hub.agent.tellRun(taskOf(hub), { id: runId("11:35"), due_at: at("11:35"), outcome: "skipped", ...why });
    await heard;
    const missedSince = async (since: string): Promise<TaskMissed> => {
      const { status, json } = await hub.request(`GET /api/tasks/nightly/missed?since=${since}`);
      assert.equal(status, 200, JSON.stringify(json));
      return json;
    };
    const { servers, total, since } = await missedSince(at("11:20"));
    const [place] = servers;
    assert.deepEqual(
      [place?.server, place?.connected, place?.cut, total, since],
      ["fake", true, false, 8, at("11:20")],
    );
    assert.deepEqual(
      place?.due.map(({ due_at, reason }) => [due_at, reason]),
      ["11:25", "11:30", "11:35", "11:40", "11:45", "11:50", "11:55", "12:00"].map((time) => [
        at(time),
        time === "11:30" || time === "11:35" ? why.reason : null,
      ]),
    );
    const long = (await missedSince(at("10:00"))).servers[0];
    assert.deepEqual([long?.total, long?.cut, long?.due.length, long?.due[0]?.due_at], [24, true, 10, at("11:10")]);

    const body = { since: at("11:26") };
    const begun = await hub.request("POST /api/tasks/nightly/run", { body });
    assert.equal(begun.json.message, 'Task "nightly" runs for 7 times that it missed on fake');
    const times = ["11:30", "11:35", "11:40", "11:45", "11:50", "11:55", "12:00"];
    assert.deepEqual(hub.agent.ranTasks, times.map(runId));
    assert.deepEqual(
      begun.json.runs.map(({ due_at, run_id }: { due_at: string; run_id: string }) => [due_at, run_id]),
      times.map((time) => [at(time), runId(time)]),
    );
    const { json: audit } = await hub.request("GET /api/audit?limit=1");
    assert.deepEqual([audit[0].action, audit[0].after.since], ["task.run", at("11:26")]);
    const { json: run } = await hub.request(`GET /api/tasks/nightly/runs/${runId("11:35")}`);
    assert.deepEqual([run.trigger, run.outcome, run.by !== null, run.missed], ["catch_up", "done", true, 1]);
    const again = await hub.request("POST /api/tasks/nightly/run", { body });
    assert.deepEqual([again.json.success, again.json.runs], [true, []]);
    assert.match(again.json.message, /has missed nothing since/);
    assert.equal(hub.agent.ranTasks.length, times.length);
  });

  it("for what was missed are refused as others are, and for times to come", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: { ...nightly, cron_expression: "* * * * *" } });
    const body = { since: new Date(Date.now() - 5 * MINUTE).toISOString() };
    hub.agent.tasks.clear();
    const refused = await hub.request("POST /api/tasks/nightly/run", { body });
    assert.deepEqual([refused.status, refused.json.code], [400, "refused"]);
    const later = await hub.request("POST /api/tasks/nightly/run", { body: { since: "2999-01-01T00:00:00Z" } });
    assert.deepEqual([later.status, later.json.issues[0].path], [422, "since"]);
    assert.equal((await hub.request("POST /api/tasks/nightly/run", { body: { sinse: "x" } })).status, 422);
    assert.equal((await hub.request("GET /api/tasks/none/missed?since=2026-01-01T00:00:00Z")).status, 404);
    assert.equal((await hub.request("GET /api/tasks/nightly/missed")).status, 422);
  });

  it("that stop a service are what is wished from then on, unless somebody wished something since", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: { ...nightly, action: "stop" } });
    await hub.request("POST /api/services/api/start");
    const probe = await hub.connect();
    const stopAt = async (time: number): Promise<string> => {
      const heard = probe.next("task_run");
      hub.agent.tellRun(taskOf(hub), {
        due_at: new Date(time).toISOString(),
        started_at: new Date(time).toISOString(),
      });
      await heard;
      return (await hub.request("GET /api/services/api")).json.desired;
    };
    assert.equal(await stopAt(Date.now() - 60_000), "running");
    assert.equal(await stopAt(Date.now()), "stopped");
  });
});

describe("a preview", () => {
  it("tells a schedule in words, its next times in UTC, and what a change of the clock does to it", async () => {
    await using hub = await startTestHub();
    const query = "expression=30+2+*+*+*&timezone=America/New_York&from=2026-03-07T12:00:00Z&count=2";
    assert.deepEqual((await hub.request(`GET /api/cron/preview?${query}`)).json, {
      description: "at 02:30 every day",
      timezone: "America/New_York",
      next: ["2026-03-08T07:00:00.000Z", "2026-03-09T06:30:00.000Z"],
      notes: ["on 8 March 02:30 does not exist: runs at 03:00", "on 14 March 02:30 does not exist: runs at 03:00"],
    });
    const own = await hub.request("GET /api/cron/preview?expression=30+2+*+*+*");
    assert.equal(own.json.timezone, new Intl.DateTimeFormat().resolvedOptions().timeZone);
    const refused = await hub.request("GET /api/cron/preview?expression=0+0+31+6+*");
    assert.deepEqual([refused.status, refused.json.issues[0].path], [422, "expression"]);
  });

  it("of a task tells where it would run and how often, against how it is now", async () => {
    await using hub = await startWithApi();
    await hub.request("POST /api/tasks", { body: { ...nightly, cron_expression: "0 * * * *" } });
    const { json } = await hub.request("POST /api/tasks/check", {
      body: { ...nightly, cron_expression: "*/30 * * * *" },
    });
    assert.deepEqual(json, { problems: [], servers: ["fake"], turns: [], runs_in_week: 336, runs_in_week_now: 168 });
    const wrong = await hub.request("POST /api/tasks/check", { body: { ...nightly, cron_expression: "x" } });
    assert.deepEqual([wrong.status, wrong.json.problems[0].path], [200, "cron_expression"]);
  });
});
