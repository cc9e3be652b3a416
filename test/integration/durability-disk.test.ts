// P9: a full disk or no descriptors left: degraded, not dead. Writes are refused by name, reads go on, and all is well again within
// 10 s after relief, without anything acknowledged lost.
import assert from "node:assert/strict";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { systemClock } from "../../src/base/clock.ts";
import { SECOND } from "../../src/base/units.ts";
import { openSqliteStore } from "../../src/hub/store/sqlite-store.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { needs } from "../support/needs.ts";
import { fillDisk } from "../support/squeeze.ts";
import { StoreProcess } from "../support/store-process.ts";

describe("a store under want", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "tailherd-want-"));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it("refuses writes on a full disk, reads on, and recovers by itself", { timeout: 60 * SECOND }, async (test) => {
    if (!needs(test, process.getuid?.() === 0 && existsSync("/proc/self/root"), "root on Linux, to mount a tmpfs"))
      return;
    // A mount namespace of its own: the tmpfs is gone with the process, however the test ends.
    const mount = 'mount -t tmpfs -o size=24m tmpfs "$0" && exec "$@"';
    const wrap = ["unshare", "--mount", "/bin/sh", "-c", mount, dir];
    await using server = await StoreProcess.start(join(dir, "hub.db"), wrap);
    const seen = join(`/proc/${server.child.pid}/root`, dir);
    const acknowledged: string[] = [];
    const put = async (name: string): Promise<string | undefined> => {
      const reply = await server.request("put", { name, op: "x".repeat(2000) });
      assert.ok(reply !== "died", "it died");
      if ("error" in reply) return reply.error.code;
      acknowledged.push(name);
      return undefined;
    };
    for (let i = 0; i < 20; i++) assert.equal(await put(`before ${i}`), undefined);

    fillDisk(join(seen, "filler"));
    let refused = 0;
    for (let i = 0; refused < 5; i++) {
      assert.ok(i < 2000, "the disk is full and writes still go through");
      const code = await put(`full ${i}`);
      if (code === undefined) continue;
      assert.equal(code, "disk_full");
      refused++;
    }
    const { ok, problem } = (await server.result("health")) as { ok: boolean; problem: string };
    assert.ok(!ok && /Cannot write to \S+: the disk is full/.test(problem), problem);
    assert.deepEqual(namesOf(await server.result("list")), acknowledged);
    assert.equal(await server.refusal("backup", { name: join(dir, "backup.db") }), "disk_full");

    rmSync(join(seen, "filler"));
    const relieved = performance.now();
    while (!((await server.result("health")) as { ok: boolean }).ok) {
      assert.ok(performance.now() - relieved < 10 * SECOND, "not well 10 s after relief");
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.equal(await put("after"), undefined);

    // What a kill at this moment would leave.
    const crashed = mkdtempSync(join(tmpdir(), "tailherd-want-"));
    try {
      cpSync(seen, crashed, { recursive: true });
      await server.kill();
      const store = await openSqliteStore({ file: join(crashed, "hub.db"), clock: systemClock, logger: silentLogger });
      assert.deepEqual(
        (await store.listServices()).map(({ name }) => name),
        acknowledged,
      );
      await store.close();
    } finally {
      rmSync(crashed, { recursive: true });
    }
  });

  it("reads and writes on without descriptors, and refuses what needs one", { timeout: 60 * SECOND }, async () => {
    const file = join(dir, "hub.db");
    await using server = await StoreProcess.start(file, ["/bin/sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"]);
    await server.result("put", { name: "before", op: "1" });
    assert.equal(await server.result("exhaust"), "EMFILE");
    await server.result("put", { name: "meanwhile", op: "2" });
    assert.deepEqual(namesOf(await server.result("list")), ["before", "meanwhile"]);
    assert.equal(await server.refusal("backup", { name: join(dir, "backup.db") }), "degraded");
    await server.result("relieve");
    await server.result("backup", { name: join(dir, "backup.db") });
    await server.kill();
    for (const path of [file, join(dir, "backup.db")]) {
      const store = await openSqliteStore({ file: path, clock: systemClock, logger: silentLogger });
      assert.equal((await store.listServices()).length, 2);
      await store.close();
    }
  });
});

function namesOf(list: unknown): string[] {
  return (list as [string, string][]).map(([name]) => name);
}
