// Tasks on the servers of a fleet: fired by agents, through an outage of the hub, told later, once, and with what they wish.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Agent, membershipOf, startAgent } from "../../src/agent/agent.ts";
import type { Clock } from "../../src/base/clock.ts";
import { systemClock } from "../../src/base/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../src/base/units.ts";
import type { MissedTime, TaskRun } from "../../src/contract/task.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
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

  it("that was missed while its agent was off is run after all, once, also when the agent is off again in between", async () => {
    await using hub = await startTestHub();
    const file = join(dir, "made-up");
    // Its clock is two hours behind, so that two hours have passed when it comes back with the machine's.
    const behind = { ...systemClock, now: () => Date.now() - 2 * HOUR };
    const web = await joinFleet(hub, "web", { allowRun: true, clock: behind });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const command = `echo ran >> ${file}; test -e ${file}.go || sleep 1000`;
    const task = { name: "off", action: "command", command, placement: { servers: ["web"] }, catch_up: "none" };
    // Due for the last time well before now, and not again for long.
    const half = new Date(Math.floor(Date.now() / HOUR) * HOUR - HOUR / 2);
    const cron_expression = `${half.getUTCMinutes()},${half.getUTCMinutes() + 10} ${half.getUTCHours()} * * *`;
    await hub.request("POST /api/tasks", { body: { ...task, cron_expression, timezone: "UTC" } });
    await until("the agent has the task", async () => {
      const asked = { task: "off", id: "probe", by: "test", due_at: "2999-01-01T00:00:00.000Z" };
      return /no task/.test((await web.agent.call("run_task", asked)).message) ? undefined : true;
    });
    await web.agent.close();
    const membership = await membershipOf(web.dataDir);
    assert.ok(membership !== undefined);
    const start = (): Promise<Agent> =>
      startAgent({ dataDir: web.dataDir, membership, allowRun: true, logger: silentLogger });
    let agent = await start();
    const skipped = await until("the record of what was missed", async () =>
      (await runsOf(hub, "off")).find(({ outcome }) => outcome === "skipped"),
    );
    assert.deepEqual([skipped.missed, skipped.reason], [2, "missed: the agent was not running, and catch_up is none"]);
    const since = new Date(half.getTime() - MINUTE).toISOString();
    const missed = async (): Promise<string[]> => {
      const { json } = await hub.request(`GET /api/tasks/off/missed?since=${since}`);
      return json.servers[0].due.map(({ due_at, reason }: MissedTime) => `${due_at} ${reason}`);
    };
    const [first, second] = [half, new Date(half.getTime() + 10 * MINUTE)].map((due) => due.toISOString());
    assert.deepEqual(await missed(), [`${first} ${skipped.reason}`, `${second} ${skipped.reason}`]);
    const run = async (): Promise<string[]> => {
      const { json } = await hub.request("POST /api/tasks/off/run", { body: { since } });
      return json.runs.map(({ due_at, message }: { due_at: string; message: string }) => `${due_at} ${message}`);
    };
    assert.deepEqual(await run(), [`${first} It is begun`, `${second} It is begun`]);
    await until("the first has begun", async () =>
      (await readFile(file, "utf8").catch(() => "")) === "ran\n" ? true : undefined,
    );
    await agent.close();
    await writeFile(`${file}.go`, "");
    agent = await start();
    await until("only the second is missed", async () => ((await missed()).length === 1 ? true : undefined));
    await untilServer(hub, web.id, ({ connected }) => connected);
    assert.deepEqual(await run(), [`${second} It is begun`]);
    await until("the second is done", async () =>
      (await runsOf(hub, "off")).some(({ due_at, outcome }) => due_at === second && outcome === "done")
        ? true
        : undefined,
    );
    assert.deepEqual(await run(), []);
    assert.equal(await readFile(file, "utf8"), "ran\nran\n");
    assert.deepEqual(
      (await runsOf(hub, "off")).map(({ due_at, trigger, missed: times }) => [due_at, trigger, times]),
      [
        [second, "catch_up", 1],
        [first, "catch_up", 1],
      ],
    );
    await agent.close();
    await rm(web.dataDir, { recursive: true, force: true });
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
