// P14 in small: a crowd of agents whose hub ends and begins again. All come back, and of what they measured and what happened to them
// nothing is lost and nothing there twice.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { LOAD_METRICS, KEEP_ALL } from "../../bench/support/metric-load.ts";
import { systemClock } from "../../src/base/clock.ts";
import { openEmbeddedMetrics } from "../../src/hub/metrics/embedded-metrics.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { Crowd, type CrowdReport } from "../support/crowd.ts";
import { HubProcess } from "../support/hub-process.ts";
import { freePort } from "../support/ports.ts";

const AGENTS = 200;

async function untilReport(what: string, crowd: Crowd, holds: (report: CrowdReport) => boolean): Promise<CrowdReport> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const report = crowd.report();
    if (holds(report)) return report;
    const { linked, waiting, readings } = report;
    assert.ok(Date.now() < deadline, `${what}: ${JSON.stringify({ linked, waiting, readings })}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Samples of metrics in a hub's directory. */
async function samplesIn(dataDir: string): Promise<number> {
  const dir = join(dataDir, "metrics");
  const store = await openEmbeddedMetrics({ dir, clock: systemClock, logger: silentLogger, policy: KEEP_ALL });
  await store.settle();
  const { samples } = await store.stats();
  await store.close();
  return samples;
}

/** Ids of the events that agents told, in the order in which the hub stored them. */
async function eventsOf(hub: HubProcess): Promise<string[]> {
  const ids: string[] = [];
  for (let before = ""; ;) {
    const { answer } = await hub.request("GET", `/api/events/recent?limit=1000${before}`);
    const page = answer as { seq: number; event: { id: string; type: string } }[];
    ids.push(...page.filter(({ event }) => event.type === "output.dropped").map(({ event }) => event.id));
    const oldest = page.at(-1);
    if (oldest === undefined) return ids;
    before = `&before=${oldest.seq}`;
  }
}

describe("a crowd of agents", { timeout: 150_000 }, () => {
  it(`comes back to a hub that ended, ${AGENTS} of ${AGENTS}, with all they measured, once`, async () => {
    const dir = await mkdtemp(join(tmpdir(), "tailherd-crowd-"));
    const dataDir = join(dir, "hub");
    const port = await freePort();
    let hub = await HubProcess.start(dataDir, port);
    let crowd: Crowd | undefined;
    try {
      const { answer } = await hub.request("POST", "/api/join-tokens", { uses: AGENTS });
      const { secret } = answer as { secret: string };
      const hubUrl = `http://127.0.0.1:${port}`;
      const common = { dir: join(dir, "agents"), hubUrl, joinToken: secret, prefix: "crowd-" };
      crowd = await Crowd.gather({ ...common, count: AGENTS, interval: 1000, ramp: 1000 });
      await untilReport("all are linked", crowd, ({ linked }) => linked === AGENTS);
      crowd.beginMeasuring();
      crowd.happen();
      await untilReport("heartbeats come", crowd, ({ readings }) => readings > AGENTS * 3);

      await hub.end();
      await untilReport("all have noticed", crowd, ({ linked }) => linked === 0);
      crowd.happen();
      const away = crowd.report().readings;
      await untilReport("more is measured meanwhile", crowd, ({ readings }) => readings > away + AGENTS * 2);
      hub = await HubProcess.start(dataDir, port);
      await untilReport("all are back", crowd, ({ linked }) => linked === AGENTS);
      crowd.happen();
      crowd.endMeasuring();
      const { readings, events } = await untilReport("everything is told", crowd, ({ waiting }) => waiting === 0);

      const ids = await eventsOf(hub);
      assert.equal(new Set(ids).size, ids.length, "an event is there twice");
      assert.equal(ids.length, events);
      const { answer: servers } = await hub.request("GET", "/api/servers");
      const online = (servers as { connected: boolean }[]).filter(({ connected }) => connected);
      assert.equal(online.length, AGENTS);
      await crowd.leave();
      await hub.end();
      assert.equal(await samplesIn(dataDir), readings * LOAD_METRICS.length);
    } finally {
      await crowd?.leave();
      await hub.kill();
      await rm(dir, { recursive: true, force: true });
    }
  });
});
