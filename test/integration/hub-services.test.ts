// Definitions and acts: the resource style, revisions, what the agent is told, what is stored and when.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { SECOND } from "../../src/base/units.ts";
import type { AgentMethod, AgentParams, AgentResult, DesiredService } from "../../src/contract/agent.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import { exitRecord, FakeAgent, instanceRow } from "../support/fake-agent.ts";
import { startTestHub } from "../support/hub.ts";

const api = { name: "api", kind: "backend", start_cmd: "sleep 9", ports: [8000] };

describe("a definition", () => {
  it("has its revision as ETag, and If-Match guards it", async () => {
    await using hub = await startTestHub();
    const added = await hub.request("POST /api/services", { body: api });
    assert.deepEqual([added.status, added.headers.etag, added.headers.location], [201, '"1"', "/api/services/api"]);
    const changed = await hub.request("PUT /api/services/api", {
      body: { ...api, description: "two" },
      headers: { "if-match": '"1"' },
    });
    assert.deepEqual([changed.status, changed.headers.etag, changed.json.description], [200, '"2"', "two"]);
    const late = { body: { ...api, description: "three" }, headers: { "if-match": '"1"' } };
    assert.equal((await hub.request("PUT /api/services/api", late)).status, 412);
    assert.equal((await hub.request("PATCH /api/services/api", { ...late, body: { description: "x" } })).status, 412);
    const unknown = { body: {}, headers: { "if-match": '"abc"' } };
    assert.equal((await hub.request("PATCH /api/services/api", unknown)).status, 412);
    assert.equal((await hub.request("GET /api/services/api")).json.description, "two");
  });

  it("is patched by merging: what is left out stays, null resets to the default", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: { ...api, env: { A: "1", B: "2" }, instances: 3 } });
    const body = { env: { A: null, C: "3" }, instances: null };
    const patched = await hub.request("PATCH /api/services/api", { body });
    assert.equal(patched.status, 200);
    assert.deepEqual(patched.json.env, { B: "2", C: "3" });
    assert.deepEqual([patched.json.instances, patched.json.ports], [1, [8000]]);
    assert.deepEqual(hub.agent.desired.get("api")?.spec.env, { B: "2", C: "3" });
  });

  it("is added by PUT where there is none", async () => {
    await using hub = await startTestHub();
    assert.equal((await hub.request("PUT /api/services/api", { body: api })).status, 201);
    assert.equal((await hub.request("POST /api/services", { body: api })).json.code, "name_taken");
  });

  it("may not declare another's port, unless the setting allows it", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    const second = { ...api, name: "second" };
    const refused = await hub.request("POST /api/services", { body: second });
    assert.deepEqual([refused.status, refused.json.issues[0].path], [422, "ports.0"]);
    assert.equal((await hub.request("PUT /api/services/second", { body: second })).status, 422);
    await hub.request("POST /api/settings", { body: { check_port_conflicts: false } });
    const allowed = await hub.request("POST /api/services", { body: second });
    assert.equal(allowed.status, 201);
    assert.match(allowed.json.warnings[0], /port 8000 is also declared by "api"/);
    const conflicts = (await hub.request("GET /api/port-conflicts")).json;
    assert.deepEqual(conflicts, { has_conflicts: true, conflicts: { "8000": ["api", "second"] }, strangers: [] });
  });

  it("shows how the running one differs from the saved one", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    hub.agent.tell(instanceRow("api", "running", { revision: 1 }));
    await hub.request("PATCH /api/services/api", { body: { stop: { grace: "3s" } } });
    const spec = (await hub.request("GET /api/services/api/spec")).json;
    assert.deepEqual([spec.saved_revision, spec.running_revision], [2, 1]);
    assert.deepEqual(spec.differences, [{ path: "stop.grace", from: 10, to: 3 }]);
  });

  it("gets its restart policy from the setting where it leaves it open", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    await hub.request("POST /api/services", { body: { name: "own", start_cmd: "x", restart: { policy: "always" } } });
    const policyOf = (name: string): string | undefined => hub.agent.desired.get(name)?.spec.restart.policy;
    assert.equal(policyOf("api"), "on-failure");
    await hub.request("POST /api/settings", { body: { auto_restart_on_failure: false, update_interval_seconds: 2 } });
    assert.deepEqual([policyOf("api"), policyOf("own"), hub.agent.updateInterval], ["never", "always", 2000]);
  });
});

describe("deleting", () => {
  it("stops first, and a service that cannot be stopped stays", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    hub.agent.onAct = () => ({ outcome: "failed", message: "it hangs in the kernel", count: 0 });
    const refused = await hub.request("DELETE /api/services/api");
    assert.deepEqual(
      [refused.status, refused.json.code, refused.json.detail],
      [409, "act_failed", "it hangs in the kernel"],
    );
    assert.equal((await hub.request("GET /api/services/api")).status, 200);
    hub.agent.onAct = undefined;
    hub.agent.calls.length = 0;
    assert.equal((await hub.request("DELETE /api/services/api")).status, 200);
    assert.deepEqual(
      hub.agent.calls.map(({ method }) => method),
      ["act", "remove"],
    );
    assert.deepEqual((await hub.request("GET /api/status")).json, []);
  });

  it("and changing by hand are refused for what a file owns", async () => {
    await using hub = await startTestHub();
    const applied = await hub.request("POST /api/apply", { body: { owner: "/srv/tailherd.yaml", services: [api] } });
    assert.deepEqual([applied.status, applied.json.steps[0].change], [200, "add"]);
    for (const reply of [
      await hub.request("DELETE /api/services/api"),
      await hub.request("PUT /api/services/api", { body: { ...api, description: "mine" } }),
      await hub.request("PATCH /api/services/api", { body: { description: "mine" } }),
    ]) {
      assert.deepEqual([reply.status, reply.json.code], [409, "owned_by_file"]);
    }
    const again = { owner: "/srv/tailherd.yaml", services: [] };
    assert.equal((await hub.request("POST /api/apply", { body: again })).json.steps[0].change, "remove");
    assert.equal(hub.agent.desired.size, 0);
  });
});

/** Holds up one method of an agent, until released. */
class SlowAgent extends FakeAgent {
  readonly asked = Promise.withResolvers<void>();
  readonly release = Promise.withResolvers<void>();
  slow: ((method: AgentMethod, params: unknown) => boolean) | undefined;

  override async call<M extends AgentMethod>(method: M, params: AgentParams<M>): Promise<AgentResult<M>> {
    if (this.slow?.(method, params) === true) {
      this.slow = undefined;
      this.asked.resolve();
      await this.release.promise;
    }
    return await super.call(method, params);
  }
}

describe("what the agent is told", () => {
  it("never brings back what is being deleted", async () => {
    const agent = new SlowAgent();
    await using hub = await startTestHub({ agent });
    await hub.request("POST /api/services", { body: api });
    agent.slow = (method) => method === "remove";
    const deleting = hub.request("DELETE /api/services/api");
    await agent.asked.promise;
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 2 } });
    assert.deepEqual(agent.calls.at(-1), {
      method: "apply",
      params: { services: [], tasks: [], standings: {}, update_interval_ms: 2000 },
    });
    agent.release.resolve();
    assert.equal((await deleting).status, 200);
  });

  it("is what is wished by then, also of what a file changed a moment ago", async () => {
    const agent = new SlowAgent();
    await using hub = await startTestHub({ agent });
    const owner = "/srv/tailherd.yaml";
    const files = (description: string): unknown =>
      ["one", "two"].map((name) => ({ name, start_cmd: "sleep 9", description }));
    await hub.request("POST /api/apply", { body: { owner, services: files("first") } });
    agent.slow = (method) => method === "set";
    const applying = hub.request("POST /api/apply", { body: { owner, services: files("second") } });
    await agent.asked.promise;
    assert.equal((await hub.request("POST /api/services/two/start")).status, 200);
    agent.release.resolve();
    assert.equal((await applying).status, 200);
    const two = agent.desired.get("two");
    assert.deepEqual([two?.desired, two?.spec.description], ["running", "second"]);
    assert.equal((await hub.request("GET /api/services/two")).json.desired, "running");
  });
});

describe("an act", () => {
  it("keeps the wish over a restart of the hub, and tells it to the agent", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-hub-"));
    try {
      {
        await using hub = await startTestHub({ dataDir });
        await hub.request("POST /api/services", { body: api });
        await hub.request("POST /api/services", { body: { name: "auto", start_cmd: "x", autostart: true } });
        assert.equal((await hub.request("POST /api/services/api/start")).status, 200);
      }
      await using hub = await startTestHub({ dataDir });
      assert.equal(hub.agent.desired.get("api")?.desired, "running");
      assert.equal(hub.agent.desired.get("auto")?.desired, "running");
      await hub.request("POST /api/services/api/kill");
      assert.equal(hub.agent.desired.get("api")?.desired, "stopped");
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("on one instance is a wish of its own: shown, kept over a restart of the hub and changes, told with the act", async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-hub-"));
    const wished = (told: DesiredService | undefined): unknown => [told?.desired, told?.stopped_instances];
    try {
      {
        await using hub = await startTestHub({ dataDir });
        await hub.request("POST /api/services", { body: { ...api, instances: 3 } });
        await hub.request("POST /api/services/api/start");
        hub.agent.calls.length = 0;
        assert.equal((await hub.request("POST /api/services/api/stop?index=1")).status, 200);
        assert.deepEqual(
          hub.agent.calls.map(({ method }) => method),
          ["act"],
        );
        assert.deepEqual(wished(hub.agent.desired.get("api")), ["running", [1]]);
      }
      await using hub = await startTestHub({ dataDir });
      assert.deepEqual(wished(hub.agent.desired.get("api")), ["running", [1]]);
      await hub.request("PATCH /api/services/api", { body: { description: "changed" } });
      assert.deepEqual(wished(hub.agent.desired.get("api")), ["running", [1]]);
      const status = (await hub.request("GET /api/services/api/status")).json;
      assert.deepEqual([status.desired, status.stopped_instances], ["running", [1]]);
      assert.deepEqual((await hub.request("GET /api/services/api")).json.stopped_instances, [1]);
      await hub.request("POST /api/services/api/start");
      assert.deepEqual(wished(hub.agent.desired.get("api")), ["running", []]);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("is told in the order in which it was stored, and does not hold up the next", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    const held = Promise.withResolvers<void>();
    const told: string[] = [];
    hub.agent.onAct = async ({ action, service }) => {
      told.push(`${action}: ${service.desired}`);
      if (action === "start") await held.promise;
      return { outcome: "done", message: action, count: 1 };
    };
    const starting = hub.request("POST /api/services/api/start");
    const probe = await hub.connect();
    await probe.subscribe("services");
    assert.equal((await hub.request("POST /api/services/api/stop")).status, 200);
    held.resolve();
    assert.equal((await starting).status, 200);
    assert.deepEqual(told, ["start: running", "stop: stopped"]);
  });

  it("that fails is 409 in the agent's words, and one on an instance that is not there is 404", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    hub.agent.onAct = () => ({ outcome: "failed", message: "Cannot start: no such directory", count: 0 });
    const failed = await hub.request("POST /api/services/api/start");
    assert.deepEqual([failed.status, failed.json.code, failed.json.success], [409, "act_failed", false]);
    assert.equal(failed.json.detail, "Cannot start: no such directory");
    assert.equal((await hub.request("POST /api/services/api/restart?index=1")).status, 404);
  });

  it("in bulk is an operation whose targets can be watched", async () => {
    await using hub = await startTestHub();
    for (const name of ["one", "two", "three"]) {
      await hub.request("POST /api/services", { body: { name, start_cmd: "x" } });
    }
    hub.agent.onAct = ({ service }) => ({
      outcome: service.spec.name === "two" ? "failed" : "done",
      message: `told of ${service.spec.name}`,
      count: 1,
    });
    const probe = await hub.connect();
    await probe.subscribe("services", "operations");
    const ended = probe.next("operation", ({ data }) => data.state !== "running");
    const body = { action: "restart", services: ["one", "two", "three"] };
    const begun = (await hub.request("POST /api/bulk", { body })).json;
    assert.equal((await ended).data.state, "failed");
    const { targets } = (await hub.request(`GET /api/operations/${begun.id}`)).json;
    assert.deepEqual(
      targets.map(({ service, state }: { service: string; state: string }) => [service, state]),
      [
        ["one", "done"],
        ["two", "failed"],
        ["three", "done"],
      ],
    );
  });
});

describe("what is observed", () => {
  it("is one row of the state that needs attention most", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: { ...api, instances: 2 } });
    hub.agent.tell(instanceRow("api", "running"), instanceRow("api", "backoff", { index: 1, reason: "exit 1" }));
    const status = (await hub.request("GET /api/services/api/status")).json;
    assert.deepEqual([status.state, status.reason, status.running, status.pid_count], ["backoff", "exit 1", true, 1]);
    assert.deepEqual((await hub.request("GET /api/status")).json[0].instances.length, 2);
  });

  it("keeps exits, errors and series", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/services", { body: api });
    hub.agent.tell(instanceRow("api", "running"));
    for (const [id, code] of [
      ["e1", 0],
      ["e2", 1],
      ["e2", 1],
      ["e3", 2],
    ] as const) {
      const at = new Date(Date.UTC(2026, 0, 1) + code).toISOString();
      const common = { id, at, service: "api", server_id: null, index: 0, by: null };
      const exit = { ...exitRecord(code), generation: code, ended_at: at };
      hub.agent.tellEvent({ ...common, type: "instance.exited", exit });
    }
    const exits = (await hub.request("GET /api/services/api/exits")).json;
    assert.deepEqual(
      exits.map(({ code }: { code: number }) => code),
      [2, 1, 0],
    );
    const { runtime } = (await hub.request("GET /api/services/api/status")).json;
    assert.equal(runtime.errors.length, 2, "an end that is told again is one");
    hub.agent.tellSamples([{ service: "api", index: 0, cpu: 3.25, memory: 2048 }], 1000);
    const series = (await hub.request("GET /api/services/api/series")).json;
    assert.deepEqual(series, { step: 5, points: [[1000, 3.25, 2048]] });
  });
});

describe("an agent that cannot take a definition now", () => {
  it("is told again until it has it, and what people entered is acknowledged meanwhile", async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await startTestHub({ clock });
    await hub.request("POST /api/services", { body: { name: "old", start_cmd: "x" } });
    const noDescriptors = new TailherdError("degraded", "Cannot keep it: too many open files");
    hub.agent.failure = (method) => (method === "set" || method === "act" ? noDescriptors : undefined);
    assert.equal((await hub.request("PUT /api/services/api", { body: { name: "api", start_cmd: "x" } })).status, 201);
    const started = await hub.request("POST /api/services/old/start");
    assert.deepEqual([started.status, started.json.code], [503, "degraded"]);
    clock.advance(2 * SECOND);
    await hub.request("GET /health");
    assert.ok(!hub.agent.desired.has("api"));
    hub.agent.failure = undefined;
    while (!hub.agent.desired.has("api")) {
      clock.advance(2 * SECOND);
      await hub.request("GET /health");
    }
    assert.equal(hub.agent.desired.get("old")?.desired, "running");
  });

  it("is not asked for ever what it will always refuse", async () => {
    const clock = new FakeClock(Date.now());
    await using hub = await startTestHub({ clock });
    await hub.request("POST /api/services", { body: { name: "api", start_cmd: "x" } });
    hub.agent.failure = (method) =>
      method === "remove" ? new TailherdError("not_found", 'There is no service "api" here') : undefined;
    assert.equal((await hub.request("DELETE /api/services/api")).status, 200);
    assert.equal((await hub.request("GET /api/services/api")).status, 404);
    const asked = (): number => hub.agent.calls.filter(({ method }) => method === "remove").length;
    clock.advance(10 * SECOND);
    await hub.request("GET /health");
    assert.equal(asked(), 1);
  });
});

describe("a plan that is being carried out", () => {
  it("does not undo what somebody changes meanwhile", async () => {
    await using hub = await startTestHub();
    const open = Promise.withResolvers<void>();
    hub.agent.gate = open.promise;
    const services = ["first", "changed"].map((name) => ({ name, start_cmd: "x" }));
    const imported = hub.request("POST /api/import", {
      body: { services, settings: { update_interval_seconds: 7 }, replace: true },
    });
    // Stored by now or soon, and held up before the agent was told of any of it.
    while ((await hub.request("GET /api/audit")).json.length < 3) await new Promise((resolve) => setImmediate(resolve));
    const changed = hub.request("PUT /api/services/changed", { body: { name: "changed", start_cmd: "y" } });
    const settings = hub.request("POST /api/settings", { body: { stats_retention_days: 3 } });
    while ((await hub.request("GET /api/audit")).json.length < 5) await new Promise((resolve) => setImmediate(resolve));
    open.resolve();
    for (const reply of await Promise.all([imported, changed, settings])) assert.ok(reply.status < 300);
    assert.equal((await hub.request("GET /api/services/changed")).json.start_cmd, "y");
    assert.equal(hub.agent.desired.get("changed")?.spec.start_cmd, "y");
    const { update_interval_seconds, stats_retention_days } = (await hub.request("GET /api/settings")).json;
    assert.deepEqual([update_interval_seconds, stats_retention_days], [7, 3]);
  });
});

describe("a precondition", () => {
  it("keeps PUT from adding, from replacing, and DELETE from taking away what was changed", async () => {
    await using hub = await startTestHub();
    const put = async (headers: Record<string, string>, description: string): Promise<number> =>
      (await hub.request("PUT /api/services/api", { body: { ...api, description }, headers })).status;
    const remove = async (match: string): Promise<number> =>
      (await hub.request("DELETE /api/services/api", { headers: { "if-match": match } })).status;
    assert.equal(await put({ "if-match": "*" }, "one"), 404);
    assert.equal(await put({ "if-match": '"1"' }, "one"), 404);
    assert.equal(await put({ "if-none-match": "*" }, "one"), 201);
    assert.equal(await put({ "if-none-match": "*" }, "two"), 409);
    assert.equal(await put({ "if-match": "*" }, "two"), 200);
    assert.equal(await put({ "if-match": '"1"' }, "three"), 412);
    assert.equal((await hub.request("GET /api/services/api")).json.description, "two");
    assert.equal(await remove('"1"'), 412);
    assert.equal(await remove('"yesterday"'), 412);
    assert.equal(await remove('"2"'), 200);
  });
});
