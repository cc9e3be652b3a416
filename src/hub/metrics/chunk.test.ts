import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DamagedBytesError } from "./bytes.ts";
import { Chunk, encodeChunk } from "./chunk.ts";
import type { Packing } from "./column.ts";
import { grainOf, roundTo } from "./grain.ts";
import { decodeSegment, encodeFrame, type LogEntry } from "./segment-file.ts";
import { countSamples, cutTable, mergeTables, type Column, type Table } from "./table.ts";

const GRAIN = grainOf("cpu_percent");
const START = Date.UTC(2026, 2, 10);

/** Any table whose times may repeat and come in any order. */
const tables = fc
  .array(fc.tuple(fc.nat(60), fc.array(fc.option(fc.integer({ min: 0, max: 1000 })), { maxLength: 4 })), {
    maxLength: 30,
  })
  .map((rows): Table<number> => {
    const columns = new Map<number, Column>();
    for (let label = 1; label <= 4; label++) {
      const values = Float64Array.from(rows, ([, row]) => row[label - 1] ?? Number.NaN);
      if (!values.every(Number.isNaN)) columns.set(label * 3, { values, grain: GRAIN });
    }
    return { times: Float64Array.from(rows, ([at]) => START + at * 5000), columns };
  });

/** The same, as plainly as can be: the first value for each series and time. */
function modelOf(all: readonly Table<number>[]): Map<string, number> {
  const model = new Map<string, number>();
  for (const { times, columns } of all) {
    for (const [label, { values }] of columns) {
      for (const [row, value] of values.entries()) {
        const key = `${label} ${times[row]}`;
        if (!Number.isNaN(value) && !model.has(key)) model.set(key, value);
      }
    }
  }
  return model;
}

function sorted(model: Map<string, number>): [string, number][] {
  return [...model].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe("tables of one server", () => {
  it("become one in which each series and time counts once, the first", () => {
    fc.assert(
      fc.property(fc.array(tables, { maxLength: 4 }), (all) => {
        const merged = mergeTables(all);
        assert.deepEqual(sorted(modelOf([merged])), sorted(modelOf(all)));
        assert.ok(merged.times.every((at, i) => i === 0 || at > (merged.times[i - 1] ?? 0)));
        assert.equal(countSamples(merged), modelOf(all).size);
      }),
    );
  });

  it("are cut by time without loss", () => {
    fc.assert(
      fc.property(tables, fc.nat(60), (table, second) => {
        const middle = START + second * 5000;
        const halves = [cutTable(table, 0, middle), cutTable(table, middle, Infinity)];
        assert.deepEqual(sorted(modelOf(halves)), sorted(modelOf([table])));
        assert.ok(halves[0]?.times.every((at) => at < middle));
      }),
    );
  });
});

describe("a chunk", () => {
  const packings = fc.constantFrom<Packing>("zstd", "runs");

  it("comes back as it went in, as a whole and by column", () => {
    fc.assert(
      fc.property(tables, packings, (table, packing) => {
        const merged = mergeTables([table]);
        const chunk = new Chunk(encodeChunk(merged, packing));
        assert.deepEqual(sorted(modelOf([chunk.table(() => GRAIN)])), sorted(modelOf([merged])));
        assert.deepEqual(chunk.times(), merged.times);
        for (const [label, { values }] of merged.columns) assert.deepEqual(chunk.column(label), values);
        assert.equal(chunk.column(1), undefined);
      }),
    );
  });

  it("with any byte changed is refused", () => {
    fc.assert(
      fc.property(tables, fc.nat(), fc.integer({ min: 1, max: 255 }), (table, at, change) => {
        const bytes = encodeChunk(mergeTables([table]), "zstd");
        bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ change;
        assert.throws(() => new Chunk(bytes), DamagedBytesError);
        assert.throws(() => new Chunk(bytes.subarray(0, at % bytes.length)), DamagedBytesError);
      }),
    );
  });

  it("takes about a byte for a sample of noise of a few percent", () => {
    let seed = 1;
    const noise = (): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return (seed / 2 ** 32) * 6;
    };
    const columns = new Map<number, Column>();
    for (let label = 1; label <= 40; label++) {
      columns.set(label, {
        grain: GRAIN,
        values: Float64Array.from({ length: 720 }, () => roundTo(40 + noise(), GRAIN)),
      });
    }
    const times = Float64Array.from({ length: 720 }, (_, i) => START + i * 5000);
    const bytes = encodeChunk({ times, columns }, "zstd").length / (40 * 720);
    assert.ok(bytes < 1, `${bytes} bytes a sample`);
  });
});

describe("a log file", () => {
  const entries = fc.array(
    fc.record({
      server_id: fc.constantFrom("a", "b", "ü"),
      bytes: fc.uint8Array({ maxLength: 30 }),
      forget: fc.boolean(),
    }),
    { maxLength: 8 },
  );

  it("holds each server's bytes in order, from the last time it was forgotten on, up to where it is cut off", () => {
    fc.assert(
      fc.property(fc.array(entries, { maxLength: 5 }), fc.nat(), (frames, cut) => {
        const encoded = frames.map((frame) =>
          encodeFrame(
            frame.map(({ server_id, bytes, forget }): LogEntry =>
              forget ? { kind: "forget", server_id } : { kind: "bytes", server_id, bytes },
            ),
          ),
        );
        const file = Buffer.concat(encoded);
        const length = cut % (file.length + 1);
        let whole = 0;
        const model = new Map<string, number[]>();
        for (const [index, frame] of frames.entries()) {
          whole += encoded[index]?.length ?? 0;
          if (whole > length) break;
          for (const { server_id, bytes, forget } of frame) {
            if (forget) model.delete(server_id);
            else model.set(server_id, [...(model.get(server_id) ?? []), ...bytes]);
          }
        }
        const { streams } = decodeSegment(file.subarray(0, length));
        assert.deepEqual(new Map([...streams].map(([server, bytes]) => [server, [...bytes]])), model);
      }),
    );
  });

  it("of junk is damaged, never a crash", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 100 }), (bytes) => decodeSegment(bytes).damaged));
  });
});
