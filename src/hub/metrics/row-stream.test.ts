import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { grainOf, roundTo } from "./grain.ts";
import type { Sample } from "./metrics-store.ts";
import { readStream, RowStream } from "./row-stream.ts";
import { isMetricName, seriesMatcher, seriesOfText, seriesText } from "./series-name.ts";

const START = Date.UTC(2026, 2, 10);
const values = fc.dictionary(
  fc.constantFrom("cpu_percent", "memory_used_bytes", "load_1", "rx_bytes_per_second[eth0]", "odd"),
  fc.oneof(
    fc.double({ min: 0, max: 100, noNaN: true }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
  ),
);
const samples = fc.array(
  fc.record({
    server_id: fc.constant("a"),
    at: fc.integer({ min: -100_000, max: 100_000 }).map((ms) => START + ms),
    values,
    instances: fc.array(fc.record({ service: fc.constantFrom("api", "web"), index: fc.nat(2), values }), {
      maxLength: 3,
    }),
  }),
  { maxLength: 25 },
);

/** Rows as they must come back: time, series, rounded value. */
function rowsOf(list: Sample[]): Map<string, number>[] {
  return list.map(({ values, instances = [] }) => {
    const row = new Map<string, number>();
    const put = (service: string | null, index: number | null, of: Sample["values"]): void => {
      for (const [metric, value] of Object.entries(of)) {
        row.set(seriesText({ service, index, metric }), roundTo(value, grainOf(metric)));
      }
    };
    put(null, null, values);
    for (const { service, index, values } of instances) put(service, index, values);
    return row;
  });
}

describe("a stream of rows", () => {
  it("comes back as it was told, rounded", () => {
    fc.assert(
      fc.property(samples, (list) => {
        const stream = new RowStream();
        for (const sample of list) stream.add(sample);
        const { table, damaged } = readStream(stream.bytes());
        assert.equal(damaged, false);
        assert.deepEqual(
          [...table.times],
          list.map(({ at }) => at),
        );
        const back = list.map((_, row) => {
          const cells = [...table.columns].map(([text, { values }]) => [text, values[row]] as const);
          return new Map(cells.filter(([, value]) => !Number.isNaN(value)));
        });
        assert.deepEqual(back, rowsOf(list));
      }),
    );
  });

  it("may be read for some series only, and from the pieces it was written in", () => {
    fc.assert(
      fc.property(samples, (list) => {
        const stream = new RowStream();
        const pieces = list.map((sample) => {
          const before = stream.length;
          stream.add(sample);
          return stream.bytes(before);
        });
        const all = readStream(stream.bytes()).table;
        const { table } = readStream(Buffer.concat(pieces), (text) => text === "load_1");
        const wanted = all.columns.get("load_1");
        assert.deepEqual([...table.columns], wanted === undefined ? [] : [["load_1", wanted]]);
      }),
    );
  });

  it("that is cut off gives the rows before, and junk gives no more than that", () => {
    fc.assert(
      fc.property(samples, fc.nat(), fc.uint8Array({ maxLength: 20 }), (list, cut, junk) => {
        const stream = new RowStream();
        for (const sample of list) stream.add(sample);
        const bytes = stream.bytes();
        const { table } = readStream(bytes.subarray(0, cut % (bytes.length + 1)));
        assert.deepEqual(
          [...table.times],
          list.slice(0, table.times.length).map(({ at }) => at),
        );
        for (const { values } of table.columns.values()) assert.equal(values.length, table.times.length);
        readStream(Buffer.concat([bytes, junk]));
        readStream(junk);
      }),
    );
  });

  it("carries lists of processes", () => {
    const process = {
      pid: 1,
      name: "ü",
      command: "ü --x",
      user: "ann",
      cpu_percent: 1,
      memory_bytes: 2,
      io_bytes_per_second: null,
    };
    const stream = new RowStream();
    stream.addTop({ at: START, processes: [process] });
    stream.add({ server_id: "a", at: START, values: { load_1: 1 } });
    const { tops, table } = readStream(stream.bytes());
    assert.deepEqual(tops, [{ at: START, processes: [process] }]);
    assert.deepEqual([...table.times], [START]);
  });
});

describe("names of series", () => {
  it("are one text and back", () => {
    const names = fc.oneof(
      fc.constant({ service: null, index: null, metric: "x[/]" }),
      fc.nat().map((index) => ({ service: "ü b", index, metric: "cpu_percent" })),
    );
    fc.assert(fc.property(names, (name) => assert.deepEqual(seriesOfText(seriesText(name)), name)));
  });

  it("are flat, with one label at most", () => {
    for (const good of ["cpu_percent", "fs_used_bytes[/data]", "x", "net[eth0:1]"]) assert.ok(isMetricName(good), good);
    for (const bad of ["", "Cpu", "a-b", "a[", "a[]", "a[x]b", "a[x][y]", "a\0b", "a[\0]", "x".repeat(129)]) {
      assert.ok(!isMetricName(bad), bad);
    }
  });

  it("are meant by patterns", () => {
    const matches = seriesMatcher({ services: ["api"], metrics: ["cpu_percent", "fs[*]"] });
    assert.ok(matches({ service: "api", index: 0, metric: "fs[/]" }));
    assert.ok(!matches({ service: "api", index: 0, metric: "fs" }));
    assert.ok(!matches({ service: null, index: null, metric: "cpu_percent" }));
    assert.ok(!matches({ service: "web", index: 0, metric: "cpu_percent" }));
  });
});
