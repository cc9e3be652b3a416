// From log files to parts, from parts to sealed hours and rollups. Each step is one transaction and may be repeated: a sample
// counts once, however often it is taken in.
import { zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { HOUR, MINUTE } from "../../base/units.ts";
import { DamagedBytesError } from "./bytes.ts";
import { encodeChunk } from "./chunk.ts";
import {
  hourKey,
  hourOf,
  hourOfKey,
  rollupKey,
  type Hours,
  type HourRow,
  type LevelName,
  type PartRow,
} from "./hours.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import { encodeBuckets, LEVELS, replaceBuckets, rollUp } from "./rollup.ts";
import { readStream } from "./row-stream.ts";
import type { Segment } from "./segment-file.ts";
import { countSamples, cutTable, mergeTables, type Column, type Table } from "./table.ts";

/** After the end of an hour, what is under way still comes. */
const GRACE = 2 * MINUTE;
/** Servers take turns within this time, so that a thousand hours are not sealed in the same minute. */
const STAGGER = 40 * MINUTE;
/** An hour with so many parts is sealed before its end, so that reading it stays quick. */
const MANY_PARTS = 24;

/** Takes the streams of a log file into the database. */
export function takeIn(hours: Hours, segment: Segment, forget: (server: string) => void): void {
  hours.transaction(() => {
    for (const server of segment.forgotten) forget(server);
    for (const [server, bytes] of segment.streams) takeInStream(hours, hours.servers.numberOf(server), bytes);
  });
}

function takeInStream(hours: Hours, server: number, bytes: Uint8Array): void {
  const { table, tops } = readStream(bytes);
  const numbered = numberColumns(hours, table);
  const wanted = new Set([...table.times, ...tops.map(({ at }) => at)].map(hourOf));
  for (const hour of [...wanted].sort((a, b) => a - b)) {
    const [from, to] = [hour * HOUR, (hour + 1) * HOUR];
    const cut = mergeTables([cutTable(numbered, from, to)]);
    const lists = tops.filter(({ at }) => at >= from && at < to);
    const key = hourKey(hour, server);
    hours.putPart(key, {
      samples: countSamples(cut),
      top: lists.length === 0 ? null : JSON.stringify(lists),
      body: encodeChunk(cut, "runs"),
    });
    hours.pending.set(key, (hours.pending.get(key) ?? 0) + 1);
  }
}

function numberColumns(hours: Hours, table: Table<string>): Table<number> {
  const columns = new Map<number, Column>();
  for (const [text, column] of table.columns) columns.set(hours.labels.numberOf(text), column);
  return { times: table.times, columns };
}

/** When a pending hour is to be sealed, Unix milliseconds; 0 = at once. */
export function sealingTime(key: number, parts: number): number {
  if (parts >= MANY_PARTS) return 0;
  const { hour, server } = hourOfKey(key);
  const turn = (Math.imul(server, 0x9e_37_79_b1) >>> 0) / 2 ** 32;
  return (hour + 1) * HOUR + GRACE + turn * STAGGER;
}

/** Makes of an hour and its parts one sealed hour, and brings the rollups up to date. */
export function seal(hours: Hours, key: number): void {
  const { hour, server } = hourOfKey(key);
  const row = hours.hour(key);
  const parts = hours.parts(key);
  const sources = [...(row === undefined ? [] : [row]), ...parts];
  const tables = sources.flatMap(({ body }) => hours.read(() => hours.chunk(body)?.table(hours.grainOf)) ?? []);
  const merged = mergeTables(tables);
  hours.transaction(() => {
    const sealed = {
      samples: countSamples(merged),
      top: mergeTops(hours, row, parts),
      body: encodeChunk(merged, "zstd"),
    };
    hours.putHour(key, sealed);
    hours.dropParts(key);
    for (const [label, column] of merged.columns) {
      for (const level of ["fine", "coarse"] as const)
        updateRollup(hours, level, { hour, server, label }, merged.times, column);
    }
  });
  hours.pending.delete(key);
}

function updateRollup(
  hours: Hours,
  level: LevelName,
  { hour, server, label }: { hour: number; server: number; label: number },
  times: Float64Array,
  { values, grain }: Column,
): void {
  const { bucket, period: length } = LEVELS[level];
  const period = Math.floor((hour * HOUR) / length);
  const base = (period * length) / bucket;
  const fresh = rollUp(times, values, bucket, grain);
  const kept = hours.buckets(level, period, label, server);
  const [from, to] = [(hour * HOUR) / bucket, ((hour + 1) * HOUR) / bucket];
  const buckets = kept === undefined ? fresh : replaceBuckets(kept, fresh, from, to);
  hours.putBuckets(level, rollupKey(period, label, server), encodeBuckets(buckets, base, grain));
}

/** All lists of an hour, each time once. */
export function topLists(hours: Hours, row: HourRow | undefined, parts: readonly PartRow[]): TopProcesses[] {
  const packed = row?.top;
  const sealed = packed ? (hours.read(() => unpackTops(packed)) ?? []) : [];
  const lists = [...sealed, ...parts.flatMap(({ top }) => (top === null ? [] : (JSON.parse(top) as TopProcesses[])))];
  const seen = new Set<number>();
  return lists.filter(({ at }) => !seen.has(at) && seen.add(at)).sort((a, b) => a.at - b.at);
}

function mergeTops(hours: Hours, row: HourRow | undefined, parts: readonly PartRow[]): Uint8Array | null {
  const lists = topLists(hours, row, parts);
  return lists.length === 0 ? null : zstdCompressSync(JSON.stringify(lists));
}

/** Lists of an hour are at most so long. */
const MAX_TOPS = 16 << 20;

function unpackTops(packed: Uint8Array): TopProcesses[] {
  try {
    return JSON.parse(zstdDecompressSync(packed, { maxOutputLength: MAX_TOPS }).toString()) as TopProcesses[];
  } catch (error) {
    throw new DamagedBytesError("lists of processes cannot be read", { cause: error });
  }
}
