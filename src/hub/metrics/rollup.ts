// Samples summed up by buckets of time (count, mean, min, max), and many buckets of one series as one blob.
import { crc32 } from "node:zlib";
import { DAY, HOUR, MINUTE } from "../../base/units.ts";
import { ByteReader, ByteWriter, DamagedBytesError } from "./bytes.ts";
import { decodeColumn, encodeColumn } from "./column.ts";
import { finer, roundTo, type Grain } from "./grain.ts";

/** How long one bucket is, and how much time one blob holds; milliseconds. */
export interface Level {
  bucket: number;
  period: number;
}

/** The two levels that are kept, finest first. */
export const LEVELS = {
  fine: { bucket: 5 * MINUTE, period: DAY },
  coarse: { bucket: HOUR, period: 8 * DAY },
} as const satisfies Record<string, Level>;

/** Buckets in which there is a sample, ascending; `numbers` are Unix milliseconds divided by the bucket's length. */
export interface Buckets {
  numbers: Float64Array;
  counts: Float64Array;
  means: Float64Array;
  mins: Float64Array;
  maxs: Float64Array;
}

const FIELDS = ["means", "counts", "mins", "maxs"] as const;
const WHOLE = { kind: "decimal", digits: 0 } as const;

/** Sums up one series; times ascend, NaN counts for nothing. Means are rounded ten times finer than the values. */
export function rollUp(times: Float64Array, values: Float64Array, bucket: number, grain: Grain): Buckets {
  const rows: [number: number, count: number, sum: number, min: number, max: number][] = [];
  for (let i = 0; i < times.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    const number = Math.floor((times[i] ?? 0) / bucket);
    const last = rows.at(-1);
    if (last === undefined || last[0] !== number) rows.push([number, 1, value, value, value]);
    else {
      last[1] += 1;
      last[2] += value;
      if (value < last[3]) last[3] = value;
      if (value > last[4]) last[4] = value;
    }
  }
  const mean = finer(grain);
  return {
    numbers: Float64Array.from(rows, (row) => row[0]),
    counts: Float64Array.from(rows, (row) => row[1]),
    means: Float64Array.from(rows, (row) => roundTo(row[2] / row[1], mean)),
    mins: Float64Array.from(rows, (row) => row[3]),
    maxs: Float64Array.from(rows, (row) => row[4]),
  };
}

/** `kept` with everything from bucket `from` up to before `to` replaced by `fresh`, all of whose buckets lie there. */
export function replaceBuckets(kept: Buckets, fresh: Buckets, from: number, to: number): Buckets {
  const before = kept.numbers.findIndex((number) => number >= from);
  const head = before === -1 ? kept.numbers.length : before;
  const after = kept.numbers.findIndex((number) => number >= to);
  const tail = after === -1 ? kept.numbers.length : after;
  const join = (field: keyof Buckets): Float64Array => {
    const out = new Float64Array(head + fresh.numbers.length + kept.numbers.length - tail);
    out.set(kept[field].subarray(0, head));
    out.set(fresh[field], head);
    out.set(kept[field].subarray(tail), head + fresh.numbers.length);
    return out;
  };
  return {
    numbers: join("numbers"),
    counts: join("counts"),
    means: join("means"),
    mins: join("mins"),
    maxs: join("maxs"),
  };
}

/** One blob for a period; `base` is the number of the period's first bucket. */
export function encodeBuckets(buckets: Buckets, base: number, grain: Grain): Uint8Array {
  const rows = buckets.numbers.length;
  const places = buckets.numbers.map((number, index) => number - base - index);
  const sections = [
    encodeColumn(places, WHOLE, "runs"),
    encodeColumn(buckets.means, finer(grain), "runs"),
    encodeColumn(buckets.counts, WHOLE, "runs"),
    encodeColumn(buckets.mins, grain, "runs"),
    encodeColumn(buckets.maxs, grain, "runs"),
  ];
  const body = new ByteWriter(1024);
  body.varint(rows);
  for (const section of sections) body.varint(section.length);
  for (const section of sections) body.bytes(section);
  const bytes = body.slice();
  const out = new ByteWriter(bytes.length + 4);
  out.uint32(crc32(bytes));
  out.bytes(bytes);
  return out.slice();
}

/** The inverse of `encodeBuckets`; throws `DamagedBytesError`. */
export function decodeBuckets(blob: Uint8Array, base: number): Buckets {
  const reader = new ByteReader(blob);
  if (reader.uint32() !== crc32(blob.subarray(4))) throw new DamagedBytesError("the checksum does not fit");
  const rows = reader.varint();
  const lengths = Array.from({ length: 1 + FIELDS.length }, () => reader.varint());
  const [numbers, means, counts, mins, maxs] = lengths.map((length) => decodeColumn(reader.take(length), rows));
  if (!numbers || !means || !counts || !mins || !maxs) throw new DamagedBytesError("a column is missing");
  for (let i = 0; i < rows; i++) numbers[i] = (numbers[i] ?? 0) + base + i;
  return { numbers, counts, means, mins, maxs };
}
