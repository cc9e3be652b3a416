import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { countLines, MAX_LINE, measureLines, spanLines } from "./framing.ts";

/** Feeds `chunks` as they come, keeping what is unfinished; answers the lines as bytes, with their cuts. */
function readInChunks(chunks: Buffer[]): { text: string; cut: boolean }[] {
  const lines: { text: string; cut: boolean }[] = [];
  let pending = Buffer.alloc(0);
  const take = (final: boolean): void => {
    const measured = measureLines(pending, final);
    const block = pending.subarray(0, measured.bytes);
    const spans = spanLines(block, measured.cut);
    assert.equal(spans.length, measured.lines);
    for (const { start, end, cut } of spans) lines.push({ text: block.toString("latin1", start, end), cut });
    pending = pending.subarray(measured.bytes);
  };
  for (const chunk of chunks) {
    pending = Buffer.concat([pending, chunk]);
    take(false);
  }
  take(true);
  return lines;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.string({ unit: "grapheme", maxLength: 100 }).map((text) => new TextEncoder().encode(text)),
  fc.constant(new Uint8Array([10])),
  // Long runs, so that lines pass the limit, with characters of two bytes at every parity.
  fc.integer({ min: 1, max: 20_000 }).map((count) => new TextEncoder().encode("é".repeat(count))),
);
const output = fc.array(bytes, { maxLength: 12 }).map((parts) => Buffer.concat(parts));

describe("framing", () => {
  it("finds the same lines however the bytes were chunked", () => {
    fc.assert(
      fc.property(output, fc.array(fc.nat(70_000), { maxLength: 8 }), (data, cuts) => {
        const places = [...cuts.filter((cut) => cut < data.length), data.length].sort((a, b) => a - b);
        const chunks = places.map((place, index) => data.subarray(places[index - 1] ?? 0, place));
        assert.deepEqual(readInChunks(chunks), readInChunks([data]));
      }),
      { numRuns: 200 },
    );
  });

  it("keeps every byte but newlines, and splits at newlines and the limit only", () => {
    fc.assert(
      fc.property(output, (data) => {
        const lines = readInChunks([data]);
        const glued = lines.map(({ text, cut }) => (cut ? text : `${text}\n`)).join("");
        const expected = data.toString("latin1");
        assert.equal(glued, expected === "" || expected.endsWith("\n") ? expected : `${expected}\n`);
        assert.ok(lines.every(({ text }) => text.length <= MAX_LINE));
        assert.ok(lines.every(({ text, cut }) => !cut || text.length >= MAX_LINE - 3));
      }),
      { numRuns: 200 },
    );
  });

  it("counts as it measures, wherever the buffer begins", () => {
    fc.assert(
      fc.property(output, fc.nat(5), (data, from) => {
        const buffer = data.subarray(from);
        assert.deepEqual(countLines(buffer), measureLines(buffer));
      }),
      { numRuns: 500 },
    );
  });

  it("cuts a line of 16 KiB and a byte into two, and leaves one of 16 KiB whole", () => {
    assert.deepEqual(measureLines(Buffer.from(`${"a".repeat(MAX_LINE)}\n`)), {
      bytes: MAX_LINE + 1,
      lines: 1,
      cut: false,
    });
    assert.deepEqual(measureLines(Buffer.from(`${"a".repeat(MAX_LINE + 1)}\n`)), {
      bytes: MAX_LINE + 2,
      lines: 2,
      cut: false,
    });
    assert.deepEqual(measureLines(Buffer.from("a".repeat(MAX_LINE + 1))), { bytes: MAX_LINE, lines: 1, cut: true });
  });

  it("cuts between characters, not inside one", () => {
    const [first, second] = spanLines(Buffer.from(`x${"é".repeat(MAX_LINE)}`), false);
    assert.equal(first?.end, MAX_LINE - 1);
    assert.equal(second?.start, MAX_LINE - 1);
  });
});
