// Rolling restarts on real agents: nobody who asks is turned away, a failure halts, what ran before is put back, and a hub that was
// killed goes on from where it stood.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import type { Operation } from "../../src/contract/operations.ts";
import type { AuditEntry } from "../../src/contract/transfer.ts";
import { joinFleet } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";
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
    const spec = drainingService(dir, { quiet: 1500, instances: 5, env: { RELEASE: "one" } });
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
});
