// A table of one server as one blob: times once, then a column for each series, each readable without the others.
import { crc32 } from "node:zlib";
import { ByteReader, ByteWriter, DamagedBytesError } from "./bytes.ts";
import { decodeColumn, encodeColumn, MAX_ROWS, type Packing } from "./column.ts";
import type { Column, Table } from "./table.ts";

const FORMAT = 1;
/** Milliseconds, whole ones. */
const TIME = { kind: "decimal", digits: 0 } as const;
/** Columns that a chunk may have. */
const MAX_COLUMNS = 1 << 20;

/** The blob; series are called by their numbers in the database. Times must ascend. */
export function encodeChunk(table: Table<number>, packing: Packing): Uint8Array {
  const body = new ByteWriter(4096);
  const rows = table.times.length;
  const first = table.times[0] ?? 0;
  // Without zstd: it saves little there, and each query reads the times of each hour.
  const times = encodeColumn(steadied(table.times), TIME, "runs");
  body.byte(FORMAT);
  body.varint(rows);
  body.varint(first);
  body.varint(times.length);
  const columns = [...table.columns].sort(([a], [b]) => a - b);
  body.varint(columns.length);
  const sections = columns.map(([, { values, grain }]) => encodeColumn(values, grain, packing));
  let last = 0;
  for (const [index, [label]] of columns.entries()) {
    body.varint(label - last);
    body.varint(sections[index]?.length ?? 0);
    last = label;
  }
  body.bytes(times);
  for (const section of sections) body.bytes(section);
  const bytes = body.slice();
  const out = new ByteWriter(bytes.length + 4);
  out.uint32(crc32(bytes));
  out.bytes(bytes);
  return out.slice();
}

/** An opened chunk; its columns are decoded when asked for. */
export class Chunk {
  readonly rows: number;
  readonly labels: number[] = [];
  private readonly bytes: Uint8Array;
  private readonly first: number;
  private readonly timesLength: number;
  private readonly sections = new Map<number, { start: number; length: number }>();
  private readonly start: number;

  /** Throws `DamagedBytesError` unless it is whole. */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes);
    if (reader.uint32() !== crc32(bytes.subarray(4))) throw new DamagedBytesError("the checksum does not fit");
    if (reader.byte() !== FORMAT) throw new DamagedBytesError("the format is not known");
    this.bytes = bytes;
    this.rows = reader.varint();
    this.first = reader.varint();
    this.timesLength = reader.varint();
    const count = reader.varint();
    if (this.rows > MAX_ROWS || count > MAX_COLUMNS) throw new DamagedBytesError("it is too large");
    let label = 0;
    let start = this.timesLength;
    for (let i = 0; i < count; i++) {
      label += reader.varint();
      const length = reader.varint();
      this.labels.push(label);
      this.sections.set(label, { start, length });
      start += length;
    }
    this.start = reader.position;
    if (this.start + start > bytes.length) throw new DamagedBytesError("the end is missing");
  }

  times(): Float64Array {
    const steps = decodeColumn(this.bytes.subarray(this.start, this.start + this.timesLength), this.rows);
    let step = 0;
    let at = this.first;
    for (let i = 0; i < steps.length; i++) {
      step += steps[i] ?? 0;
      at += step;
      steps[i] = at;
    }
    return steps;
  }

  /** Undefined when the series is not in it. */
  column(label: number): Float64Array | undefined {
    const section = this.sections.get(label);
    if (section === undefined) return undefined;
    const start = this.start + section.start;
    return decodeColumn(this.bytes.subarray(start, start + section.length), this.rows);
  }

  /** The whole table, or of these series only. */
  table(grainOf: (label: number) => Column["grain"], labels: Iterable<number> = this.labels): Table<number> {
    const columns = new Map<number, Column>();
    for (const label of labels) {
      const values = this.column(label);
      if (values !== undefined) columns.set(label, { values, grain: grainOf(label) });
    }
    return { times: columns.size === 0 ? new Float64Array() : this.times(), columns };
  }
}

/** How much each step in time differs from the one before: nearly nothing for a steady heartbeat. */
function steadied(times: Float64Array): Float64Array {
  const out = new Float64Array(times.length);
  let step = 0;
  for (let i = 1; i < times.length; i++) {
    const next = (times[i] ?? 0) - (times[i - 1] ?? 0);
    out[i] = next - step;
    step = next;
  }
  return out;
}
