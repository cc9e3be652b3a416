// The open hour of the metrics survives kill -9 but for the last seconds (P7), and a full disk is told and costs nothing that fits into
// memory (P9).
import assert from "node:assert/strict";
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { FakeClock } from "../../src/base/clock.ts";
import { HOUR, SECOND } from "../../src/base/units.ts";
import { openEmbeddedMetrics, type EmbeddedMetrics } from "../../src/hub/metrics/embedded-metrics.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { needs } from "../support/needs.ts";
import { SmallDisk } from "../support/small-disk.ts";

const START = Date.UTC(2026, 2, 10, 12);
const WRITER = join(import.meta.dirname, "../fixtures/metrics-writer.ts");
const policy = { raw: 14, fine: 30, coarse: 730, bytes: 1 << 30 };

async function valuesOf(store: EmbeddedMetrics): Promise<[at: number, value: number][]> {
  const range = { from: START, to: START + 5 * HOUR, step: 1 };
  const { series } = await store.query({ servers: ["a"], metrics: ["load_1"], ...range, aggregate: "none" });
  return series[0]?.points ?? [];
}

describe("the metrics' process as it is built", () => {
  it("answers, says what it cannot do, and ends with its hub", { timeout: 30 * SECOND }, async () => {
    const dir = mkdtempSync(join(tmpdir(), "tailherd-metrics-"));
    const built = join(import.meta.dirname, "../../dist/chunks/metrics-process.js");
    const child = fork(built, [join(dir, "metrics.db")], { serialization: "advanced" });
    const gone = once(child, "exit");
    const ask = async (request: object): Promise<unknown> => {
      child.send(request);
      return (await once(child, "message"))[0];
    };
    const none = { bytes: 0, samples: 0, oldest: null, damaged: 0, set_aside: null };
    const { result } = (await ask({ id: 1, method: "stats" })) as { result: typeof none };
    assert.deepEqual({ ...result, bytes: 0 }, none);
    const missing = join(dir, "none.log");
    const refused = (await ask({ id: 2, method: "takeIn", path: missing })) as {
      id: number;
      error: { message: string };
    };
    assert.equal(refused.id, 2);
    assert.match(refused.error.message, /no such file/);
    child.disconnect();
    await gone;
    rmSync(dir, { recursive: true });
  });
});

describe("metrics on the disk", () => {
  it("lose nothing that was flushed when the hub is killed at any moment", { timeout: 120 * SECOND }, async () => {
    for (const lines of [1, 3, 79, 80, 81, 85, 200]) {
      const dir = mkdtempSync(join(tmpdir(), "tailherd-metrics-"));
      const child = spawn(process.execPath, [WRITER, dir, String(START)], { stdio: ["ignore", "pipe", "inherit"] });
      const gone = once(child, "exit");
      let safe = -1;
      let seen = 0;
      for await (const line of createInterface({ input: child.stdout })) {
        safe = Number(line);
        seen += 1;
        if (seen === lines) child.kill("SIGKILL");
      }
      assert.deepEqual((await gone)[1], "SIGKILL");
      const store = await openEmbeddedMetrics({
        dir,
        clock: new FakeClock(START + 5 * HOUR),
        logger: silentLogger,
        policy,
      });
      for (const manner of ["as it was left", "at rest"]) {
        const points = await valuesOf(store);
        assert.ok(points.length > safe, `${points.length} of ${safe + 1} samples are there, ${manner}`);
        assert.deepEqual(
          points,
          points.map((_, i) => [START + i * SECOND, i % 97]),
        );
        await store.settle();
      }
      await store.close();
      rmSync(dir, { recursive: true });
    }
  });

  it("go on in memory while the disk is full, say so, and are written when there is space", async (test) => {
    using disk = SmallDisk.mount(4);
    if (!needs(test, disk !== undefined, "right to mount a tmpfs") || disk === undefined) return;
    const clock = new FakeClock(START + 2 * HOUR);
    const store = await openEmbeddedMetrics({ dir: join(disk.dir, "metrics"), clock, logger: silentLogger, policy });
    const append = (i: number): Promise<void> =>
      store.append({ server_id: "a", at: START + i * SECOND, values: { load_1: i % 97 } });
    for (let i = 0; i < 100; i++) await append(i);
    await store.settle();
    const filler = join(disk.dir, "filler");
    fill(filler);
    for (let i = 100; i < 3000; i++) await append(i);
    await store.flush();
    assert.match((await store.stats()).problem ?? "", /the disk is full/);
    assert.equal((await valuesOf(store)).length, 3000);
    await store.settle().catch(() => {});
    unlinkSync(filler);
    await store.settle();
    assert.equal((await store.stats()).problem, null);
    await store.close();
    const again = await openEmbeddedMetrics({ dir: join(disk.dir, "metrics"), clock, logger: silentLogger, policy });
    assert.deepEqual(
      await valuesOf(again),
      Array.from({ length: 3000 }, (_, i) => [START + i * SECOND, i % 97]),
    );
    await again.close();
  });
});

/** Takes all the space that is left. */
function fill(path: string): void {
  const fd = openSync(path, "w");
  try {
    for (let size = 1 << 20; size >= 1; size = size > 512 ? size / 2 : size - 1) {
      try {
        for (;;) if (writeSync(fd, Buffer.alloc(size)) < size) break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
      if (size <= 512) break;
    }
  } finally {
    closeSync(fd);
  }
}
