import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { HOUR, MINUTE, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import { silentLogger, type Logger } from "../../runtime/logger.ts";
import { openEmbeddedMetrics, type EmbeddedMetrics } from "./embedded-metrics.ts";
import { Engine } from "./engine.ts";
import { MemoryMetrics } from "./memory-metrics.ts";
import { casesPolicy, metricsCases } from "./metrics-store.cases.ts";
import { ProcessLink } from "./process-link.ts";

metricsCases("the model in memory", false, async () => ({
  open: async (clock) => new MemoryMetrics(clock, casesPolicy),
  settle: async () => {},
  forget: async () => {},
}));

metricsCases("the embedded metrics store", true, async () => {
  const dir = await mkdtemp(join(tmpdir(), "tailherd-metrics-"));
  return {
    open: (clock) => openEmbeddedMetrics({ dir, clock, logger: silentLogger, policy: casesPolicy }),
    settle: async (store) => {
      await (store as EmbeddedMetrics).settle();
      const { problem } = await store.stats();
      assert.equal(problem, null);
    },
    forget: () => rm(dir, { recursive: true }),
  };
});

describe("the embedded metrics store in trouble", () => {
  const START = Date.UTC(2026, 2, 10, 12);
  let dir: string;
  let clock: FakeClock;
  let store: EmbeddedMetrics;
  let told: string[];
  const logger: Logger = { ...silentLogger, error: (_, words) => told.push(words) };
  const reopen = async (): Promise<void> => {
    store = await openEmbeddedMetrics({ dir, clock, logger, policy: casesPolicy });
  };
  const append = (at: number): Promise<void> => store.append({ server_id: "a", at, values: { load_1: 1 } });
  const count = async (): Promise<number | undefined> => {
    const query = { servers: ["a"], metrics: ["load_1"], from: START, to: START + HOUR, step: 1 } as const;
    const { series } = await store.query({ ...query, aggregate: "none" });
    return series[0]?.points.length;
  };

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "tailherd-metrics-"));
    clock = new FakeClock(START);
    told = [];
    await reopen();
  });
  afterEach(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });

  it("holds on to samples while the log cannot be written, tells it, and writes them when it can", async () => {
    // The first file is open from the start; the one after it cannot be made.
    const path = join(dir, "samples-000002.log");
    await append(START - SECOND);
    await store.settle();
    await mkdir(path);
    await append(START);
    await store.flush();
    assert.match((await store.stats()).problem ?? "", /Cannot write samples to .*samples-000002.log: /);
    await append(START + SECOND);
    await store.settle();
    assert.equal(await count(), 2);
    assert.equal(told.length, 1);
    await rmdir(path);
    await store.settle();
    assert.equal((await store.stats()).problem, null);
    await store.close();
    await reopen();
    assert.equal(await count(), 2);
  });

  it("says so while another process has the database, keeps the samples, and goes on after", async () => {
    const other = new Engine({ file: join(dir, "metrics.db"), now: () => START });
    await append(START);
    await assert.rejects(count(), (error) => error instanceof TailherdError && error.code === "degraded");
    await store.settle().catch(() => {});
    assert.match((await store.stats()).problem ?? "", /another process/);
    other.close();
    assert.equal(await count(), 1);
    await store.settle();
    assert.deepEqual(await store.stats().then(({ problem, samples }) => [problem, samples]), [null, 1]);
  });

  it("sets a damaged database aside and tells where it is", async () => {
    await append(START);
    await store.settle();
    await store.close();
    await writeFile(join(dir, "metrics.db"), "junk ".repeat(1000));
    await reopen();
    await append(START + SECOND);
    await store.settle();
    assert.equal(await count(), 1);
    assert.match((await store.stats()).set_aside ?? "", /metrics.db.damaged-/);
    assert.ok(
      told.some((words) => /metrics were damaged.*metrics.db.damaged-/.test(words)),
      told.join("; "),
    );
    assert.equal((await readdir(dir)).filter((name) => name.includes("damaged")).length, 1);
  });

  it("takes what a log cut off by our death holds, up to there", async () => {
    await append(START);
    await store.close();
    const [name = ""] = (await readdir(dir)).filter((file) => file.endsWith(".log"));
    await writeFile(join(dir, name), "\x40\0\0\0half a frame", { flag: "a" });
    await reopen();
    await append(START + SECOND);
    assert.equal(await count(), 2);
    assert.deepEqual(
      (await readdir(dir)).filter((file) => file === name),
      [],
    );
  });

  it("answers from its log files what is too long to be sent", async () => {
    // Values without a code take nine bytes each.
    const values = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`m${i}`, 1e20 * (i + 1)]));
    for (let i = 0; i < 3000; i++) await store.append({ server_id: "b", at: START + i * SECOND, values });
    for (let i = 0; i < 3; i++) await append(START + i * SECOND);
    for (const rotated of [false, true]) {
      const range = { from: START, to: START + HOUR, step: 1, aggregate: "none" } as const;
      const { series } = await store.query({ servers: ["a", "b"], metrics: ["m7", "load_1"], ...range });
      assert.deepEqual(
        series.map(({ server_id, points }) => [server_id, points.length]),
        [
          ["a", 3],
          ["b", 3000],
        ],
      );
      if (!rotated) await store.settle();
    }
  });

  it("takes its log in by itself once it is an hour old", async () => {
    await append(START);
    for (const time of [MINUTE, HOUR, MINUTE]) {
      clock.advance(time);
      await store.idle();
    }
    assert.equal((await store.stats()).samples, 1);
  });
});

describe("the metrics' process", () => {
  it("ends when there has been nothing to do, and starts again when there is", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tailherd-metrics-"));
    const clock = new FakeClock();
    const link = new ProcessLink({ file: join(dir, "metrics.db"), clock });
    assert.equal(link.isRunning, false);
    assert.equal((await link.call("stats", {})).samples, 0);
    assert.equal(link.isRunning, true);
    clock.advance(21 * SECOND);
    assert.equal(link.isRunning, false);
    // A call made while it ends waits for the next one.
    assert.equal((await link.call("stats", {})).samples, 0);
    await link.end();
    await rm(dir, { recursive: true });
  });

  it("that does not answer is given up, and the next call has another", async () => {
    const dir = await mkdtemp(join(tmpdir(), "tailherd-metrics-"));
    const clock = new FakeClock();
    const link = new ProcessLink({ file: join(dir, "metrics.db"), clock });
    await link.call("stats", {});
    const unanswered = link.call("sealDue", { now: 0, budget: 0 });
    // The call goes out after the thread before has ended, a turn later.
    await Promise.resolve();
    clock.advance(3 * MINUTE);
    await assert.rejects(unanswered, (error) => error instanceof TailherdError && error.code === "timed_out");
    assert.equal((await link.call("stats", {})).samples, 0);
    await link.end();
    await rm(dir, { recursive: true });
  });
});
