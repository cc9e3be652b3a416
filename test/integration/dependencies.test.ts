// Services that wait for others: on one agent with real processes, over servers through the hub, and what the hub refuses.
import assert from "node:assert/strict";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { AgentParams } from "../../src/contract/agent.ts";
import type { ServiceInput } from "../../src/contract/service.ts";
import { UNKNOWN } from "../../src/contract/standing.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";
import { FakeAgent } from "../support/fake-agent.ts";
import { joinFleet } from "../support/fleet.ts";
import { startTestHub } from "../support/hub.ts";
import { StatusWatch } from "../support/watch.ts";

const sleeper = (name: string, more: Partial<ServiceInput> = {}): ServiceInput => ({
  name,
  start_cmd: "sleep 3600",
  ...more,
});
/** Ready while a file is there. */
const readyWith = (file: string): ServiceInput["checks"] => [
  { name: "file", kind: "exec", command: ["/usr/bin/test", "-e", file], role: "readiness", interval: 0.5, failures: 1 },
];
const NOT_READY = /^waits for db to be healthy \(running: not ready: failed check file: exit 1\)$/;
/** Services as a hub would bring them all at once. */
async function setAll(agent: TestAgent, ...inputs: ServiceInput[]): Promise<void> {
  for (const input of inputs) await agent.set(input, "running");
}

describe("on one server", () => {
  test("a start waits until what it depends on is ready, says for what, and goes on by itself", async () => {
    await using agent = await openTestAgent();
    const ready = join(agent.dataDir, "ready");
    const web = sleeper("web", { depends_on: { db: { condition: "healthy" }, setup: { condition: "completed" } } });
    // What it waits for comes after it: nothing is known of that yet.
    await setAll(agent, web);
    const first = await agent.until("web", ({ state }) => state === "waiting");
    assert.match(first.reason ?? "", /^waits for db to be healthy \(nothing is known of it\), setup to complete/);
    await setAll(agent, sleeper("db", { checks: readyWith(ready) }), { name: "setup", start_cmd: "exit 0" });
    const second = await agent.until("web", ({ reason }) => NOT_READY.test(reason ?? ""));
    assert.deepEqual([second.pid, second.generation], [null, 0]);
    writeFileSync(ready, "");
    await agent.until("web", ({ state }) => state === "running");
    // What runs is left alone, whatever becomes of what it depends on.
    await agent.act("db", "stop");
    assert.equal((await agent.instance("web")).state, "running");
  });

  test("each start waits: by hand, by the policy after a crash, and after an agent was killed", async () => {
    const dataDir = await makeDataDir();
    const first = await forkTestAgent(dataDir);
    await setAll(first, sleeper("db"), sleeper("web", { depends_on: { db: {} } }));
    const { pid } = await first.until("web", ({ state }) => state === "running");
    await first.act("db", "stop");
    process.kill(pid ?? 0, "SIGKILL");
    await first.until("web", ({ state, reason }) => state === "waiting" && reason === "waits for db to run (stopped)");
    await first.crash();
    await using agent = await forkTestAgent(dataDir);
    await agent.until("web", ({ state }) => state === "waiting");
    const byHand = await agent.act("web", "start");
    assert.deepEqual([byHand.outcome, byHand.message], ["done", "web waits for db to run (stopped)"]);
    assert.equal((await agent.act("web", "stop")).outcome, "done");
    assert.equal((await agent.instance("web")).state, "stopped");
    assert.equal((await agent.act("web", "restart")).message, "web waits for db to run (stopped)");
    await agent.act("db", "start");
    await agent.until("web", ({ state }) => state === "running");
  });

  test("one that waits goes on when its definition does not ask for it any more", async () => {
    await using agent = await openTestAgent();
    await setAll(agent, sleeper("web", { depends_on: { db: {} } }));
    await agent.until("web", ({ state }) => state === "waiting");
    await agent.set(sleeper("web"), "running", 2);
    await agent.until("web", ({ state, revision }) => state === "running" && revision === 2);
  });

  test("what a hub told of services elsewhere counts, is kept over a kill, and null leaves it as it was", async () => {
    const dataDir = await makeDataDir();
    const first = await forkTestAgent(dataDir);
    await setAll(first, sleeper("web", { depends_on: { db: { condition: "healthy" } } }));
    const tell = (agent: TestAgent, db: AgentParams<"set_standings">["standings"][string]): Promise<unknown> =>
      agent.call("set_standings", { standings: { db } });
    await tell(first, { ...UNKNOWN, state: "starting", reason: "check up" });
    await first.until("web", ({ reason }) => reason === "waits for db to be healthy (starting: check up)");
    await tell(first, { ...UNKNOWN, state: "running", started: true, healthy: true });
    const { pid } = await first.until("web", ({ state }) => state === "running");
    await first.crash();
    await using agent = await forkTestAgent(dataDir);
    process.kill(pid ?? 0, "SIGKILL");
    // No hub has said anything to this agent: what the one before heard counts.
    await agent.until("web", (row) => row.state === "running" && row.pid !== pid);
    await tell(agent, null);
    assert.equal((await agent.act("web", "restart")).outcome, "done");
    assert.equal((await agent.instance("web")).state, "running");
    await tell(agent, UNKNOWN);
    assert.match((await agent.act("web", "restart")).message, /waits for db to be healthy \(nothing is known of it\)/);
  });
});

describe("over servers", () => {
  test("a service waits for one elsewhere, over a hub that is told how that stands", async () => {
    await using hub = await startTestHub();
    await using near = await joinFleet(hub, "near");
    await using far = await joinFleet(hub, "far");
    void near;
    using watch = await StatusWatch.open(hub.url);
    const ready = join(far.dataDir, "ready");
    const db = sleeper("db", { autostart: true, checks: readyWith(ready), placement: { servers: ["far"] } });
    const web = sleeper("web", {
      autostart: true,
      depends_on: { db: { condition: "healthy" } },
      placement: { servers: ["near"] },
    });
    for (const body of [db, web]) assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    await watch.until("web", ({ state, reason }) => state === "waiting" && NOT_READY.test(reason ?? ""));
    const graph = await hub.request("GET /api/graph");
    assert.deepEqual(graph.json.start_order, [["db"], ["web"]]);
    assert.deepEqual(graph.json.edges, [{ from: "web", to: "db", condition: "healthy", restart: false, met: false }]);
    writeFileSync(ready, "");
    await watch.until("web", ({ state }) => state === "running");
    rmSync(ready);
  });

  test("bulk stops go from dependents down and starts up; a restart brings those along that asked for it", async () => {
    await using hub = await startTestHub();
    await using near = await joinFleet(hub, "near");
    const log = join(near.dataDir, "log");
    writeFileSync(log, "");
    const told = (name: string, more: Partial<ServiceInput> = {}): ServiceInput => ({
      name,
      start_cmd: `echo start ${name} >>${log}; trap 'sleep 0.2; echo stop ${name} >>${log}; exit 0' TERM; while :; do sleep 0.05; done`,
      autostart: true,
      placement: { servers: ["near"] },
      ...more,
    });
    using watch = await StatusWatch.open(hub.url);
    const services = [
      told("db"),
      told("api", { depends_on: { db: { restart: true } } }),
      told("web", { depends_on: { api: { restart: true } } }),
      told("log", { depends_on: { db: {} } }),
    ];
    for (const body of services) assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    for (const { name } of services) await watch.until(name, ({ state }) => state === "running");
    const acts = (): string[] => readFileSync(log, "utf8").trim().split("\n");
    const bulk = async (action: string, names = ["db", "log", "web", "api"]): Promise<void> => {
      writeFileSync(log, "");
      const begun = await hub.request("POST /api/bulk", { body: { action, services: names } });
      const ended = await hub.request(`GET /api/operations/${begun.json.id}?wait=5`);
      assert.equal(ended.json.state, "done", ended.text);
    };
    await bulk("stop");
    const stops = acts();
    assert.deepEqual(
      stops.filter((line) => line !== "stop log"),
      ["stop web", "stop api", "stop db"],
    );
    assert.ok(stops.indexOf("stop log") < stops.indexOf("stop db"));
    await bulk("start");
    const starts = acts();
    assert.deepEqual(
      starts.filter((line) => line !== "start log"),
      ["start db", "start api", "start web"],
    );
    writeFileSync(log, "");
    const restarted = await hub.request("POST /api/services/db/restart");
    assert.equal(restarted.status, 200);
    const restarts = ["db", "api", "web"].flatMap((name) => [`stop ${name}`, `start ${name}`]);
    assert.deepEqual(acts(), restarts);
    // A follower that somebody stopped stays so.
    await hub.request("POST /api/services/web/stop");
    writeFileSync(log, "");
    await bulk("restart", ["db"]);
    assert.deepEqual(acts(), restarts.slice(0, 4));
  });
});

describe("the hub", () => {
  const depending = (name: string, ...others: string[]): ServiceInput =>
    sleeper(name, { depends_on: Object.fromEntries(others.map((other) => [other, {}])) });

  test("refuses unknown dependencies and circles, with the way round", async () => {
    await using hub = await startTestHub();
    const unknown = await hub.request("POST /api/services", { body: depending("web", "db") });
    assert.deepEqual(
      [unknown.status, unknown.json.issues],
      [422, [{ path: "depends_on.db", message: 'there is no service "db"' }]],
    );
    for (const body of [depending("db"), depending("api", "db"), depending("web", "api")]) {
      assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    }
    const circle = await hub.request("PATCH /api/services/db", { body: { depends_on: { web: {} } } });
    assert.equal(circle.status, 422);
    assert.match(circle.json.detail, /db → web → api → db/);
    assert.deepEqual((await hub.request("GET /api/services/db")).json.depends_on, {});
    const checked = await hub.request("POST /api/services/check", { body: depending("db", "web") });
    assert.deepEqual(
      checked.json.problems.map(({ path, severity }: { path: string; severity: string }) => [path, severity]),
      [
        ["depends_on.web", "error"],
        ["depends_on.web", "warning"],
      ],
    );
  });

  test("lets no two changes at the same time close a circle", async () => {
    await using hub = await startTestHub();
    for (let round = 0; round < 5; round += 1) {
      for (const name of ["a", "b"]) await hub.request(`PUT /api/services/${name}`, { body: depending(name) });
      const answers = await Promise.all([
        hub.request("PUT /api/services/a", { body: depending("a", "b") }),
        hub.request("PUT /api/services/b", { body: depending("b", "a") }),
      ]);
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [200, 422],
      );
    }
  });

  test("does not delete what others depend on, alone or by a file, and tells what will never be met", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: depending("db") });
    await hub.request("POST /api/services", { body: depending("web", "db") });
    const refused = await hub.request("DELETE /api/services/db");
    assert.deepEqual([refused.status, refused.json.code], [409, "depended_on"]);
    const owner = "/srv/tailherd.yaml";
    const apply = (services: ServiceInput[]): ReturnType<typeof hub.request> =>
      hub.request("POST /api/apply", { body: { owner, services, dry_run: false, restart: false } });
    assert.equal((await apply([depending("db")])).status, 200);
    const left = await apply([]);
    assert.deepEqual([left.status, left.json.issues[0]?.message], [422, 'cannot leave out "db": "web" depends on it']);
    const job: ServiceInput = { name: "job", start_cmd: "true", restart: { policy: "always" }, autostart: true };
    const waits = sleeper("waits", { depends_on: { job: { condition: "completed" } } });
    const applied = await apply([depending("db"), job, waits]);
    const words = applied.json.warnings.map(({ message }: { message: string }) => message);
    assert.ok(
      words.some((message: string) => message.startsWith("depends_on.job never completes")),
      applied.text,
    );
    const circle = await apply([depending("db", "waits"), job, sleeper("waits", { depends_on: { db: {} } })]);
    assert.equal(circle.json.issues[0].path, "services.0.depends_on.waits");
    assert.equal((await hub.request("DELETE /api/services/web")).status, 200);
  });

  test("tells an agent nothing of what runs beside: it knows better", async () => {
    const agent = new FakeAgent();
    await using hub = await startTestHub({ agent });
    await hub.request("POST /api/services", { body: depending("db") });
    await hub.request("POST /api/services", { body: depending("web", "db") });
    assert.deepEqual(agent.standings, {}, "both are placed on the same server");
  });
});
