// P8, P9: a hub whose disk is full, whose database is damaged, or whose directory another hub holds.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { SECOND } from "../../src/base/units.ts";
import { databasePath } from "../../src/hub/store/database-file.ts";
import { HubProcess } from "../support/hub-process.ts";
import { SmallDisk } from "../support/small-disk.ts";
import { fillDisk } from "../support/squeeze.ts";

describe("a hub on a full disk", () => {
  it(
    "refuses writes with 507, answers reads and /health, recovers within 10 s, and loses nothing",
    { timeout: 90 * SECOND },
    async (test) => {
      using disk = SmallDisk.mount(24);
      if (disk === undefined) return test.skip("no tmpfs can be mounted here");
      const dataDir = join(disk.dir, "data");
      const filler = join(disk.dir, "filler");
      await using hub = await HubProcess.start(dataDir);
      const acknowledged: string[] = [];
      const put = async (name: string): Promise<number> => {
        const { status, answer } = await hub.request("PUT", `/api/services/${name}`, {
          name,
          start_cmd: "true",
          env: { FILLER: "x".repeat(4000) },
        });
        if (status === 200 || status === 201) acknowledged.push(name);
        else assert.equal((answer as { code: string }).code, "disk_full", JSON.stringify(answer));
        return status;
      };
      for (let i = 0; i < 10; i++) assert.equal(await put(`before-${i}`), 201);
      fillDisk(filler);
      for (let refused = 0, i = 0; refused < 5; i++) {
        assert.ok(i < 2000, "the disk is full and writes still go through");
        const status = await put(`full-${i}`);
        if (status === 201) continue;
        assert.equal(status, 507);
        refused++;
      }
      const health = await hub.request("GET", "/health");
      assert.equal(health.status, 200);
      assert.equal((health.answer as { status: string }).status, "degraded");
      assert.match(JSON.stringify(health.answer), /the disk is full/);
      assert.deepEqual(await names(hub), acknowledged);

      rmSync(filler);
      const relieved = performance.now();
      while (((await hub.request("GET", "/health")).answer as { status: string }).status !== "healthy") {
        assert.ok(performance.now() - relieved < 10 * SECOND, "not well 10 s after relief");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.equal(await put("after"), 201);
      await hub.kill();
      await using again = await HubProcess.start(dataDir);
      assert.deepEqual(await names(again), acknowledged);
    },
  );
});

describe("a hub that cannot have its directory", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-hub-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("is refused beside another one, naming it, and leaves that one alone", async () => {
    await using first = await HubProcess.start(dir);
    await assert.rejects(
      HubProcess.start(dir),
      new RegExp(`another tailherd, pid ${first.child.pid}, is running on it`),
    );
    assert.equal((await first.request("GET", "/health")).status, 200);
  });

  it("refuses a damaged database within 15 s, each time, by name", { timeout: 45 * SECOND }, async () => {
    await using first = await HubProcess.start(dir);
    assert.equal((await first.request("PUT", "/api/services/api", { name: "api", start_cmd: "true" })).status, 201);
    await first.kill();
    truncateSync(databasePath(dir), 1000);
    await assert.rejects(
      HubProcess.start(dir),
      /Cannot open the hub's database \S+hub\.db: .*the damaged file is kept at/s,
    );
    await assert.rejects(HubProcess.start(dir), /Cannot open the hub's database \S+hub\.db: it is missing/);
  });
});

async function names(hub: HubProcess): Promise<string[]> {
  const { status, answer } = await hub.request("GET", "/api/services");
  assert.equal(status, 200);
  return (answer as { name: string }[]).map(({ name }) => name);
}
