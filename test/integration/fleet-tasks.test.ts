// Tasks on the servers of a fleet: fired by agents, through an outage of the hub, told later, once, and with what they wish.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { MINUTE, SECOND } from "../../src/base/units.ts";
import type { TaskRun } from "../../src/contract/task.ts";
import { startChaosProxy } from "../support/chaos-proxy.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const WAIT = 20_000;

/** The machine's clock, whose minutes are over after so many milliseconds: nothing else that waits is any quicker. */
function fastClock(minute: number): Clock {
  const [wall, began] = [Math.ceil(Date.now() / MINUTE) * MINUTE, performance.now()];
  const speed = MINUTE / minute;
  return {
    now: () => wall + (performance.now() - began) * speed,
    monotonic: () => (performance.now() - began) * speed,
    after: (delay, act) => systemClock.after(delay / speed, act),
  };
}

async function until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + WAIT;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function runsOf(hub: TestHub, task: string): Promise<TaskRun[]> {
  return (await hub.request(`GET /api/tasks/${task}/runs?limit=1000`)).json.runs;
}

describe("a task", { timeout: 60_000 }, () => {
  let dir: string;
  before(async () => void (dir = await mkdtemp(join(tmpdir(), "tailherd-tasks-"))));
  after(() => rm(dir, { recursive: true }));

  it("goes on through an outage of the hub, and each run is told later, once", async () => {
    await using hub = await startTestHub();
    await using network = await startChaosProxy(hub.url);
    await using web = await joinFleet(hub, "web", { via: network.url, allowRun: true, clock: fastClock(SECOND / 2) });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const file = join(dir, "ran");
    const command = `echo ran >> ${file}`;
    const task = {
      name: "tick",
      cron_expression: "* * * * *",
      action: "command",
      command,
      placement: { servers: ["web"] },
    };
    assert.equal((await hub.request("POST /api/tasks", { body: task })).status, 200);
    await until("the first run", async () =>
      (await runsOf(hub, "tick")).some((run) => run.outcome === "done") ? true : undefined,
    );
    network.cut();
    const ran = async (): Promise<number> => (await readFile(file, "utf8")).split("\n").length - 1;
    const so = await ran();
    await until("three runs that the hub hears nothing of", async () => ((await ran()) >= so + 3 ? true : undefined));
    network.heal();
    await untilServer(hub, web.id, ({ connected }) => connected);
    assert.equal((await hub.request("PUT /api/tasks/tick", { body: { ...task, enabled: false } })).status, 200);
    await until("every run told", async () => {
      const runs = await runsOf(hub, "tick");
      return runs.every(({ ended_at }) => ended_at !== null) &&
        runs.filter(({ outcome }) => outcome === "done").length >= (await ran())
        ? true
        : undefined;
    });
    const runs = await runsOf(hub, "tick");
    assert.equal(runs.filter(({ outcome }) => outcome === "done").length, await ran());
    assert.equal(new Set(runs.map(({ due_at }) => due_at)).size, runs.length);
  });

  it("that stops a service during an outage is not undone by the hub when it comes back", async () => {
    await using hub = await startTestHub();
    await using network = await startChaosProxy(hub.url);
    await using web = await joinFleet(hub, "web", { via: network.url });
    await untilServer(hub, web.id, ({ connected }) => connected);
    await hub.request("POST /api/services", {
      body: { name: "api", start_cmd: "exec sleep 1000", working_dir: "/", placement: { servers: ["web"] } },
    });
    await hub.request("POST /api/services/api/start");
    const task = { name: "close", cron_expression: "0 0 1 1 *", action: "stop", service_name: "api" };
    await hub.request("POST /api/tasks", { body: task });
    // Asked for while the link is cut, and only once the task is there.
    await until("the agent has the task", async () => {
      network.cut();
      await untilServer(hub, web.id, ({ connected }) => !connected);
      const asked = await web.agent.call("run_task", { task: "close", id: "by-hand", by: "tester" });
      if (asked.accepted) return true;
      network.heal();
      await untilServer(hub, web.id, ({ connected }) => connected);
      return undefined;
    });
    const state = async (): Promise<string | undefined> => (await web.agent.call("snapshot", {})).instances[0]?.state;
    await until("stopped", async () => ((await state()) === "stopped" ? true : undefined));
    network.heal();
    const run = await until("the run told", async () =>
      (await runsOf(hub, "close")).find(({ ended_at }) => ended_at !== null),
    );
    assert.deepEqual([run.outcome, run.trigger], ["done", "manual"]);
    assert.equal((await hub.request("GET /api/services/api")).json.desired, "stopped");
    // It was neither started nor told to be in between: one start in its life.
    const { instances } = await web.agent.call("snapshot", {});
    assert.deepEqual([instances[0]?.state, instances[0]?.generation], ["stopped", 1]);
    await hub.request("POST /api/services/api/start");
    assert.equal(await state(), "running");
  });

  it("is refused, with the reason, where the agent takes no commands", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const task = {
      name: "c",
      cron_expression: "@daily",
      action: "command",
      command: "id",
      placement: { servers: ["web"] },
    };
    const added = await hub.request("POST /api/tasks", { body: task });
    assert.match(added.json.warnings[0], /the agent of web was started without --allow-run/);
    const asked = await until("the agent has the task", async () => {
      const answer = await hub.request("POST /api/tasks/c/run");
      return /no task/.test(answer.text) ? undefined : answer;
    });
    assert.deepEqual([asked.status, asked.json.code], [400, "refused"]);
    assert.match(asked.json.detail, /without --allow-run/);
  });

  it("tries again after a failure, and keeps what all attempts printed", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const command = `echo try; test -e ${join(dir, "second")} || { touch ${join(dir, "second")}; exit 3; }`;
    const retries = { count: 1, delay: 0.01 };
    const task = {
      name: "again",
      cron_expression: "@yearly",
      action: "command",
      command,
      placement: { servers: ["web"] },
    };
    await hub.request("POST /api/tasks", { body: { ...task, retries } });
    const json = await until("the agent has the task", async () => {
      const answer = await hub.request("POST /api/tasks/again/run");
      return answer.status === 200 ? answer.json : undefined;
    });
    const run = await until("its end", async () => {
      const { json: found } = await hub.request(`GET /api/tasks/again/runs/${json.run_id}`);
      return found.ended_at === null ? undefined : found;
    });
    assert.deepEqual([run.outcome, run.attempt, run.exit_code, run.reason], ["done", 2, 0, "exit 0"]);
    assert.equal(run.output, "try\n--- attempt 2 of 2 ---\ntry\n");
  });
});
