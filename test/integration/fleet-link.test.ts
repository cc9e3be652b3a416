// Agents on the network: enrolment, the link, services placed on them, and what is shown while they are away.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { enrolAgent } from "../../src/agent/agent.ts";
import { joinFleet, joinToken, untilServer } from "../support/fleet.ts";
import { startTestHub } from "../support/hub.ts";

describe("a fleet", { timeout: 60_000 }, () => {
  it("lets an agent in once for a token, and runs services there", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 1 } });
    await using web = await joinFleet(hub, "web-1", { tags: ["web"] });
    await untilServer(hub, web.id, ({ last_metrics }) => last_metrics.cpu_percent !== undefined);
    const body = {
      name: "talker",
      start_cmd: "echo hello; exec sleep 1000",
      working_dir: "/",
      placement: { tags: ["web"] },
    };
    const added = await hub.request("POST /api/services", { body });
    assert.equal(added.status, 201, added.text);
    const started = await hub.request("POST /api/services/talker/start");
    assert.equal(started.status, 200, started.text);
    const [status] = (await hub.request("GET /api/status")).json;
    assert.deepEqual([status.running, status.state, status.placed_on], [true, "running", [web.id]]);
    assert.deepEqual(
      status.instances.map(({ server, server_id, stale, pid }: Record<string, unknown>) => [
        server,
        server_id,
        stale,
        typeof pid,
      ]),
      [["web-1", web.id, false, "number"]],
    );
    const { lines } = (await hub.request("GET /api/services/talker/logs")).json;
    assert.ok(lines.some(({ text }: { text: string }) => text === "hello"));
    const server = (await hub.request("GET /api/servers/web-1")).json;
    assert.deepEqual([server.kind, server.services, server.state], ["agent", ["talker"], "online"]);
    assert.equal(typeof server.last_metrics.cpu_percent, "number");
    const stopped = await hub.request("POST /api/services/talker/stop");
    assert.deepEqual([stopped.status, stopped.json.count], [200, 1]);
    // It comes with the journal, a moment after the answer.
    let exits = [];
    while (exits.length === 0) exits = (await hub.request("GET /api/services/talker/exits")).json;
    assert.deepEqual([exits[0].cause, exits[0].server_id], ["stopped", web.id]);
  });

  it("refuses a token that was used, without saying why", async () => {
    await using hub = await startTestHub();
    const token = await joinToken(hub);
    await using first = await joinFleet(hub, "first");
    assert.ok(first.id);
    await enrolAgent(`${first.dataDir}/a`, { hubUrl: hub.url, token, name: "second", tags: [] });
    await assert.rejects(
      enrolAgent(`${first.dataDir}/b`, { hubUrl: hub.url, token, name: "third", tags: [] }),
      /Cannot let you in|does not let anybody in/,
    );
  });
});
