import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KIB, MIB } from "../../base/units.ts";
import { Marks } from "./marks.ts";

describe("the marks of a segment", () => {
  it("never pass a wanted block, are near it once its place was noted, and stay few", () => {
    const block = fc.record({ size: fc.integer({ min: 100, max: 256 * KIB }), lines: fc.integer({ min: 1, max: 9 }) });
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 60 }), fc.infiniteStream(fc.nat(59)), (sizes, order) => {
        const blocks: { line: number; end: number; offset: number }[] = [];
        let offset = 0;
        let line = 0;
        for (const { size, lines } of sizes) {
          blocks.push({ line, end: line + lines, offset });
          offset += size;
          // Dropped lines leave gaps.
          line += lines + (size % 3);
        }
        const marks = new Marks();
        for (const index of order.take(100)) {
          const noted = blocks[index];
          if (noted !== undefined) marks.note(noted.line, noted.offset);
        }
        for (const { line: wanted, offset: place } of blocks) {
          const start = marks.startFor(wanted);
          assert.ok(start <= place);
          assert.ok(marks.endFor(wanted + 1, offset) > place);
        }
        for (const one of blocks) marks.note(one.line, one.offset);
        for (const { line: wanted, offset: place } of blocks) {
          assert.ok(place - marks.startFor(wanted) < 512 * KIB);
        }
        const places = new Set(blocks.map((one) => marks.startFor(one.line)));
        assert.ok(places.size <= 1 + offset / (128 * KIB), `${places.size} marks in ${offset / MIB} MiB`);
      }),
    );
  });
});
