// Remote commands through the hub, on real agents and on one that a test plays: where they go, who may, what is told, what survives.
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { membershipOf, startAgent } from "../../src/agent/agent.ts";
import { FakeClock, systemClock } from "../../src/base/clock.ts";
import type { AgentCommand } from "../../src/contract/commands.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import type { Operation } from "../../src/contract/operations.ts";
import { openSqliteStore } from "../../src/hub/store/sqlite-store.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { joinFleet, untilServer } from "../support/fleet.ts";
import { HubProcess } from "../support/hub-process.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const HOME = "6f1f2f0e-0000-4000-8000-000000000001";

/** Waits until an operation is as wanted. */
async function until(hub: TestHub, id: string, wanted: (operation: Operation) => boolean): Promise<Operation> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const operation: Operation = (await hub.request(`GET /api/operations/${id}`)).json;
    if (wanted(operation)) return operation;
    if (Date.now() > deadline) throw new Error(`the operation did not get there: ${JSON.stringify(operation)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

const ended = ({ ended_at }: Operation): boolean => ended_at !== null;
const states = ({ targets }: Operation): unknown => targets.map(({ server, state }) => [server, state]);

/** Keeps what the hub sends to the agent in its own process. */
function commandsOf(hub: TestHub): AgentCommand[] {
  return hub.agent.calls.flatMap(({ method, params }) => (method === "command" ? [params as AgentCommand] : []));
}

describe("a command on one server", { timeout: 60_000 }, () => {
  it("answers what came of it, and keeps output and exit code", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web-1", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const ping = await hub.request("POST /api/servers/web-1/command", { body: { action: "ping" } });
    assert.deepEqual([ping.status, ping.json.success, ping.json.message], [200, true, "pong"]);
    const argv = ["/bin/sh", "-c", "echo out; echo err >&2; exit 4"];
    const begun = await hub.request(`POST /api/servers/${web.id}/command`, { body: { action: "run", argv } });
    assert.equal(begun.status, 200, begun.text);
    const { state, kind, title, by, targets } = await until(hub, begun.json.operation_id, ended);
    assert.deepEqual([state, kind, title], ["failed", "command run", "run /bin/sh -c echo out; echo err >&2; exit 4"]);
    assert.ok(by !== "");
    const [target] = targets;
    assert.deepEqual([target?.state, target?.exit_code, target?.message], ["failed", 4, "exit 4"]);
    assert.deepEqual(target?.output.split("\n").toSorted(), ["", "err", "out"]);
    const audit = (await hub.request("GET /api/audit?limit=1")).json;
    assert.deepEqual([audit[0].action, audit[0].after.plan.argv], ["command.run", argv]);
  });

  it("starts and stops a service, and what is wished for it follows", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web-1");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const service = { name: "api", start_cmd: "exec sleep 1000", working_dir: "/", placement: { servers: ["web-1"] } };
    await hub.request("POST /api/services", { body: service });
    const act = async (action: string): Promise<boolean> => {
      const { status, json } = await hub.request("POST /api/servers/web-1/command", {
        body: { action, service_name: "api" },
      });
      assert.equal(status, 200);
      return json.success;
    };
    assert.equal(await act("start_service"), true);
    assert.equal((await hub.request("GET /api/services/api")).json.desired, "running");
    assert.equal((await hub.request("GET /api/services/api/status")).json.running, true);
    assert.equal(await act("stop_service"), true);
    assert.equal((await hub.request("GET /api/services/api/status")).json.running, false);
    assert.equal((await hub.request("GET /api/services/api")).json.desired, "stopped");
    const unknown = { action: "start_service", service_name: "nothing" };
    assert.equal((await hub.request("POST /api/servers/web-1/command", { body: unknown })).status, 404);
    await hub.request("POST /api/services", { body: { ...service, name: "here", placement: {} } });
    const elsewhere = await hub.request("POST /api/servers/web-1/command", {
      body: { action: "start_service", service_name: "here" },
    });
    assert.deepEqual([elsewhere.status, elsewhere.json.code], [400, "refused"]);
  });

  it("is refused without the right, without --allow-run, and without a link unless it may wait", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const token = (await hub.request("POST /api/tokens", { socket: true, body: { name: "op", role: "operator" } })).json
      .secret;
    const body = { action: "run", argv: ["/bin/true"] };
    const forbidden = await hub.request(`POST /api/servers/${HOME}/command`, { token, body });
    assert.equal(forbidden.status, 403);
    assert.equal((await hub.request("POST /api/commands", { token, body: { ...body, servers: [HOME] } })).status, 403);
    const allowed = hub.request(`POST /api/servers/${HOME}/command`, { token, body: { action: "ping" } });
    hub.agent.onCommand = ({ id }) => {
      hub.agent.tellResult({ id, message: "pong", exit_code: null });
      return { accepted: true, message: "" };
    };
    assert.equal((await allowed).status, 200);
    const made = await hub.request(`POST /api/servers/${HOME}/command`, { socket: true, body });
    // What only an admin may do an operator may not cancel or do again either.
    assert.equal((await hub.request(`POST /api/operations/${made.json.operation_id}/cancel`, { token })).status, 403);
    const bare = { name: "bare", host: "bare" };
    await hub.request("POST /api/servers/register", { socket: true, body: bare });
    const refused = await hub.request("POST /api/servers/bare/command", { socket: true, body: { action: "ping" } });
    assert.deepEqual([refused.status, refused.json.code], [400, "refused"]);
  });

  it("is refused by the hub where the agent takes no run", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web-1");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const { status, json } = await hub.request("POST /api/servers/web-1/command", {
      body: { action: "run", argv: ["/bin/true"] },
    });
    assert.deepEqual([status, json.code], [400, "refused"]);
    assert.match(json.detail, /--allow-run/);
  });

  it("P15: is not sent when it cannot be put on record first", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-commands-"));
    const store = await openSqliteStore({ file: join(dataDir, "hub.db"), clock: systemClock, logger: silentLogger });
    const full = new TailherdError("disk_full", "Cannot begin it: the disk is full");
    const deaf = { ...store, createOperation: () => Promise.reject(full) };
    try {
      await using hub = await startTestHub({ dataDir, store: deaf });
      const body = { action: "ping" };
      assert.equal((await hub.request(`POST /api/servers/${HOME}/command`, { body })).status, 507);
      assert.equal((await hub.request("POST /api/commands", { body: { ...body, servers: [HOME] } })).status, 507);
      assert.deepEqual([commandsOf(hub), (await hub.request("GET /api/operations")).json], [[], []]);
    } finally {
      await store.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});

describe("a command on many servers", { timeout: 60_000 }, () => {
  it("goes to those with the tags and those named, some at a time, and stops after failures", async () => {
    await using hub = await startTestHub();
    await using a = await joinFleet(hub, "a", { allowRun: true, tags: ["web"] });
    await using b = await joinFleet(hub, "b", { allowRun: true, tags: ["web"] });
    await using c = await joinFleet(hub, "c", { allowRun: true });
    // Who has answered has all that is desired, and is begun with in the order asked for.
    for (const { id } of [a, b, c]) {
      await untilServer(hub, id, ({ connected }) => connected);
      await hub.request(`POST /api/servers/${id}/command`, { body: { action: "ping" } });
    }
    const file = join(hub.dataDir, "ran");
    const body = { action: "run", argv: ["/bin/sh", "-c", `echo x >>${file}; exit 1`], width: 1 };
    const stopped = (
      await hub.request("POST /api/commands", {
        body: { ...body, tags: ["web"], servers: ["c"], stop_after_failures: 2 },
      })
    ).json;
    const end = await until(hub, stopped.id, ended);
    assert.equal(end.state, "failed");
    assert.deepEqual(end.counts, { queued: 0, sent: 0, running: 0, done: 0, failed: 2, unknown: 0, cancelled: 1 });
    assert.deepEqual(states(end), [
      ["c", "failed"],
      ["a", "failed"],
      ["b", "cancelled"],
    ]);
    const again = (await hub.request(`POST /api/operations/${stopped.id}/retry`)).json;
    assert.deepEqual(states(await until(hub, again.id, ended)), [
      ["c", "failed"],
      ["a", "failed"],
      ["b", "cancelled"],
    ]);
    const none = await hub.request("POST /api/commands", { body: { action: "ping", tags: ["no-such-tag"] } });
    assert.equal(none.status, 404);
  });

  it("can be cancelled: what runs is ended, what waits is not begun", async () => {
    await using hub = await startTestHub();
    await using a = await joinFleet(hub, "a", { allowRun: true });
    await using b = await joinFleet(hub, "b", { allowRun: true });
    for (const { id } of [a, b]) {
      await untilServer(hub, id, ({ connected }) => connected);
      await hub.request(`POST /api/servers/${id}/command`, { body: { action: "ping" } });
    }
    const body = { action: "run", argv: ["sleep", "1000"], servers: ["a", "b"], width: 1, timeout: 1000 };
    const { id } = (await hub.request("POST /api/commands", { body })).json;
    await until(hub, id, ({ targets }) => targets[0]?.state === "running");
    const cancelled = await hub.request(`POST /api/operations/${id}/cancel`);
    assert.deepEqual([cancelled.status, cancelled.json.cancelling], [200, true]);
    const end = await until(hub, id, ended);
    assert.deepEqual(
      [end.state, states(end)],
      [
        "cancelled",
        [
          ["a", "cancelled"],
          ["b", "cancelled"],
        ],
      ],
    );
    assert.equal((await hub.request(`POST /api/operations/${id}/cancel`)).status, 400);
  });

  it("streams what they print, each with its server, from the beginning to the end", async () => {
    await using hub = await startTestHub();
    await using a = await joinFleet(hub, "a", { allowRun: true });
    await untilServer(hub, a.id, ({ connected }) => connected);
    const go = join(hub.dataDir, "go");
    const script = `echo one; while ! [ -e ${go} ]; do sleep 0.05; done; echo two`;
    const body = { action: "run", argv: ["/bin/sh", "-c", script], servers: ["a"] };
    const { id } = (await hub.request("POST /api/commands", { body })).json;
    await until(hub, id, ({ targets }) => targets[0]?.output === "one\n");
    const response = fetch(`${hub.url}/api/operations/${id}/output`).then((answer) => answer.text());
    await writeFile(go, "");
    const text = await response;
    const outputs = [...text.matchAll(/event: output\ndata: (.*)\n/g)].map(([, data]) => JSON.parse(data ?? ""));
    assert.equal(outputs.map((each) => each.text).join(""), "one\ntwo\n");
    assert.deepEqual([outputs[0].server, outputs[0].at], ["a", 0]);
    assert.match(text, /event: end\ndata: .*"done"/);
    // After it has ended all of it is there still.
    const later = await (await fetch(`${hub.url}/api/operations/${id}/output`)).text();
    assert.match(later, /one\\ntwo\\n[\s\S]*event: end/);
  });

  it("tells thousands of targets without repeating those that did not change", async () => {
    await using hub = await startTestHub();
    const names = Array.from({ length: 150 }, (_, at) => `bare-${at}`);
    for (const name of names) {
      const { status } = await hub.request("POST /api/servers/register", { body: { name, host: "x" } });
      assert.equal(status, 201);
    }
    const probe = await hub.connect();
    await probe.subscribe("operations", "services");
    const end = probe.next("operation", ({ data }) => data.ended_at !== null);
    const held = Promise.withResolvers<void>();
    hub.agent.onCommand = async () => {
      await held.promise;
      return { accepted: true, message: "" };
    };
    const body = { action: "run", argv: ["x"], servers: [...names, HOME] };
    const whole = probe.next("operation", ({ data }) => data.counts.failed === 150);
    const changed = probe.next("operation_changed", ({ data }) => data.counts.running === 1);
    await hub.request("POST /api/commands", { body });
    await whole;
    held.resolve();
    const { data } = await changed;
    assert.deepEqual(
      data.changed.map(({ place, target }) => [place, target.state]),
      [[150, "running"]],
    );
    hub.agent.tellResult({ id: commandsOf(hub)[0]?.id ?? "", output: "secret of the output" });
    assert.equal((await end).data.targets.length, 151);
    assert.ok(!JSON.stringify(probe.messages).includes("secret of the output"));
    const [listed] = (await hub.request("GET /api/operations")).json;
    assert.deepEqual([listed.targets, listed.counts.failed], [[], 150]);
    const one = (await hub.request(`GET /api/operations/${listed.id}?server=${HOME}`)).json;
    assert.equal(one.targets[0].output, "secret of the output");
  });
});

describe("the fate of a command", { timeout: 60_000 }, () => {
  it("waits for a server that is away, as long as it was asked to", async () => {
    await using hub = await startTestHub();
    const web = await joinFleet(hub, "web-1", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    await web.agent.close();
    await untilServer(hub, web.id, ({ connected }) => !connected);
    const body = { action: "run", argv: ["/bin/echo", "here"] };
    const refused = await hub.request("POST /api/servers/web-1/command", { body });
    assert.deepEqual([refused.status, refused.json.code], [503, "agent_away"]);
    const short = await hub.request("POST /api/servers/web-1/command", { body: { ...body, queue_for: 0.2 } });
    assert.deepEqual([short.status, short.json.success], [200, true]);
    const gaveUp = await until(hub, short.json.operation_id, ended);
    assert.match(gaveUp.targets[0]?.message ?? "", /not linked to the hub within 0.2 s/);
    const long = await hub.request("POST /api/servers/web-1/command", { body: { ...body, queue_for: 60 } });
    assert.equal((await until(hub, long.json.operation_id, () => true)).state, "queued");
    const membership = await membershipOf(web.dataDir);
    assert.ok(membership !== undefined);
    const agent = await startAgent({ dataDir: web.dataDir, membership, allowRun: true, logger: silentLogger });
    const done = await until(hub, long.json.operation_id, ended);
    assert.deepEqual([done.state, done.targets[0]?.output], ["done", "here\n"]);
    await agent.close();
    await rm(web.dataDir, { recursive: true, force: true });
  });

  it("is sent again under its id when the answer is lost, and a result that comes late is taken", async () => {
    await using hub = await startTestHub();
    const ids: string[] = [];
    hub.agent.onCommand = async ({ id }) => {
      ids.push(id);
      if (ids.length === 1) throw new TailherdError("timed_out", "lost");
      hub.agent.tellCommandOutput({ id, at: 3, text: "later" });
      hub.agent.tellResult({ id, output: "0123later", output_dropped: 0 });
      return { accepted: true, message: "It was begun before" };
    };
    const { id } = (await hub.request("POST /api/commands", { body: { action: "run", argv: ["x"], servers: [HOME] } }))
      .json;
    const end = await until(hub, id, ended);
    assert.deepEqual([end.state, ids.length, new Set(ids).size], ["done", 2, 1]);
    assert.equal(end.targets[0]?.output_dropped, 3);
  });

  it("is unknown when nothing was heard of it in time, and corrected by what comes after all", async () => {
    const clock = new FakeClock();
    await using hub = await startTestHub({ clock });
    const body = { action: "run", argv: ["x"], servers: [HOME], timeout: 10 };
    const { id } = (await hub.request("POST /api/commands", { body })).json;
    await until(hub, id, ({ state }) => state === "running");
    clock.advance(99_000);
    assert.equal((await until(hub, id, () => true)).state, "running");
    clock.advance(2000);
    const lost = await until(hub, id, ended);
    assert.equal(lost.state, "unknown");
    hub.agent.tellResult({ id: `${id}:0`, output: "after all" });
    const { state, targets, counts } = await until(hub, id, (now) => now.state !== "unknown");
    assert.deepEqual([state, targets[0]?.output, counts.done, counts.unknown], ["done", "after all", 1, 0]);
    hub.agent.tellResult({ id: `${id}:0`, outcome: "unknown" });
    await hub.request(`POST /api/servers/${HOME}/command`, { body: { action: "run", argv: ["y"] } });
    assert.equal((await until(hub, id, () => true)).state, "done");
  });

  it("is not taken from a server that it was not sent to", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web-1", { allowRun: true });
    await untilServer(hub, web.id, ({ connected }) => connected);
    const body = { action: "run", argv: ["sleep", "1000"], servers: ["web-1"], timeout: 1000 };
    const { id } = (await hub.request("POST /api/commands", { body })).json;
    await until(hub, id, ({ targets }) => targets[0]?.state === "running");
    hub.agent.tellResult({ id: `${id}:0`, message: "a lie" });
    hub.agent.tellCommandOutput({ id: `${id}:0`, at: 0, text: "a lie" });
    // What the same agent tells after it is there: the lie was heard before.
    await hub.request(`POST /api/servers/${HOME}/command`, { body: { action: "run", argv: ["x"] } });
    const { targets } = await until(hub, id, () => true);
    assert.deepEqual([targets[0]?.state, targets[0]?.output], ["running", ""]);
    await hub.request(`POST /api/operations/${id}/cancel`);
    await until(hub, id, ended);
  });

  it("is kept through a restart of the hub, and found out from what the agents tell then", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-commands-"));
    try {
      const taken: AgentCommand[] = [];
      let first: Operation;
      let second: Operation;
      {
        await using hub = await startTestHub({ dataDir });
        hub.agent.onCommand = (command) => {
          taken.push(command);
          return { accepted: true, message: "" };
        };
        const send = async (name: string): Promise<Operation> => {
          const body = { action: "run", argv: [name], servers: [HOME] };
          const { id } = (await hub.request("POST /api/commands", { body })).json;
          return await until(hub, id, ({ state }) => state === "running");
        };
        first = await send("first");
        second = await send("second");
      }
      await using hub = await startTestHub({ dataDir });
      const asked = hub.agent;
      assert.equal((await until(hub, first.id, () => true)).state, "running");
      const again = commandsOf(hub);
      assert.deepEqual(again.map(({ id }) => id).toSorted(), taken.map(({ id }) => id).toSorted());
      asked.tellResult({ id: `${first.id}:0`, output: "what it printed" });
      asked.tellResult({ id: `${second.id}:0`, outcome: "unknown", exit_code: null, message: "the agent died" });
      const done = await until(hub, first.id, ended);
      assert.deepEqual([done.state, done.targets[0]?.output], ["done", "what it printed"]);
      assert.equal((await until(hub, second.id, ended)).state, "unknown");
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("goes on waiting for its server after the hub was killed", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-commands-"));
    try {
      await (await startTestHub({ dataDir })).hub.close();
      let operation: Operation;
      {
        // This one has no agent in its process: the server is away.
        await using killed = await HubProcess.start(dataDir);
        const body = { action: "run", argv: ["x"], servers: [HOME], queue_for: 60 };
        operation = (await killed.request("POST", "/api/commands", body)).answer as Operation;
        await killed.kill();
      }
      await using hub = await startTestHub({ dataDir });
      await until(hub, operation.id, ({ state }) => state === "running");
      hub.agent.tellResult({ id: `${operation.id}:0` });
      assert.equal((await until(hub, operation.id, ended)).state, "done");
      assert.equal(commandsOf(hub).length, 1);
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("of acts on services is told as unknown or not begun after a restart, and can be tried again", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-commands-"));
    try {
      let id: string;
      {
        await using hub = await startTestHub({ dataDir });
        await hub.request("POST /api/services", { body: { name: "one", start_cmd: "x" } });
        hub.agent.onAct = () => new Promise(() => undefined);
        const begun = await hub.request("POST /api/bulk", { body: { action: "restart", services: ["one"] } });
        id = begun.json.id;
        await until(hub, id, ({ targets }) => targets[0]?.state === "running");
      }
      await using hub = await startTestHub({ dataDir });
      const found = await until(hub, id, ended);
      assert.deepEqual([found.state, found.targets[0]?.message], ["unknown", "The hub ended in the middle of it"]);
      const again = await hub.request(`POST /api/operations/${id}/retry`);
      assert.equal(again.status, 200, again.text);
      assert.equal((await until(hub, again.json.id, ended)).state, "done");
    } finally {
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
