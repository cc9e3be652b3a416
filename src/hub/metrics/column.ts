// One column of numbers as bytes: codes of the column's grain, plain or as differences, in varints, by zstd where that pays.
// What comes out is exactly what went in; NaN is a gap.
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { ByteReader, ByteWriter, DamagedBytesError, toZigzag } from "./bytes.ts";
import { grainByte, grainOfByte, MAX_DIGITS, nearestCode, valueOf, type Grain } from "./grain.ts";

/**
 * zstd: smallest, for columns of an hour. runs: repeated differences are counted, for columns that are too short for zstd or
 * rewritten often.
 */
export type Packing = "zstd" | "runs";

const DIFFERENCES = 1;
const RUNS = 2;
const ZSTD = 4;
const GAPS = 8;
/** In the place of a grain: float64 as they are. */
const FLOATS = 32;

/** Rows that a column may have. */
export const MAX_ROWS = 1 << 20;

/** Bytes of a column; values should be rounded to `grain`, but need not be. */
export function encodeColumn(values: Float64Array, grain: Grain, packing: Packing): Uint8Array {
  const present = values.some(Number.isNaN) ? values.filter((value) => !Number.isNaN(value)) : values;
  const coded = toCodes(present, grain);
  const payload = new ByteWriter(values.length * 2 + 16);
  let flags = 0;
  if (present.length !== values.length) {
    flags |= GAPS;
    writeGaps(values, payload);
  }
  if (coded === undefined) {
    for (const value of present) payload.float64(value);
  } else {
    flags |= writeCodes(coded.codes, packing, payload);
  }
  const raw = payload.slice();
  const packed = packing === "zstd" ? shorter(raw) : undefined;
  const out = new ByteWriter((packed ?? raw).length + 8);
  out.byte(packed === undefined ? flags : flags | ZSTD);
  out.byte(coded === undefined ? FLOATS : grainByte(coded.grain));
  if (packed !== undefined) out.varint(raw.length);
  out.bytes(packed ?? raw);
  return out.slice();
}

/** The column of `rows` values; throws `DamagedBytesError`. */
export function decodeColumn(bytes: Uint8Array, rows: number): Float64Array {
  if (rows > MAX_ROWS) throw new DamagedBytesError("a column is too long");
  const head = new ByteReader(bytes);
  const flags = head.byte();
  const grain = head.byte();
  const reader = (flags & ZSTD) === 0 ? head : unpack(head, rows);
  const values = new Float64Array(rows);
  const present = (flags & GAPS) === 0 ? rows : readGaps(reader, values);
  const dense = present === rows ? values : new Float64Array(present);
  if (grain === FLOATS) for (let i = 0; i < present; i++) dense[i] = reader.float64();
  else readCodes(reader, dense, grain, flags);
  if (dense !== values) spread(dense, values);
  return values;
}

/** Codes of the coarsest grain that loses nothing; undefined when only float64 does. */
function toCodes(values: Float64Array, wished: Grain): { codes: Float64Array; grain: Grain } | undefined {
  const tries: Grain[] = [wished, { kind: "decimal", digits: 0 }, { kind: "decimal", digits: 6 }];
  for (const grain of tries) {
    const codes = exactCodes(values, grain);
    if (codes !== undefined) return grain.kind === "decimal" ? coarsest(codes, grain.digits) : { codes, grain };
  }
  return undefined;
}

function exactCodes(values: Float64Array, grain: Grain): Float64Array | undefined {
  if (grain.digits > MAX_DIGITS) return undefined;
  const codes = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    const code = nearestCode(value, grain);
    // Object.is: -0 has no code.
    if (!Object.is(valueOf(code, grain), value)) return undefined;
    codes[i] = code;
  }
  return codes;
}

/** Digits after the point that are zeros everywhere are not kept. */
function coarsest(codes: Float64Array, digits: number): { codes: Float64Array; grain: Grain } {
  let left = digits;
  while (left > 0 && codes.every((code) => code % 10 === 0)) {
    for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] ?? 0) / 10;
    left -= 1;
  }
  return { codes, grain: { kind: "decimal", digits: left } };
}

/** Writes the first code, then differences to the one before or to the first, whichever are smaller; returns flags. */
function writeCodes(codes: Float64Array, packing: Packing, out: ByteWriter): number {
  const first = codes[0] ?? 0;
  let differences = 0;
  let distances = 0;
  let still = 0;
  for (let i = 1; i < codes.length; i++) {
    const difference = (codes[i] ?? 0) - (codes[i - 1] ?? 0);
    if (difference === 0) still += 1;
    differences += bitsOf(difference);
    distances += bitsOf((codes[i] ?? 0) - first);
  }
  const chained = differences <= distances;
  // A lone zero costs a byte more among runs.
  const runs = packing === "runs" && chained && still * 2 > codes.length;
  if (codes.length > 0) out.zigzag(first);
  let run = 0;
  for (let i = 1; i < codes.length; i++) {
    const code = (codes[i] ?? 0) - (chained ? (codes[i - 1] ?? 0) : first);
    if (runs && code === 0) {
      run += 1;
      continue;
    }
    if (run > 0) writeRun(out, run);
    run = 0;
    out.zigzag(code);
  }
  if (run > 0) writeRun(out, run);
  return (chained ? DIFFERENCES : 0) | (runs ? RUNS : 0);
}

function writeRun(out: ByteWriter, length: number): void {
  out.byte(0);
  out.varint(length - 1);
}

function bitsOf(value: number): number {
  return 32 - Math.clz32(Math.min(toZigzag(value), 0xff_ff_ff_ff));
}

function readCodes(reader: ByteReader, into: Float64Array, byte: number, flags: number): void {
  const grain = grainOfByte(byte);
  if (grain === undefined) throw new DamagedBytesError("a column's grain is none");
  if (into.length === 0) return;
  const chained = (flags & DIFFERENCES) !== 0;
  const runs = (flags & RUNS) !== 0;
  const { bytes, end } = reader;
  let base = reader.zigzag();
  into[0] = base;
  for (let i = 1; i < into.length; i++) {
    // Nearly all are of one byte or two: this loop is what queries take longest for.
    const { position } = reader;
    const byte = bytes[position] ?? 0;
    const next = bytes[position + 1] ?? 128;
    let step: number;
    if (byte < 128 && position < end) {
      reader.position = position + 1;
      step = (byte >>> 1) ^ -(byte & 1);
    } else if (next < 128 && position + 1 < end) {
      reader.position = position + 2;
      step = (((byte & 127) | (next << 7)) >>> 1) ^ -(byte & 1);
    } else step = reader.zigzag();
    if (runs && step === 0) {
      const last = i + reader.varint();
      if (last >= into.length) throw new DamagedBytesError("a run is too long");
      into.fill(base, i, last + 1);
      i = last;
      continue;
    }
    const code = base + step;
    into[i] = code;
    if (chained) base = code;
  }
  toValues(into, grain);
}

function toValues(codes: Float64Array, grain: Grain): void {
  if (grain.kind === "decimal") {
    const divisor = 10 ** grain.digits;
    if (divisor > 1) for (let i = 0; i < codes.length; i++) codes[i] = (codes[i] ?? 0) / divisor;
  } else for (let i = 0; i < codes.length; i++) codes[i] = valueOf(codes[i] ?? 0, grain);
}

/** Lengths of what is there and what is not, in turns. */
function writeGaps(values: Float64Array, out: ByteWriter): void {
  let there = true;
  let length = 0;
  for (const value of values) {
    if (Number.isNaN(value) === there) {
      out.varint(length);
      there = !there;
      length = 0;
    }
    length += 1;
  }
  out.varint(length);
}

/** Marks gaps with NaN and returns how many values there are. */
function readGaps(reader: ByteReader, values: Float64Array): number {
  let present = 0;
  let there = true;
  for (let at = 0; at < values.length; there = !there) {
    const length = reader.varint();
    // Only the first may be empty, or a damaged column could go on for ever.
    if (length > values.length - at || (length === 0 && (at > 0 || !there))) {
      throw new DamagedBytesError("a gap is too long");
    }
    if (there) present += length;
    else values.fill(Number.NaN, at, at + length);
    at += length;
  }
  return present;
}

function spread(dense: Float64Array, values: Float64Array): void {
  let next = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isNaN(values[i])) values[i] = dense[next++] ?? Number.NaN;
}

const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };
/** What zstd must save to be worth unpacking it at each read. */
const WORTH = 0.96;

function shorter(raw: Uint8Array): Uint8Array | undefined {
  if (raw.length < 24) return undefined;
  const packed = zstdCompressSync(raw, LEVEL);
  return packed.length < raw.length * WORTH ? packed : undefined;
}

function unpack(head: ByteReader, rows: number): ByteReader {
  const length = head.varint();
  if (length === 0 || length > rows * 9 + 64) throw new DamagedBytesError("a packed column is too long");
  const packed = head.take(head.end - head.position);
  try {
    return new ByteReader(zstdDecompressSync(packed, { maxOutputLength: length, chunkSize: Math.max(64, length) }));
  } catch (error) {
    throw new DamagedBytesError("a packed column cannot be unpacked", { cause: error });
  }
}
