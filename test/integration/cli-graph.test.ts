// `tailherd graph` and acts that take others along, against a hub with an agent.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type CliResult, runCli } from "../support/cli.ts";
import { joinFleet, type FleetAgent, untilServer } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";
import { StatusWatch } from "../support/watch.ts";

describe("tailherd graph", () => {
  let hub: TestHub;
  let nas: FleetAgent;
  const cli = (...args: string[]): Promise<CliResult> => runCli(args, { dataDir: hub.dataDir });
  const well = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  before(async () => {
    hub = await startTestHub();
    nas = await joinFleet(hub, "nas");
    await untilServer(hub, nas.id, ({ connected }) => connected);
    const needs: Record<string, string[]> = { db: [], api: ["db"], web: ["api"], alone: [] };
    for (const [name, others] of Object.entries(needs)) {
      const depends_on = Object.fromEntries(others.map((other) => [other, {}]));
      const body = { name, start_cmd: "sleep 3600", depends_on, placement: { servers: ["nas"] } };
      assert.equal((await hub.request("POST /api/services", { body })).status, 201);
    }
  });
  after(async () => {
    await nas[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
  });

  it("draws what services need, and what needs them", async () => {
    const trees = await well("graph");
    assert.match(trees, /^\S+ web stopped\n\S+ \S+ api stopped \[not met\]\n +\S+ \S+ db stopped \[not met\]\n$/);
    assert.match(await well("graph", "db", "--reverse"), /^\S+ db stopped\n\S+ \S+ api .*\n +\S+ \S+ web /);
    assert.equal(await well("graph", "--order"), "1. db\n2. api\n3. web\n");
    assert.equal(await well("graph", "--order", "--reverse"), "1. web\n2. api\n3. db\n");
    assert.equal(await well("graph", "alone", "-o", "name"), "alone\n");
    assert.match(await well("graph", "--dot"), /"web" -> "api"/);
    assert.equal((await cli("graph", "nobody")).code, 4);
  });

  it("defines what a new service waits for", async () => {
    const added = JSON.parse(
      await well(
        "add",
        "late",
        "--depends-on",
        "db=healthy",
        "--depends-on",
        "api",
        "--on",
        "nas",
        "--json",
        "--",
        "x",
      ),
    ) as Record<string, unknown>;
    assert.deepEqual(added["depends_on"], {
      db: { condition: "healthy", restart: false },
      api: { condition: "started", restart: false },
    });
    const wrong = await cli("add", "never", "--depends-on", "db=soon", "--", "x");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /depends_on\.db\.condition/);
    assert.equal((await cli("rm", "late", "--yes")).code, 0);
  });

  it("starts what is waited for too, and stops what depends on it, when asked to", async () => {
    using watch = await StatusWatch.open(hub.url);
    assert.equal(await well("start", "web"), "web waits for api to run (stopped)\n");
    const started = await well("start", "web", "--with-dependencies");
    assert.match(started, /^db[^]*\napi[^]*\nweb /m);
    await watch.until("web", ({ state }) => state === "running");
    const stopped = await well("stop", "db", "--with-dependents");
    assert.match(stopped, /^web stopped\napi stopped\ndb stopped\n$/);
    assert.equal((await cli("stop", "db/0", "--with-dependents")).code, 2);
  });
});
