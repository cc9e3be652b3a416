import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DamagedBytesError } from "./bytes.ts";
import { decodeColumn, encodeColumn, type Packing } from "./column.ts";
import { finer, grainByte, grainOf, grainOfByte, nearestCode, roundTo, valueOf, type Grain } from "./grain.ts";

const grains = fc.record(
  { kind: fc.constantFrom("decimal" as const, "significant" as const), digits: fc.integer({ min: 1, max: 6 }) },
  { noNullPrototype: true },
);
const packings = fc.constantFrom<Packing>("zstd", "runs");
const gap = fc.constant(Number.NaN);
/** Columns of all manners: integers, decimals, huge, tiny, constant, walks, with and without gaps. */
const columns = fc.oneof(
  fc.array(fc.double({ noDefaultInfinity: true }), { maxLength: 200 }),
  fc.array(fc.oneof(fc.integer(), gap), { maxLength: 400 }),
  fc.array(
    fc.oneof(
      fc.integer({ min: -9999, max: 9999 }).map((n) => n / 100),
      gap,
    ),
    { maxLength: 400 },
  ),
  fc.array(fc.maxSafeInteger(), { maxLength: 100 }),
  fc.array(fc.constantFrom(0, -0, 1e300, -1e300, 5e-324, 1e-13, Number.MAX_VALUE, 0.1 + 0.2), { maxLength: 60 }),
  fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(800)).map(([value, n]) => Array(n).fill(value)),
  fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 800 }).map((steps) => {
    let at = 500;
    return steps.map((step) => (at += step) / 10);
  }),
);

describe("a column", () => {
  it("comes back exactly as it went in", () => {
    fc.assert(
      fc.property(columns, grains, packings, (list, grain, packing) => {
        const values = Float64Array.from(list);
        const back = decodeColumn(encodeColumn(values, grain, packing), values.length);
        assert.deepEqual([...back], [...values]);
      }),
      { numRuns: 400 },
    );
  });

  it("is small when it is steady", () => {
    const still = new Float64Array(720).fill(17.5);
    const walk = Float64Array.from({ length: 720 }, (_, i) => 50 + ((i * 7) % 5) / 10);
    const grain = grainOf("cpu_percent");
    assert.ok(encodeColumn(still, grain, "zstd").length < 30);
    assert.ok(encodeColumn(still, grain, "runs").length < 12);
    assert.ok(encodeColumn(walk, grain, "zstd").length < 720 / 4);
  });

  it("that is damaged is an error with a name, never a hang or another crash", () => {
    fc.assert(
      fc.property(
        columns,
        packings,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(1000),
        (list, packing, changes, rows) => {
          const bytes = encodeColumn(Float64Array.from(list), { kind: "decimal", digits: 2 }, packing);
          for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
          decodeOrDamaged(bytes, rows);
          decodeOrDamaged(bytes.subarray(0, (changes[0]?.[0] ?? 0) % bytes.length), list.length);
        },
      ),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(2000), (bytes, rows) => decodeOrDamaged(bytes, rows)),
      { numRuns: 2000 },
    );
  });
});

function decodeOrDamaged(bytes: Uint8Array, rows: number): void {
  try {
    assert.equal(decodeColumn(bytes, rows).length, rows);
  } catch (error) {
    if (!(error instanceof DamagedBytesError)) throw error;
  }
}

describe("a grain", () => {
  const values = fc.double({ noNaN: true, noDefaultInfinity: true });

  it("rounds once: what is rounded stays", () => {
    fc.assert(
      fc.property(values, grains, (value, grain) => {
        const rounded = roundTo(value, grain);
        assert.ok(Object.is(roundTo(rounded, grain), rounded), `${value} → ${rounded}`);
      }),
      { numRuns: 2000 },
    );
  });

  it("gives every code a value that has this code, in the same order", () => {
    fc.assert(
      fc.property(fc.integer({ min: -2500, max: 2500 }), fc.nat(300), grains, (part, rest, grain) => {
        const code = part * 10 ** (grain.digits - 1) + rest;
        assert.equal(nearestCode(valueOf(code, grain), grain), code);
        assert.ok(valueOf(code, grain) < valueOf(code + 1, grain));
      }),
      { numRuns: 2000 },
    );
  });

  it("keeps the error within half a step", () => {
    const sizes = fc.double({ min: 1e-6, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 6 }), (value, digits) => {
        const significant = roundTo(value, { kind: "significant", digits });
        assert.ok(Math.abs(significant - value) <= value * 0.5000001 * 10 ** (1 - digits), `${value} → ${significant}`);
        const decimal = roundTo(value, { kind: "decimal", digits });
        assert.ok(Math.abs(decimal - value) <= 0.5000001 * 10 ** -digits + value * 1e-15, `${value} → ${decimal}`);
      }),
    );
  });

  it("goes by the unit at the end of a metric's name, whatever its label", () => {
    assert.equal(roundTo(12.3456, grainOf("cpu_percent")), 12.3);
    assert.equal(roundTo(12_345_678, grainOf("fs_used_bytes[/data_percent]")), 12_350_000);
    assert.equal(roundTo(12_345_678, grainOf("net_rx_bytes_per_second[eth0]")), 12_300_000);
    assert.equal(roundTo(1.23456, grainOf("load_1")), 1.23);
    assert.equal(roundTo(123_456, grainOf("uptime_seconds")), 123_456);
    assert.ok(Object.is(roundTo(-0, grainOf("load_1")), 0));
  });

  it("is one byte, and comes back", () => {
    fc.assert(fc.property(grains, (grain: Grain) => assert.deepEqual(grainOfByte(grainByte(grain)), grain)));
    assert.deepEqual(finer({ kind: "significant", digits: 3 }), { kind: "significant", digits: 4 });
  });
});
