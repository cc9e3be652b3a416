// What every implementation of the metrics store must do, as one suite, both while samples are fresh and when they are at rest.
import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { FakeClock, type Clock } from "../../base/clock.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import type { TopProcess } from "../../contract/top-processes.ts";
import type { MetricsQuery, MetricsStore, RetentionPolicy, Sample } from "./metrics-store.ts";

/** Opens a store over the same data each time within one test. */
export interface MetricsBench {
  open(clock: Clock): Promise<MetricsStore>;
  /** Brings all that has come to rest: what an hour and more would do. */
  settle(store: MetricsStore): Promise<void>;
  forget(): Promise<void>;
}

/** The policy that the suite expects of the stores it is given. */
export const casesPolicy: RetentionPolicy = { raw: 14, fine: 30, coarse: 730, bytes: 1 << 30 };

const START = Date.UTC(2026, 2, 10, 12);
const process: TopProcess = {
  pid: 7,
  name: "node",
  command: "node x.js",
  user: "ann",
  cpu_percent: 12.5,
  memory_bytes: 1e6,
  io_bytes_per_second: null,
};

/** A query with the usual choices. */
function ask(over: Partial<MetricsQuery>): MetricsQuery {
  const usual = { servers: ["a"], metrics: ["cpu_percent"], from: START, to: START + HOUR, step: 5 };
  return { ...usual, aggregate: "none", ...over };
}

function cpu(server_id: string, at: number, value: number): Sample {
  return { server_id, at, values: { cpu_percent: value } };
}

/** Runs the suite on one implementation; `persists`: another `open` finds what an earlier one was told. */
export function metricsCases(name: string, persists: boolean, makeBench: () => Promise<MetricsBench>): void {
  for (const manner of ["fresh", "at rest"] as const) {
    describe(`${name}, samples ${manner}`, () => {
      let bench: MetricsBench;
      let clock: FakeClock;
      let store: MetricsStore;
      const rest = async (): Promise<void> => {
        if (manner === "fresh") return;
        clock.advance(3 * HOUR);
        await bench.settle(store);
      };

      beforeEach(async () => {
        bench = await makeBench();
        clock = new FakeClock(START + HOUR);
        store = await bench.open(clock);
      });
      afterEach(async () => {
        await store.close();
        await bench.forget();
      });

      cases({ store: () => store, clock: () => clock, rest });
      keepingCases({ store: () => store, clock: () => clock, rest });

      if (!persists) return;
      it("finds everything again after close()", async () => {
        await store.append(cpu("a", START, 3));
        await store.appendTop({ server_id: "a", at: START, processes: [process] });
        await rest();
        await store.close();
        store = await bench.open(clock);
        const { series } = await store.query(ask({}));
        assert.deepEqual(series[0]?.points, [[START, 3]]);
        assert.deepEqual(await store.topAt("a", START + MINUTE), { at: START, processes: [process] });
      });
    });
  }
}

interface Tools {
  store: () => MetricsStore;
  clock: () => FakeClock;
  rest: () => Promise<void>;
}

function cases({ store, rest }: Tools): void {
  it("answers what it was told, rounded by the unit", async () => {
    const values = { cpu_percent: 12.3456, memory_used_bytes: 123_456_789, "net_rx_bytes_per_second[eth0]": 1234.5 };
    await store().append({ server_id: "a", at: START, values });
    await rest();
    const { series, step } = await store().query(ask({ metrics: Object.keys(values) }));
    assert.equal(step, 5);
    assert.deepEqual(
      series.map(({ metric, points, min, max }) => [metric, points, min, max]),
      [
        ["cpu_percent", [[START, 12.3]], [12.3], [12.3]],
        ["memory_used_bytes", [[START, 123_500_000]], [123_500_000], [123_500_000]],
        ["net_rx_bytes_per_second[eth0]", [[START, 1230]], [1230], [1230]],
      ],
    );
  });

  it("counts a sample told twice once, and the first value stays", async () => {
    await store().append(cpu("a", START, 10));
    await rest();
    await store().append(cpu("a", START, 90));
    await store().append(cpu("a", START, 10));
    await rest();
    const { series } = await store().query(ask({ step: 60 }));
    assert.deepEqual(series[0]?.points, [[START, 10]]);
    assert.deepEqual([series[0]?.min, series[0]?.max], [[10], [10]]);
  });

  it("takes late samples in any order, also into hours that are at rest", async () => {
    for (const second of [20, 0, 10]) await store().append(cpu("a", START + second * SECOND, second));
    await rest();
    await store().append(cpu("a", START + 5 * SECOND, 5));
    await store().append(cpu("a", START - 10 * HOUR, 1));
    await rest();
    const { series } = await store().query(ask({ from: START - 10 * HOUR, step: 5 }));
    assert.deepEqual(
      series[0]?.points.map(([at, value]) => [(at - START) / SECOND, value]),
      [
        [-36_000, 1],
        [0, 0],
        [5, 5],
        [10, 10],
        [20, 20],
      ],
    );
    const { series: coarse } = await store().query(ask({ step: 300 }));
    assert.deepEqual(coarse[0]?.points, [[START, 8.75]]);
  });

  it("means a bucket's mean, and tells its smallest and largest", async () => {
    for (let i = 0; i < 120; i++) await store().append(cpu("a", START + i * 5 * SECOND, i));
    await rest();
    const { series } = await store().query(ask({ step: 300 }));
    assert.deepEqual(series[0]?.points, [
      [START, 29.5],
      [START + 300 * SECOND, 89.5],
    ]);
    assert.deepEqual(
      [series[0]?.min, series[0]?.max],
      [
        [0, 60],
        [59, 119],
      ],
    );
  });

  it("leaves gaps out", async () => {
    await store().append(cpu("a", START, 1));
    await store().append(cpu("a", START + 10 * MINUTE, 2));
    await rest();
    const { series } = await store().query(ask({ step: 60 }));
    assert.deepEqual(series[0]?.points, [
      [START, 1],
      [START + 10 * MINUTE, 2],
    ]);
  });

  it("keeps services, instances and labels apart", async () => {
    const instances = [
      { service: "api", index: 0, values: { cpu_percent: 1 } },
      { service: "api", index: 1, values: { cpu_percent: 2 } },
      { service: "web", index: 0, values: { cpu_percent: 3 } },
    ];
    const values = { cpu_percent: 4, "fs_used_bytes[/]": 5, "fs_used_bytes[/data]": 6, fs_used_bytes_total: 7 };
    await store().append({ server_id: "a", at: START, values, instances });
    await rest();
    const told = async (query: Partial<MetricsQuery>): Promise<unknown[]> => {
      const { series } = await store().query(ask(query));
      return series.map(({ service, index, metric, points }) => [service, index, metric, points[0]?.[1]]);
    };
    assert.deepEqual(await told({}), [[null, null, "cpu_percent", 4]]);
    assert.deepEqual(await told({ services: ["api"] }), [
      ["api", 0, "cpu_percent", 1],
      ["api", 1, "cpu_percent", 2],
    ]);
    assert.deepEqual((await told({ services: ["*"] })).length, 3);
    assert.deepEqual(await told({ metrics: ["fs_used_bytes[*]"] }), [
      [null, null, "fs_used_bytes[/]", 5],
      [null, null, "fs_used_bytes[/data]", 6],
    ]);
    assert.deepEqual(await told({ metrics: ["fs_used_bytes"] }), []);
  });

  it("makes one series of many servers", async () => {
    const servers = Array.from({ length: 40 }, (_, i) => `server-${i}`);
    for (const [i, server] of servers.entries()) {
      await store().append(cpu(server, START, i));
      await store().append(cpu(server, START + 5 * SECOND, i));
    }
    await rest();
    for (const step of [60, 300, 3600]) {
      const told = async (aggregate: MetricsQuery["aggregate"]): Promise<unknown> => {
        const { series } = await store().query(ask({ servers, aggregate, step }));
        assert.equal(series.length, 1);
        assert.equal(series[0]?.server_id, null);
        assert.deepEqual([series[0]?.min, series[0]?.max], [[0], [39]]);
        return series[0]?.points;
      };
      assert.deepEqual(await told("avg"), [[START, 19.5]]);
      assert.deepEqual(await told("sum"), [[START, 780]]);
      assert.deepEqual(await told("min"), [[START, 0]]);
      assert.deepEqual(await told("max"), [[START, 39]]);
      assert.deepEqual(await told("p95"), [[START, 37]]);
    }
    const { series } = await store().query(ask({ servers: ["server-3", "nobody", "server-1"], step: 300 }));
    assert.deepEqual(
      series.map(({ server_id }) => server_id),
      ["server-1", "server-3"],
    );
  });

  it("answers an empty list for what it does not know, and for an empty range", async () => {
    await store().append(cpu("a", START, 1));
    await rest();
    for (const over of [{ servers: ["b"] }, { metrics: ["none"] }, { services: ["none"] }, { to: START }, { to: 0 }]) {
      assert.deepEqual((await store().query(ask(over))).series, []);
    }
  });

  it("finds the list of processes of the five minutes before", async () => {
    const list = (at: number): Parameters<MetricsStore["appendTop"]>[0] => ({
      server_id: "a",
      at,
      processes: [{ ...process, pid: (at - START) / SECOND + 10 }],
    });
    for (const minute of [0, 1, 2, 58]) await store().appendTop(list(START + minute * MINUTE));
    await rest();
    await store().appendTop(list(START + 3 * MINUTE));
    const pidAt = async (at: number): Promise<number | undefined> => (await store().topAt("a", at))?.processes[0]?.pid;
    assert.equal(await pidAt(START + 90 * SECOND), 70);
    assert.equal(await pidAt(START + 2 * MINUTE), 130);
    assert.equal(await pidAt(START + 8 * MINUTE), 190);
    assert.equal(await pidAt(START + 9 * MINUTE), undefined);
    assert.equal(await pidAt(START + 62 * MINUTE), 58 * 60 + 10);
    assert.equal(await pidAt(START - 1), undefined);
    assert.equal(await store().topAt("b", START), undefined);
  });
}

function keepingCases({ store, clock, rest }: Tools): void {
  it("forgets a server, and nothing else", async () => {
    for (const server of ["a", "b"]) {
      await store().append(cpu(server, START, 1));
      await store().appendTop({ server_id: server, at: START, processes: [process] });
    }
    await rest();
    await store().append(cpu("a", START + 5 * SECOND, 1));
    await store().forget("a");
    await rest();
    for (const step of [5, 300, 3600]) {
      const { series } = await store().query(ask({ servers: ["a", "b"], step }));
      assert.deepEqual(
        series.map(({ server_id }) => server_id),
        ["b"],
      );
    }
    assert.equal(await store().topAt("a", START), undefined);
    await store().append(cpu("a", START + 10 * SECOND, 2));
    await rest();
    assert.deepEqual((await store().query(ask({}))).series[0]?.points, [[START + 10 * SECOND, 2]]);
  });

  it("drops raw samples by age", async () => {
    await store().append(cpu("a", START, 1));
    await rest();
    clock().advance(14 * DAY + 5 * HOUR);
    await store().append(cpu("a", clock().now(), 2));
    await rest();
    await store().drop(clock().now());
    const { series } = await store().query(
      ask({ from: clock().now() - 13 * DAY, to: clock().now() + MINUTE, step: 60 }),
    );
    assert.equal(series[0]?.points.length, 1);
    const { samples } = await store().stats();
    assert.ok(samples <= 1, `${samples} samples are left`);
  });

  it("refuses and counts values without a number or a proper name, and takes the others", async () => {
    const values = { cpu_percent: 1, load_1: Number.NaN, load_5: Infinity, Bad: 1, "x[y]z": 1 };
    await store().append({ server_id: "a", at: START, values });
    await rest();
    const { series } = await store().query(ask({ metrics: Object.keys(values) }));
    assert.deepEqual(
      series.map(({ metric }) => metric),
      ["cpu_percent"],
    );
    assert.equal((await store().stats()).dropped, 4);
  });

  it("refuses and counts what is too old or lies ahead", async () => {
    await store().append(cpu("a", clock().now() - 15 * DAY, 1));
    await store().append(cpu("a", clock().now() + 2 * HOUR, 1));
    await rest();
    assert.equal((await store().stats()).dropped, 2);
    const { series } = await store().query(ask({ from: 0, to: START + DAY, step: 0 }));
    assert.deepEqual(series, []);
  });
}
