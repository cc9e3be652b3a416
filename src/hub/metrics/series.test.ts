import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MAX_POINTS, SeriesBook } from "./series.ts";

const FIRST = { service: "api", serverId: "a", index: 0 };
const SECOND = { ...FIRST, index: 1 };

describe("SeriesBook", () => {
  it("keeps at most a screenful, evenly spaced from the first sample on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), (count) => {
        const book = new SeriesBook();
        for (let i = 0; i < count; i++) book.add(FIRST, 1, [1_000_000 + i * 5000, i, i * 4096]);
        const { step, points } = book.read(FIRST, 5);
        assert.ok(points.length <= MAX_POINTS);
        assert.ok(points.length >= Math.min(count, MAX_POINTS / 2));
        for (const [index, [at, cpu, memory]] of points.entries()) {
          assert.equal(at, 1_000_000 + index * step * 1000);
          assert.deepEqual([cpu, memory], [(index * step) / 5, ((index * step) / 5) * 4096]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("begins anew with each generation, and keeps instances apart", () => {
    const book = new SeriesBook();
    book.add(FIRST, 1, [1000, 1, 1024]);
    book.add(SECOND, 1, [1000, 2, null]);
    book.add(FIRST, 2, [6000, null, 2048]);
    assert.deepEqual(book.read(FIRST, 5).points, [[6000, null, 2048]]);
    assert.deepEqual(book.read(SECOND, 5).points, [[1000, 2, null]]);
    book.forget("api");
    assert.deepEqual(book.read(SECOND, 5), { step: 5, points: [] });
  });
});
