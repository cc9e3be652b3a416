import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { boundsOf, readRange, refreshOf, SPANS, writeRange, zoomed, type Range, type SpanName } from "./range.ts";

const ranges: fc.Arbitrary<Range> = fc.oneof(
  fc.constantFrom(...(Object.keys(SPANS) as SpanName[])).map((span) => ({ span })),
  fc
    .tuple(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e10 }))
    .map(([from, length]) => ({ from, to: from + length })),
);

test("a range survives the address, whatever else stands there", () => {
  fc.assert(
    fc.property(ranges, ranges, (before, range) => {
      const query = writeRange(writeRange(new URLSearchParams("tab=x&server=a"), before), range);
      assert.deepEqual(readRange(query), range);
      assert.equal(query.get("tab"), "x");
    }),
  );
});

test("nonsense in the address is the default", () => {
  for (const text of ["", "range=2w", "range=toString", "from=x&to=y", "from=2026-01-02&to=2026-01-01"]) {
    assert.deepEqual(readRange(new URLSearchParams(text)), { span: "1h" }, text);
  }
});

test("a zoom holds both times, in order, and is never too narrow to see", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e12 }), fc.integer({ min: 0, max: 1e12 }), (one, other) => {
      const { from, to } = boundsOf(zoomed(one, other), 0);
      assert.ok(from <= Math.min(one, other) && to >= Math.max(one, other) && to - from >= 10_000);
    }),
  );
});

test("only a range that moves is asked for again", () => {
  assert.equal(refreshOf({ from: 1, to: 2 }), false);
  assert.equal(refreshOf({ span: "5m" }), 5000);
  assert.equal(refreshOf({ span: "90d" }), 60_000);
});
