// P10: a partition costs nothing. Agents go on alone, and tell it later without gaps or doubles, over a network that delays, stalls,
// cuts and truncates.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { TailherdEvent } from "../../src/contract/events.ts";
import { startChaosProxy } from "../support/chaos-proxy.ts";
import { type FleetAgent, joinFleet, untilServer } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

/** Slow enough for the limit of crash loops (P6). */
const CRASHER = {
  name: "crasher",
  start_cmd: "echo once more; sleep 0.9; exit 3",
  working_dir: "/",
  restart: { policy: "always", max: null, backoff: { initial: 0.2, factor: 1, max: 0.2, jitter: 0 } },
};

/** Ends of the service that the hub has, by generation, oldest first. */
async function endsOf(hub: TestHub, service: string): Promise<number[]> {
  const { json } = await hub.request(`GET /api/services/${service}/exits?limit=500`);
  return json.map(({ generation }: { generation: number }) => generation).toReversed();
}

async function generationOf(agent: FleetAgent, service: string): Promise<number> {
  const { instances } = await agent.agent.call("snapshot", {});
  return instances.find((each) => each.service === service)?.generation ?? 0;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`did not come to be: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a partition", { timeout: 120_000 }, () => {
  it("loses no end of a service and doubles none, however the network breaks", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 1 } });
    await using network = await startChaosProxy(hub.url);
    await using web = await joinFleet(hub, "web", { via: network.url });
    await untilServer(hub, web.id, ({ online }) => online);
    await hub.request("POST /api/services", { body: { ...CRASHER, placement: { servers: ["web"] } } });
    await hub.request("POST /api/services/crasher/start");
    const breakages = [
      () => network.cut(),
      () => network.stall(),
      () => network.truncate(),
      () => (network.delay = 40),
      () => network.cut(),
    ];
    for (const breakDown of breakages) {
      const before = await generationOf(web, "crasher");
      breakDown();
      await until("a few ends during the breakage", async () => (await generationOf(web, "crasher")) >= before + 2);
      network.heal();
      network.delay = 0;
      await untilServer(hub, web.id, ({ connected, online }) => connected && online);
    }
    await hub.request("POST /api/services/crasher/stop");
    const last = await generationOf(web, "crasher");
    await until("the hub has the last end", async () => (await endsOf(hub, "crasher")).at(-1) === last);
    const ends = await endsOf(hub, "crasher");
    assert.deepEqual(
      ends,
      Array.from({ length: last }, (_, at) => at + 1),
    );
  });

  it("is shown: late, then offline, values stale, averages without it; and back again", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 1 } });
    await using network = await startChaosProxy(hub.url);
    await using web = await joinFleet(hub, "web", { via: network.url });
    await untilServer(hub, web.id, ({ last_metrics }) => last_metrics.cpu_percent !== undefined);
    const sleeper = {
      name: "sleeper",
      start_cmd: "exec sleep 1000",
      working_dir: "/",
      placement: { servers: ["web"] },
    };
    await hub.request("POST /api/services", { body: sleeper });
    assert.equal((await hub.request("POST /api/services/sleeper/start")).status, 200);
    network.cut();
    await untilServer(hub, web.id, ({ state }) => state === "late");
    await untilServer(hub, web.id, ({ state }) => state === "offline");
    hub.agent.tellSamples();
    const [status] = (await hub.request("GET /api/status")).json;
    assert.deepEqual([status.running, status.instances[0].stale, status.instances[0].state], [false, true, "running"]);
    const summary = (await hub.request("GET /api/metrics/summary")).json;
    assert.deepEqual([summary.servers_count, summary.servers_online], [2, 1]);
    const away = await hub.request("POST /api/services/sleeper/stop");
    assert.deepEqual([away.status, away.json.code], [503, "agent_away"]);
    const { instances } = await web.agent.call("snapshot", {});
    assert.equal(instances[0]?.state, "running", "what was not heard was not done");
    network.heal();
    // The wish was stored before the agent was asked: it is told when the link is back.
    await untilServer(hub, web.id, ({ state }) => state === "online");
    await until("the stop that was wished meanwhile", async () => {
      const { json } = await hub.request("GET /api/services/sleeper/status");
      return json.state === "stopped" && json.instances[0].stale === false;
    });
    const events: { event: TailherdEvent }[] = (await hub.request("GET /api/events/recent?server=web")).json;
    const states = events.flatMap(({ event }) => (event.type === "server.state" ? [event.state] : []));
    assert.deepEqual(states.toReversed(), ["online", "late", "offline", "online"]);
  });

  it("keeps services and their restarts going while the hub is away, and tells it afterwards", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web", {});
    await untilServer(hub, web.id, ({ online }) => online);
    await hub.request("POST /api/services", { body: { ...CRASHER, placement: { servers: ["web"] } } });
    await hub.request("POST /api/services/crasher/start");
    await hub.hub.close();
    const before = await generationOf(web, "crasher");
    await until("restarts without a hub", async () => (await generationOf(web, "crasher")) >= before + 2);
    await using again = await startTestHub({ dataDir: hub.dataDir, listen: [{ host: "127.0.0.1", port: hub.port }] });
    await untilServer(again, web.id, ({ online }) => online);
    await again.request("POST /api/services/crasher/stop");
    const last = await generationOf(web, "crasher");
    await until("the hub has the last end", async () => (await endsOf(again, "crasher")).at(-1) === last);
    assert.deepEqual(
      await endsOf(again, "crasher"),
      Array.from({ length: last }, (_, at) => at + 1),
    );
  });
});
