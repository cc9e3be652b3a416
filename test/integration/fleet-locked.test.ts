// A locked agent: whatever the hub says, it runs what its own machine's file declares, as the file declares it.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { type Agent, type AgentOptions, enrolAgent, startAgent } from "../../src/agent/agent.ts";
import { type ServiceSpec, serviceSpecSchema } from "../../src/contract/service.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { joinToken, untilServer } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const placement = { servers: ["vault"] };
const own = serviceSpecSchema.parse({
  name: "own",
  start_cmd: "echo from the file; exec sleep 1000",
  working_dir: "/",
  autostart: true,
});

/** An agent that can be ended and started again, locked or not. */
class Vault implements AsyncDisposable {
  readonly dataDir: string;
  readonly id: string;
  agent: Agent;
  private readonly options: AgentOptions;

  private constructor(agent: Agent, options: AgentOptions) {
    this.agent = agent;
    this.options = options;
    this.dataDir = options.dataDir;
    this.id = agent.server.id;
  }

  static async join(hub: TestHub, locked?: ServiceSpec[]): Promise<Vault> {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-vault-"));
    const membership = await enrolAgent(dataDir, {
      hubUrl: hub.url,
      token: await joinToken(hub),
      name: "vault",
      tags: [],
    });
    const options = { dataDir, membership, allowRun: true, logger: silentLogger };
    const vault = new Vault(await startAgent({ ...options, ...(locked && { locked: { services: locked } }) }), options);
    await untilServer(hub, vault.id, ({ connected }) => connected);
    return vault;
  }

  /** Starts it again, without a hub. */
  async restart(locked?: ServiceSpec[]): Promise<void> {
    await this.agent.close();
    const { dataDir, logger } = this.options;
    this.agent = await startAgent({ dataDir, logger, ...(locked && { locked: { services: locked } }) });
  }

  async until(service: string, state: string): Promise<void> {
    for (let left = 400; ; left--) {
      const { instances } = await this.agent.call("snapshot", {});
      const found = instances.find((instance) => instance.service === service);
      if (found?.state === state) return;
      if (left === 0) throw new Error(`"${service}" did not come to be ${state}: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What its file starts ends only when it has no file.
    await this.restart();
    await this.agent.call("apply", { services: [], update_interval_ms: 1000 });
    await this.agent.close();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

async function untilStatus(hub: TestHub, name: string, state: string): Promise<Record<string, unknown>> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { json } = await hub.request(`GET /api/services/${encodeURIComponent(name)}/status`);
    const [instance] = json.instances;
    if (instance?.state === state) return instance;
    if (Date.now() > deadline) throw new Error(`"${name}" did not come to be ${state}: ${JSON.stringify(json)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a locked agent", { timeout: 60_000 }, () => {
  it("runs only what its own file declares, and says so", async () => {
    await using hub = await startTestHub();
    await using vault = await Vault.join(hub, [own]);
    const server = (await hub.request("GET /api/servers/vault")).json;
    assert.deepEqual([server.locked, server.allow_run], [true, false]);

    // Without the hub having heard of it.
    const { instances } = await vault.agent.call("snapshot", {});
    assert.deepEqual(
      instances.map(({ service, state }) => [service, state === "running" || state === "starting"]),
      [["own", true]],
    );

    const evil = { name: "evil", start_cmd: "sleep 1000", working_dir: "/", placement, autostart: true };
    const added = await hub.request("POST /api/services", { body: evil });
    assert.equal(added.status, 201, added.text);
    assert.match(added.json.warnings.join(), /this server is locked: its file does not declare it/);
    const refused = await untilStatus(hub, "evil", "fatal");
    assert.equal(refused.reason, "this server is locked: its file does not declare it");
    const started = await hub.request("POST /api/services/evil/start");
    assert.equal(started.status, 409);
    assert.match(started.json.detail, /locked/);
    assert.equal((await hub.request("POST /api/services/evil/stop")).status, 200);
    assert.equal((await untilStatus(hub, "evil", "fatal")).reason, refused.reason);

    const tried = await hub.request("POST /api/services/try", { body: { spec: { ...evil, name: "x" }, seconds: 1 } });
    assert.equal(tried.status, 400);
    assert.match(tried.json.detail, /Cannot try a command: this server is locked/);
  });

  it("runs what it declares as the file says, whatever the definition is", async () => {
    await using hub = await startTestHub();
    await using vault = await Vault.join(hub, [own]);
    const body = {
      name: "own",
      start_cmd: "echo from the hub; exec sleep 2000",
      working_dir: "/",
      placement,
      autostart: true,
    };
    assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    const { pid } = await untilStatus(hub, "own", "running");
    assert.equal((await hub.request("POST /api/services/own/restart")).status, 200);
    const again = await untilStatus(hub, "own", "running");
    assert.notEqual(again.pid, pid);
    const { lines } = (await hub.request("GET /api/services/own/logs")).json;
    const texts = lines.map(({ text }: { text: string }) => text);
    assert.ok(texts.includes("from the file") && !texts.includes("from the hub"), texts.join());
    assert.equal((await hub.request("POST /api/services/own/stop")).status, 200);
    await untilStatus(hub, "own", "stopped");
    assert.equal((await hub.request("DELETE /api/services/own")).status, 200);
    // Nobody's wish stands against the file any more.
    const alone = await vault.agent.call("snapshot", {});
    assert.deepEqual(
      alone.instances.map(({ service }) => service),
      ["own"],
    );
  });

  it("ends what ran before it was locked, and starts what its file came to declare", async () => {
    await using hub = await startTestHub();
    await using vault = await Vault.join(hub);
    const body = { name: "loose", start_cmd: "sleep 1000", working_dir: "/", placement, autostart: true };
    assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    await untilStatus(hub, "loose", "running");
    await vault.restart([]);
    await vault.until("loose", "fatal");
    await vault.restart([serviceSpecSchema.parse({ ...body, placement: {} })]);
    await vault.until("loose", "running");
  });
});
