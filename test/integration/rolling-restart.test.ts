// Rolling restarts on real agents: nobody who asks is turned away, a failure halts, what ran before is put back, and a hub that was
// killed goes on from where it stood.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Operation } from "../../src/contract/operations.ts";
import type { ServiceRecord } from "../../src/contract/service.ts";
import type { AuditEntry } from "../../src/contract/transfer.ts";
import { joinFleet } from "../support/fleet.ts";
import { type Reply, startTestHub, type TestHub } from "../support/hub.ts";
import { HubProcess } from "../support/hub-process.ts";
import { freePort } from "../support/ports.ts";
import { allReady, type Ask, Balancer, drainingService, untilOperation, untilService } from "../support/rolling.ts";

/** A hub with so many servers that are tagged "web", and a directory for what runs there. */
async function startFleet(servers: number): Promise<AsyncDisposable & { hub: TestHub; ask: Ask; dir: string }> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tailherd-rolling-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const hub = stack.use(await startTestHub());
  for (let at = 1; at <= servers; at++) stack.use(await joinFleet(hub, `web-${at}`, { tags: ["web"] }));
  const all = stack.move();
  const ask: Ask = async (key, body) => await hub.request(key, body === undefined ? {} : { body });
  return { hub, ask, dir, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function begin(ask: Ask, options: object, path = "services/web/rolling-restart"): Promise<Operation> {
  const { status, json } = await ask(`POST /api/${path}`, options);
  assert.equal(status, 200, JSON.stringify(json));
  return json as Operation;
}

const ended = ({ ended_at }: Operation): boolean => ended_at !== null;
const states = ({ targets }: Operation): string[] => targets.map(({ state }) => state);

describe("a rolling restart", { timeout: 120_000 }, () => {
  it("of 20 instances on 4 servers turns nobody away who asks meanwhile", async () => {
    await using fleet = await startFleet(4);
    const { ask, dir, hub } = fleet;
    const spec = drainingService(dir, { quiet: 2000, instances: 5, env: { RELEASE: "one" } });
    await ask("POST /api/services", spec);
    const before = await untilService(ask, "web", allReady(20));
    using balancer = new Balancer(dir);
    balancer.tell(before);
    const probe = await hub.connect();
    probe.socket.on("message", () => {
      const last = probe.messages.at(-1);
      const row = last?.type === "status_changed" ? last.data.find(({ name }) => name === "web") : undefined;
      if (row !== undefined) balancer.tell(row);
    });
    await probe.subscribe("services");
    const asking = balancer.run(4);
    await ask("PATCH /api/services/web", { env: { RELEASE: "two" } });
    const { id, kind, targets } = await begin(ask, { batch: "25%", stable: 1 });
    assert.deepEqual([kind, targets.length], ["rolling restart", 20]);
    let most = 0;
    const over = await untilOperation(ask, id, (operation) => {
      most = Math.max(most, operation.counts.running);
      return ended(operation);
    });
    const after = await untilService(ask, "web", allReady(20));
    balancer.stop();
    await asking;
    assert.deepEqual([over.state, over.counts.done, over.progress], ["done", 20, null]);
    assert.ok(most > 1 && most <= 5, `${most} were in hand at once`);
    assert.deepEqual(balancer.failures, []);
    assert.ok((balancer.answers.get("one") ?? 0) > 0 && (balancer.answers.get("two") ?? 0) > 0);
    for (const { server_id, index, generation, revision } of after.instances) {
      const was = before.instances.find((one) => one.server_id === server_id && one.index === index);
      assert.deepEqual([generation, revision], [(was?.generation ?? 0) + 1, 2]);
    }
  });

  it("halts at a failure, and begins nothing more", async () => {
    await using fleet = await startFleet(2);
    const { ask, dir } = fleet;
    await ask("POST /api/services", drainingService(dir, { instances: 2 }));
    await untilService(ask, "web", allReady(4));
    await ask(
      "PUT /api/services/web",
      drainingService(dir, { instances: 2, manner: "exits", restart: { policy: "never" } }),
    );
    const { id } = await begin(ask, { stable: 0.5 });
    const over = await untilOperation(ask, id, ended);
    assert.equal(over.state, "failed");
    assert.deepEqual(states(over), ["failed", "cancelled", "cancelled", "cancelled"]);
    assert.match(over.targets[0]?.message ?? "", /exit 3/);
    assert.equal(over.targets[1]?.message, "Not begun: web #0 on web-1 failed");
    const { instances } = await untilService(ask, "web", () => true);
    assert.equal(instances.filter(({ state }) => state === "running").length, 3);
    assert.equal(((await ask("GET /api/services/web")).json as ServiceRecord).revision, 2);
  });

  it("puts back what ran before after a failure, and restarts with it what was restarted", async () => {
    await using fleet = await startFleet(2);
    const { ask, dir } = fleet;
    const good = drainingService(dir, { instances: 2 });
    await ask("POST /api/services", good);
    await untilService(ask, "web", allReady(4));
    await ask("PUT /api/services/web", { ...drainingService(dir, { instances: 2, manner: "never-listens" }) });
    const { id } = await begin(ask, { batch: 2, stable: 0.5, timeout: 3, rollback: true });
    const over = await untilOperation(ask, id, ended);
    assert.deepEqual(states(over), ["failed", "cancelled", "cancelled", "cancelled"]);
    assert.match(
      over.targets[0]?.message ?? "",
      /^It was not ready within 3 s.*Rolled back to revision 1, which ran before\. Restarted, and ready for 0.5 s$/,
    );
    assert.equal(
      over.targets[1]?.message,
      "Rolled back to revision 1, which ran before. Restarted, and ready for 0.5 s",
    );
    assert.equal(over.targets[2]?.message, "Not begun: web #0 on web-1 failed");
    const status = await untilService(ask, "web", allReady(4));
    assert.deepEqual(
      status.instances.map(({ generation }) => generation),
      [3, 3, 1, 1],
    );
    const saved = (await ask("GET /api/services/web")).json as ServiceRecord;
    assert.deepEqual([saved.revision, saved.argv], [3, good.argv]);
    const audit = (await ask("GET /api/audit?limit=50")).json as AuditEntry[];
    const acts = audit.map(({ action, target }) => `${action} ${target.split("@")[0]}`).toReversed();
    assert.deepEqual(acts.slice(acts.indexOf("rolling.restart rolling restart of web")), [
      "rolling.restart rolling restart of web",
      "restart web/0",
      "restart web/1",
      "service.change web",
      "restart web/0",
      "restart web/1",
    ]);
  });

  it("says why it puts nothing back: the saved definition is what ran before, or a file's", async () => {
    await using fleet = await startFleet(1);
    const { ask, dir } = fleet;
    const spec = drainingService(dir, { restart: { policy: "never" } });
    await ask("POST /api/services", {
      ...spec,
      argv: ["/bin/sh", "-c", `test ! -e ${dir}/bad && echo listening && sleep 600`],
    });
    await untilService(ask, "web", allReady(1));
    await writeFile(join(dir, "bad"), "");
    const options = { stable: 0.5, rollback: true };
    const first = await untilOperation(ask, (await begin(ask, options)).id, ended);
    assert.match(
      first.targets[0]?.message ?? "",
      /Not rolled back: the saved definition \(revision 1\) is what ran before, too$/,
    );
    await rm(join(dir, "bad"));
    await ask("POST /api/services/web/start");
    await untilService(ask, "web", allReady(1));
    const bad = { ...spec, argv: ["/bin/sh", "-c", "exit 4"] };
    const applied = await ask("POST /api/apply", { owner: "/srv/tailherd.yaml", services: [bad] });
    assert.equal(applied.status, 200, JSON.stringify(applied.json));
    const second = await untilOperation(ask, (await begin(ask, options)).id, ended);
    assert.match(
      second.targets[0]?.message ?? "",
      /Not rolled back: the file \/srv\/tailherd.yaml owns the definition; revision 1 ran before$/,
    );
  });

  it("takes along, after it, what follows a dependency", async () => {
    await using fleet = await startFleet(1);
    const { ask, dir } = fleet;
    const following = { depends_on: { web: { restart: true } }, labels: { tier: "back" } };
    await ask("POST /api/services", drainingService(dir, {}));
    await ask("POST /api/services", drainingService(dir, { name: "api", ...following }));
    await ask(
      "POST /api/services",
      drainingService(dir, { name: "log", depends_on: { web: {} }, labels: { tier: "back" } }),
    );
    for (const name of ["api", "log", "web"]) await untilService(ask, name, allReady(1));
    const { id } = await begin(ask, { stable: 0 });
    const over = await untilOperation(ask, id, ended);
    assert.deepEqual(
      over.targets.map(({ service, state }) => `${service} ${state}`),
      ["web done", "api done"],
    );
    const [web, api] = over.targets;
    assert.ok((web?.ended_at ?? "") <= (api?.started_at ?? ""));
    const tagged = await begin(ask, { tag: "tier=back", services: ["log"] }, "rolling-restart");
    assert.deepEqual(
      tagged.targets.map(({ service }) => service),
      ["log"],
    );
    await untilOperation(ask, tagged.id, ({ counts }) => counts.running === 1);
    await ask(`POST /api/operations/${tagged.id}/cancel`, {});
    const nothing = await ask("POST /api/rolling-restart", { kind: "frontend" });
    assert.equal(nothing.status, 404);
  });

  it("pauses, resumes and is cancelled; another one of the same service is refused meanwhile", async () => {
    await using fleet = await startFleet(2);
    const { ask, dir } = fleet;
    await ask("POST /api/services", drainingService(dir, { instances: 2 }));
    await untilService(ask, "web", allReady(4));
    const { id } = await begin(ask, { stable: 0.5 });
    const twice = await ask("POST /api/rolling-restart", { services: ["web"] });
    assert.match(JSON.stringify(twice.json), new RegExp(`operation ${id} is at it`));
    await untilOperation(ask, id, ({ counts }) => counts.running === 1);
    assert.equal(((await ask(`POST /api/operations/${id}/pause`, {})).json as Operation).paused, true);
    const paused = await untilOperation(ask, id, ({ progress }) => progress?.words === "paused");
    assert.deepEqual([paused.counts.running, paused.state], [0, "running"]);
    const done = paused.counts.done;
    await ask(`POST /api/operations/${id}/resume`, {});
    await untilOperation(ask, id, ({ counts }) => counts.done + counts.running > done);
    // Somebody stops one that is not begun yet: it is left alone.
    const last = paused.targets.at(-1);
    await ask(`POST /api/services/web/stop?server=${last?.server_id}`);
    const resumed = await untilOperation(ask, id, ({ targets }) => targets[2]?.state === "done");
    assert.equal(resumed.targets[2]?.message, "Left alone: somebody stopped it meanwhile");
    const over = await untilOperation(ask, id, ended);
    assert.deepEqual([over.state, over.counts.done], ["done", 4]);
    await ask(`POST /api/services/web/start`);
    await untilService(ask, "web", allReady(4));
    const next = await begin(ask, { stable: 0.5 });
    await untilOperation(ask, next.id, ({ counts }) => counts.running === 1);
    await ask(`POST /api/operations/${next.id}/cancel`, {});
    const cancelled = await untilOperation(ask, next.id, ended);
    assert.deepEqual(states(cancelled), ["done", "cancelled", "cancelled", "cancelled"]);
    const retried = (await ask(`POST /api/operations/${next.id}/retry`, {})).json as Operation;
    assert.equal(retried.targets.length, 3);
    assert.equal((await untilOperation(ask, retried.id, ended)).state, "done");
  });
});

describe("a restart of one instance on one of several servers", { timeout: 60_000 }, () => {
  it("restarts that one, and is refused where it is stopped", async () => {
    await using fleet = await startFleet(2);
    const { ask, dir } = fleet;
    await ask("POST /api/services", drainingService(dir, { instances: 2 }));
    await untilService(ask, "web", allReady(4));
    const one = await ask("POST /api/services/web/restart?index=1&server=web-2");
    assert.equal(one.status, 200, JSON.stringify(one.json));
    const { instances } = await untilService(ask, "web", allReady(4));
    assert.deepEqual(
      instances.map(({ server, index, generation }) => `${server} ${index} ${generation}`),
      ["web-1 0 1", "web-1 1 1", "web-2 0 1", "web-2 1 2"],
    );
    await ask("POST /api/services/web/stop?server=web-2");
    const stopped = await ask("POST /api/services/web/restart?index=1&server=web-2");
    assert.deepEqual([stopped.status, /it is stopped there/.test(JSON.stringify(stopped.json))], [400, true]);
    const start = await ask("POST /api/services/web/start?index=1&server=web-2");
    assert.deepEqual([start.status, /name the instance/.test(JSON.stringify(start.json))], [400, true]);
  });
});

/** A hub in a process of its own, that can be killed and comes back at the same address, with two servers in this process. */
async function startKillable(): Promise<AsyncDisposable & { ask: Ask; dir: string; crash: () => Promise<void> }> {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "tailherd-rolling-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const port = await freePort();
  let hub = await HubProcess.start(join(dir, "hub"), port);
  stack.defer(() => hub.kill());
  const ask: Ask = async (key, body) => {
    const [method = "", path = ""] = key.split(" ");
    const { status, answer } = await hub.request(method, path, body);
    return { status, json: answer };
  };
  const request = async (key: string, { body }: { body?: unknown } = {}): Promise<Reply> => {
    const { status, json } = await ask(key, body as object);
    return { status, json, headers: {}, text: JSON.stringify(json) };
  };
  for (const name of ["web-1", "web-2"]) {
    stack.use(await joinFleet({ url: hub.address, request }, name, { tags: ["web"] }));
  }
  const all = stack.move();
  const crash = async (): Promise<void> => {
    await hub.kill();
    hub = await HubProcess.start(join(dir, "hub"), port);
  };
  return { ask, dir, crash, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe("a hub that is killed in the middle of a rolling restart", { timeout: 180_000 }, () => {
  it("goes on from where it stood when it comes back, and restarts nothing twice", async () => {
    await using fleet = await startKillable();
    const { ask, dir, crash } = fleet;
    await ask("POST /api/services", drainingService(dir, { instances: 2, quiet: 700 }));
    await untilService(ask, "web", allReady(4));
    const { id } = await begin(ask, { stable: 1 });
    // Nothing is begun, or the first one is only on record.
    await crash();
    // In the middle of an act.
    await untilOperation(ask, id, ({ progress }) => progress?.words.startsWith("restarts") === true);
    await crash();
    // Restarted, and not stable yet.
    await untilOperation(ask, id, ({ progress }) => progress?.words.includes("stable") === true);
    await crash();
    await ask(`POST /api/operations/${id}/pause`, {});
    await crash();
    const paused = await untilOperation(ask, id, ({ counts }) => counts.running === 0);
    assert.equal(paused.paused, true);
    await ask(`POST /api/operations/${id}/resume`, {});
    const over = await untilOperation(ask, id, ended);
    assert.deepEqual([over.state, over.counts.done], ["done", 4], JSON.stringify(over));
    const { instances } = await untilService(ask, "web", allReady(4));
    assert.deepEqual(
      instances.map(({ generation }) => generation),
      [2, 2, 2, 2],
    );
  });

  it("rolls back what it had begun to roll back", async () => {
    await using fleet = await startKillable();
    const { ask, dir, crash } = fleet;
    const good = drainingService(dir, { instances: 2, quiet: 700 });
    await ask("POST /api/services", good);
    await untilService(ask, "web", allReady(4));
    await ask("PUT /api/services/web", drainingService(dir, { instances: 2, manner: "never-listens" }));
    const { id } = await begin(ask, { batch: 3, stable: 0.5, timeout: 4, rollback: true });
    await untilOperation(ask, id, ({ counts }) => counts.running === 3);
    await crash();
    const turned = ({ targets }: Operation): boolean => targets[1]?.message?.startsWith("To be restarted") === true;
    await untilOperation(ask, id, (operation) => turned(operation) || operation.counts.cancelled === 1);
    await crash();
    const over = await untilOperation(ask, id, ended);
    // Which of them is the one that failed depends on which server is back first.
    assert.deepEqual([over.counts.failed, over.counts.cancelled], [1, 3], JSON.stringify(over.targets));
    assert.equal(over.targets.filter(({ message }) => message?.includes("Rolled back to revision 1")).length, 3);
    await untilService(ask, "web", allReady(4));
    const saved = (await ask("GET /api/services/web")).json as ServiceRecord;
    assert.deepEqual([saved.revision, saved.argv], [3, good.argv]);
  });
});
