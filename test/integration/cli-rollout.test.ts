// `tailherd rollout` against a hub with an agent: what it prints, and how it ends.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Operation } from "../../src/contract/operations.ts";
import { type CliResult, runCli } from "../support/cli.ts";
import { type FleetAgent, joinFleet } from "../support/fleet.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";
import { allReady, type Ask, drainingService, untilOperation, untilService } from "../support/rolling.ts";

describe("tailherd rollout", { timeout: 60_000 }, () => {
  let hub: TestHub;
  let web: FleetAgent;
  const dir = mkdtempSync(join(tmpdir(), "tailherd-rollout-"));
  const rollout = (...args: string[]): Promise<CliResult> => runCli(["rollout", ...args], { dataDir: hub.dataDir });
  const ask: Ask = async (key, body) => await hub.request(key, body === undefined ? {} : { body });

  before(async () => {
    hub = await startTestHub();
    web = await joinFleet(hub, "nas", { tags: ["web"] });
    await ask("POST /api/services", drainingService(dir, { instances: 2, labels: { tier: "front" } }));
    await untilService(ask, "web", allReady(2));
  });
  after(async () => {
    await web[Symbol.asyncDispose]();
    await hub[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true });
  });

  it("restarts what is named, watches it to its end, and tells of each instance", async () => {
    const { code, stdout, stderr } = await rollout("start", "web", "--batch", "50%", "--stable", "500ms");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^rolling restart of web: 2 of 2\ndone, begun by .*\nINSTANCE +SERVER +STATE +MESSAGE\n/);
    assert.match(stdout, /web\/0 +nas +done +Restarted, and ready for 0.5 s\nweb\/1 +nas +done /);
    const { instances } = await untilService(ask, "web", allReady(2));
    assert.deepEqual(
      instances.map(({ generation }) => generation),
      [2, 2],
    );
  });

  it("pauses, resumes and cancels one that was left to itself", async () => {
    const begun = await rollout("start", "-t", "tier=front", "--stable", "1s", "--yes", "--detach", "-o", "name");
    const id = begun.stdout.trim();
    assert.match((await rollout("pause", id)).stdout, /^rolling restart of web: 0 of 2/);
    assert.match(
      (await rollout("status")).stdout,
      new RegExp(`${id} +[-0-9]+ [:0-9]+ +paused +0/2 +rolling restart of web`),
    );
    assert.match((await rollout("status", id)).stdout, /\npaused, begun by /);
    assert.equal((await rollout("resume", id)).code, 0);
    await untilOperation(ask, id, ({ counts }) => counts.running === 1);
    assert.equal((await rollout("cancel", id)).code, 0);
    const over = await untilOperation(ask, id, ({ ended_at }) => ended_at !== null);
    assert.deepEqual([over.counts.done, over.counts.cancelled], [1, 1]);
    const late = await rollout("pause", id);
    assert.deepEqual([late.code, /it has ended/.test(late.stderr)], [1, true]);
    const again = await rollout("retry", id, "--json");
    assert.deepEqual([again.code, (JSON.parse(again.stdout) as Operation).targets.length], [0, 1]);
  });

  it("ends with 7 when its time is over, and goes on", async () => {
    const { code, stderr } = await rollout("start", "web", "--stable", "1s", "--wait", "1ms");
    assert.deepEqual([code, /It goes on\. End it: tailherd rollout cancel /.test(stderr)], [7, true]);
    const [operation] = (await ask("GET /api/operations")).json as Operation[];
    await untilOperation(ask, operation?.id ?? "", ({ ended_at }) => ended_at !== null);
  });

  it("ends with 1 where nothing of it was done, and says why", async () => {
    await ask(
      "PUT /api/services/web",
      drainingService(dir, { instances: 2, manner: "exits", restart: { policy: "never" } }),
    );
    const { code, stdout } = await rollout("start", "web", "--stable", "500ms");
    assert.equal(code, 1);
    assert.match(stdout, /failed, begun by .*\n.*\nweb\/0 +nas +failed +.*exit 3/);
    assert.match(stdout, /web\/1 +nas +cancelled +Not begun: web #0 on nas failed/);
  });

  it("says what is wrong", async () => {
    assert.equal((await rollout("start")).code, 2);
    assert.equal((await rollout("start", "web", "--batch", "some")).code, 2);
    assert.equal((await rollout("start", "web", "--batch", "0")).code, 2);
    assert.equal((await rollout("start", "web", "--stable", "3m")).code, 2);
    assert.equal((await rollout("start", "nothing")).code, 4);
    assert.equal((await rollout("pause", "nothing")).code, 4);
  });
});
