// The samples of one server as they come, as bytes that can only grow: rows of differences to the row before. What the hub holds
// in memory and what its log holds are the same bytes.
import { ByteReader, ByteWriter, DamagedBytesError } from "./bytes.ts";
import { grainByte, grainOf, grainOfByte, nearestCode, valueOf, type Grain } from "./grain.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type { Sample } from "./metrics-store.ts";
import { isMetricName, seriesText } from "./series-name.ts";
import type { Column, Table } from "./table.ts";

const COLUMNS = 1;
const ROW = 2;
const TOP = 3;

/** In a row, in the place of a difference: no value; a value without a code, as float64. All others are shifted by these two. */
const NONE = 0;
const FLOAT = 1;
const SHIFT = 2;

/** Series that one stream may have. */
const MAX_COLUMNS = 1 << 16;

/** Writes one server's stream. */
export class RowStream {
  private readonly out = new ByteWriter(512);
  private readonly grains: Grain[] = [];
  private codes: number[] = [];
  private row: number[] = [];
  private at = 0;
  /** Columns by the metric's name, for the server and for each instance. */
  private readonly own = new Map<string, number>();
  private readonly instances = new Map<string, Map<string, number>>();
  private fresh: { text: string; grain: Grain }[] = [];
  /** Bytes of it that are in the log already. */
  written = 0;
  private refused = 0;

  get length(): number {
    return this.out.length;
  }

  /** Rounds and adds one sample; returns how many of its values it refused, for their names or for not being finite. */
  add(sample: Sample): number {
    this.refused = 0;
    this.row = this.row.fill(Number.NaN);
    this.collect(this.own, null, null, sample.values);
    for (const { service, index, values } of sample.instances ?? []) {
      const key = `${service}\0${index}`;
      let columns = this.instances.get(key);
      if (columns === undefined) this.instances.set(key, (columns = new Map()));
      this.collect(columns, service, index, values);
    }
    this.writeFreshColumns();
    this.out.byte(ROW);
    this.out.zigzag(sample.at - this.at);
    this.at = sample.at;
    for (let column = 0; column < this.row.length; column++) this.writeValue(column, this.row[column] ?? Number.NaN);
    return this.refused;
  }

  addTop({ at, processes }: TopProcesses): void {
    this.out.byte(TOP);
    this.out.varint(at);
    this.out.text(JSON.stringify(processes));
  }

  /** A copy of what was written from byte `start` on. */
  bytes(start = 0): Uint8Array<ArrayBuffer> {
    return this.out.slice(start);
  }

  private collect(
    columns: Map<string, number>,
    service: string | null,
    index: number | null,
    values: Readonly<Record<string, number>>,
  ): void {
    for (const metric of Object.keys(values)) {
      const value = values[metric] ?? Number.NaN;
      let column = columns.get(metric);
      if (!Number.isFinite(value) || (column === undefined && !isMetricName(metric))) {
        this.refused += 1;
        continue;
      }
      if (column === undefined) {
        column = this.row.length;
        const grain = grainOf(metric);
        columns.set(metric, column);
        this.grains.push(grain);
        this.codes.push(0);
        this.row.push(Number.NaN);
        this.fresh.push({ text: seriesText({ service, index, metric }), grain });
      }
      this.row[column] = value;
    }
  }

  private writeFreshColumns(): void {
    if (this.fresh.length === 0) return;
    this.out.byte(COLUMNS);
    this.out.varint(this.fresh.length);
    for (const { text, grain } of this.fresh) {
      this.out.byte(grainByte(grain));
      this.out.text(text);
    }
    this.fresh = [];
  }

  private writeValue(column: number, value: number): void {
    if (Number.isNaN(value)) {
      this.out.byte(NONE);
      return;
    }
    const code = nearestCode(value, this.grains[column] ?? grainOf(""));
    if (Number.isNaN(code)) {
      this.out.byte(FLOAT);
      this.out.float64(value);
      return;
    }
    const difference = code - (this.codes[column] ?? 0);
    this.codes[column] = code;
    this.out.varint((difference >= 0 ? difference * 2 : -difference * 2 - 1) + SHIFT);
  }
}

/** What a stream holds; `damaged` when it ended before its end. */
export interface StreamContent {
  table: Table<string>;
  tops: TopProcesses[];
  damaged: boolean;
}

interface Reading {
  grain: Grain;
  code: number;
  /** Undefined when nobody wants it. */
  values: number[] | undefined;
}

/** Reads a stream, or of its series those that are wanted. Never throws: what can be read up to a damaged place counts. */
export function readStream(bytes: Uint8Array, wants: (text: string) => boolean = () => true): StreamContent {
  const reader = new ByteReader(bytes);
  const columns: Reading[] = [];
  const texts: string[] = [];
  const times: number[] = [];
  const tops: TopProcesses[] = [];
  let damaged = false;
  let at = 0;
  try {
    while (!reader.done) {
      const kind = reader.byte();
      if (kind === ROW) {
        at += reader.zigzag();
        readRow(reader, columns, times.length);
        times.push(at);
      } else if (kind === COLUMNS) readColumns(reader, columns, texts, wants);
      else if (kind === TOP) tops.push({ at: reader.varint(), processes: JSON.parse(reader.text()) });
      else throw new DamagedBytesError("a record's kind is not known");
    }
  } catch {
    // Of a stream that is cut off the rows before are whole.
    damaged = true;
  }
  return { table: tableOf(times, columns, texts), tops, damaged };
}

function readColumns(reader: ByteReader, columns: Reading[], texts: string[], wants: (text: string) => boolean): void {
  const count = reader.varint();
  if (columns.length + count > MAX_COLUMNS) throw new DamagedBytesError("there are too many series");
  for (let i = 0; i < count; i++) {
    const grain = grainOfByte(reader.byte());
    if (grain === undefined) throw new DamagedBytesError("a grain is not known");
    const text = reader.text();
    columns.push({ grain, code: 0, values: wants(text) ? [] : undefined });
    texts.push(text);
  }
}

function readRow(reader: ByteReader, columns: Reading[], row: number): void {
  for (const column of columns) {
    const token = reader.varint();
    if (token === NONE) continue;
    let value: number;
    if (token === FLOAT) value = reader.float64();
    else {
      const zigzag = token - SHIFT;
      column.code += zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      if (column.values === undefined) continue;
      value = valueOf(column.code, column.grain);
    }
    const { values } = column;
    if (values === undefined) continue;
    while (values.length < row) values.push(Number.NaN);
    values[row] = value;
  }
}

function tableOf(times: number[], readings: Reading[], texts: string[]): Table<string> {
  const columns = new Map<string, Column>();
  for (const [index, { values, grain }] of readings.entries()) {
    if (values === undefined || values.length === 0) continue;
    const filled = new Float64Array(times.length).fill(Number.NaN);
    filled.set(values.slice(0, times.length));
    columns.set(texts[index] ?? "", { values: filled, grain });
  }
  return { times: Float64Array.from(times), columns };
}
