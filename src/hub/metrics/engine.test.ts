import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { FakeClock } from "../../base/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import { Engine } from "./engine.ts";
import { MemoryMetrics } from "./memory-metrics.ts";
import { casesPolicy } from "./metrics-store.cases.ts";
import type { Aggregate, MetricsQuery, Sample } from "./metrics-store.ts";
import { UnavailableError } from "./metrics-database.ts";
import { planQuery } from "./query-plan.ts";
import { RowStream } from "./row-stream.ts";
import { encodeFrame } from "./segment-file.ts";

const START = Date.UTC(2026, 2, 10, 12);
const NOW = START + 30 * HOUR;

let dir: string;
let file: string;
let engine: Engine;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tailherd-metrics-"));
  file = join(dir, "metrics.db");
  engine = new Engine({ file, now: () => NOW });
});
afterEach(() => {
  engine.close();
  rmSync(dir, { recursive: true });
});

function streamsOf(samples: readonly Sample[]): Map<string, Uint8Array<ArrayBuffer>> {
  const streams = new Map<string, RowStream>();
  for (const sample of samples) {
    const stream = streams.get(sample.server_id) ?? new RowStream();
    streams.set(sample.server_id, stream);
    stream.add(sample);
  }
  return new Map([...streams].map(([server, stream]) => [server, stream.bytes()]));
}

async function takeIn(samples: readonly Sample[], into = engine): Promise<void> {
  const entries = [...streamsOf(samples)].map(([server_id, bytes]) => ({ kind: "bytes" as const, server_id, bytes }));
  const path = join(dir, "samples.log");
  writeFileSync(path, encodeFrame(entries));
  await into.takeIn(path);
}

async function ask(
  query: MetricsQuery,
  tail: readonly Sample[] = [],
): Promise<{ server_id: string | null; points: number[][] }[]> {
  const plan = planQuery(query, casesPolicy, NOW);
  const tails = new Map([...streamsOf(tail)].map(([server, bytes]) => [server, [bytes]]));
  return (await engine.query({ query, plan, tails })).map(({ server_id, values, min, max }) => ({
    server_id,
    points: [...values].flatMap((value, i) =>
      Number.isNaN(value) ? [] : [[(plan.first + i) * plan.step, value, min[i] ?? NaN, max[i] ?? NaN]],
    ),
  }));
}

const cpu = (at: number, value: number, server_id = "a"): Sample => ({ server_id, at, values: { cpu_percent: value } });
const question: MetricsQuery = {
  servers: ["a", "b"],
  metrics: ["cpu_percent"],
  from: START,
  to: START + 6 * HOUR,
  step: 300,
  aggregate: "none",
};

describe("the metrics' database", () => {
  it("answers as the model does, whatever came when, and wherever it is by now", async () => {
    const samples = fc.array(
      fc
        .tuple(fc.constantFrom("a", "b"), fc.nat(5 * 720), fc.integer({ min: 0, max: 1000 }))
        .map(([server, tick, value]) => cpu(START + tick * 5 * SECOND, value / 10, server)),
      { maxLength: 60 },
    );
    const acts = fc.array(fc.record({ samples, act: fc.constantFrom("nothing", "seal", "again") }), { maxLength: 5 });
    const aggregates = fc.constantFrom<Aggregate>("none", "avg", "min", "max", "sum", "p95");
    const steps = fc.constantFrom(5, 60, 300, 900, 3600, 7200);
    await fc.assert(
      fc.asyncProperty(acts, samples, aggregates, steps, fc.nat(20_000), async (acts, tail, aggregate, step, from) => {
        engine.close();
        rmSync(file);
        engine = new Engine({ file, now: () => NOW });
        const model = new MemoryMetrics(new FakeClock(NOW), casesPolicy);
        for (const { samples, act } of acts) {
          await takeIn(samples);
          if (act === "seal") engine.sealDue(NOW, Infinity);
          if (act === "again") await takeIn(samples);
          for (const sample of samples) await model.append(sample);
        }
        for (const sample of tail) await model.append(sample);
        const query = { ...question, aggregate, step, from: START + from * SECOND };
        const { series } = await model.query(query);
        const expected = series.map(({ server_id, points, min, max }) => ({
          server_id,
          points: points.map(([at, value], i) => [at, value, min[i] ?? NaN, max[i] ?? NaN]),
        }));
        const told = await ask(query, tail);
        assertAlike(told, expected);
      }),
      { numRuns: 60 },
    );
  });

  it("refuses a query that would need more memory than it is worth", async () => {
    const servers = Array.from({ length: 500 }, (_, i) => `server-${i}`);
    await takeIn(servers.map((server) => cpu(START, 1, server)));
    const query = { ...question, servers, step: 1, from: START - 5 * HOUR };
    await assert.rejects(ask({ ...query, to: START + HOUR / 2 }), /Cannot answer the query: it needs more than/);
    assert.equal((await ask({ ...query, from: START, to: START + HOUR })).length, 500);
  });

  it("seals hours in turns, after they are over", async () => {
    const servers = Array.from({ length: 50 }, (_, i) => `server-${i}`);
    await takeIn(servers.map((server) => cpu(START, 1, server)));
    const first = engine.sealDue(START + HOUR, 1000);
    assert.ok(first !== null && first > START + HOUR && first < START + HOUR + 10 * MINUTE, String(first));
    const later = engine.sealDue(START + HOUR + 20 * MINUTE, 1000);
    assert.ok(later !== null && later > START + HOUR + 20 * MINUTE);
    assert.equal(engine.sealDue(START + 2 * HOUR, 1000), null);
  });

  it("leaves a damaged blob out and counts it", async () => {
    await takeIn([cpu(START, 1), cpu(START, 2, "b")]);
    engine.sealDue(NOW, Infinity);
    engine.close();
    const db = new DatabaseSync(file);
    for (const table of ["hour", "fine"]) {
      db.exec(`UPDATE ${table} SET body = x'0102030405060708' WHERE id = (SELECT min(id) FROM ${table})`);
    }
    db.close();
    engine = new Engine({ file, now: () => NOW });
    for (const step of [5, 300])
      assert.deepEqual(
        (await ask({ ...question, step })).map(({ server_id }) => server_id),
        ["b"],
      );
    assert.equal(engine.stats().damaged, 2);
    assert.equal(engine.stats().set_aside, null);
  });

  const manners: [string, (path: string) => Promise<void>][] = [
    ["junk", async (path) => writeFileSync(path, "this is no database ".repeat(500))],
    [
      "of another program",
      async (path) => {
        using db = new DatabaseSync(path);
        db.exec("CREATE TABLE x (y); PRAGMA user_version = 7");
      },
    ],
    ["cut in half", async (path) => cutInHalf(path)],
    ["overwritten in the middle", async (path) => overwrite(path)],
  ];
  for (const [manner, damage] of manners) {
    it(`sets a file that is ${manner} aside, tells its name, and goes on`, async () => {
      const many = Array.from({ length: 200 }, (_, i) => cpu(START + i * MINUTE, i % 7, `server-${i}`));
      await takeIn(many);
      engine.sealDue(NOW, Infinity);
      engine.close();
      if (manner === "of another program") rmSync(file);
      await damage(file);
      engine = new Engine({ file, now: () => NOW });
      const servers = many.map(({ server_id }) => server_id);
      // Where the damage lies decides at which act it is found.
      for (const step of [5, 300, 3600]) await ask({ ...question, servers, step });
      await takeIn([cpu(START + HOUR, 42)]);
      engine.sealDue(NOW, Infinity);
      engine.stats();
      engine.drop(casesPolicy, NOW);
      await takeIn([cpu(START + 2 * HOUR, 43)]);
      const points = (await ask(question))[0]?.points.map(([, value]) => value);
      assert.equal(points?.at(-1), 43);
      const aside = engine.stats().set_aside;
      assert.ok(aside?.includes("metrics.db.damaged-"), String(aside));
      assert.ok(readdirSync(dir).some((name) => aside?.endsWith(name)));
    });
  }

  it("refuses a file that another process has open, and leaves it alone", async () => {
    await takeIn([cpu(START, 1)]);
    assert.throws(() => new Engine({ file, now: () => NOW }), UnavailableError);
    assert.deepEqual(
      readdirSync(dir).filter((name) => name.includes("damaged")),
      [],
    );
  });

  it("keeps under the cap by dropping the oldest raw hours, and still answers from rollups", async () => {
    const noise = Array.from({ length: 8 * 6 * 720 }, (_, i) =>
      cpu(START + Math.floor(i / 8) * 5 * SECOND, ((i * 7919) % 997) / 10, `server-${i % 8}`),
    );
    const servers = ["server-3"];
    await takeIn(noise);
    engine.sealDue(NOW, Infinity);
    const { bytes } = engine.stats();
    const cap = { ...casesPolicy, bytes: Math.round(bytes * 0.6) };
    while (engine.drop(cap, NOW));
    const after = engine.stats();
    assert.ok(after.bytes <= cap.bytes, `${after.bytes} of ${cap.bytes} bytes`);
    assert.ok((after.oldest ?? 0) > START);
    assert.deepEqual(await ask({ ...question, servers, step: 5, to: START + HOUR }), []);
    assert.equal((await ask({ ...question, servers, to: START + HOUR }))[0]?.points.length, 12);
  });

  it("drops each resolution at its own age", async () => {
    await takeIn([cpu(START, 1)]);
    engine.sealDue(NOW, Infinity);
    const left = async (now: number): Promise<(number | undefined)[]> => {
      while (engine.drop(casesPolicy, now));
      const found: (number | undefined)[] = [];
      for (const resolution of ["raw", "fine", "coarse"] as const) {
        const plan = { resolution, step: 3600 * SECOND, first: START / HOUR, count: 1 };
        found.push((await engine.query({ query: question, plan, tails: new Map() }))[0]?.values[0]);
      }
      return found;
    };
    assert.deepEqual(await left(START + 13 * DAY), [1, 1, 1]);
    assert.deepEqual(await left(START + 16 * DAY), [undefined, 1, 1]);
    assert.deepEqual(await left(START + 40 * DAY), [undefined, undefined, 1]);
    assert.deepEqual(await left(START + 800 * DAY), [undefined, undefined, undefined]);
  });
});

type Points = { server_id: string | null; points: number[][] }[];

/** Means come from means of rollups, which are kept to a hundredth: so those of two servers may be off by a hundredth together. */
function assertAlike(told: Points, expected: Points): void {
  const exact = (series: Points): unknown =>
    series.map(({ server_id, points }) => ({ server_id, points: points.map(([at, , min, max]) => [at, min, max]) }));
  assert.deepEqual(exact(told), exact(expected));
  for (const [i, { points }] of told.entries()) {
    for (const [j, [at, value = Number.NaN]] of points.entries()) {
      const wanted = expected[i]?.points[j]?.[1] ?? Number.NaN;
      assert.ok(Math.abs(value - wanted) < 0.011, `at ${at} it is ${value}, not ${wanted}`);
    }
  }
}

async function cutInHalf(path: string): Promise<void> {
  const handle = await open(path, "r+");
  await handle.truncate(Math.floor((await handle.stat()).size / 2));
  await handle.close();
}

async function overwrite(path: string): Promise<void> {
  const handle = await open(path, "r+");
  const { size } = await handle.stat();
  await handle.write(Buffer.alloc(Math.floor(size * 0.9), 0xa5), 0, Math.floor(size * 0.9), 4096);
  await handle.close();
}
