// Answers a query from the database and from what is not in it yet: rollups where they are whole, raw samples elsewhere.
import { HOUR } from "../../base/units.ts";
import { Accumulator, combine, type Combined } from "./accumulator.ts";
import { hourKey, hourOf, type Hours, type LevelName } from "./hours.ts";
import { UnavailableError } from "./metrics-database.ts";
import type { MetricsQuery, SeriesName } from "./metrics-store.ts";
import type { Plan } from "./query-plan.ts";
import { LEVELS } from "./rollup.ts";
import { readStream } from "./row-stream.ts";
import { seriesMatcher, seriesOfText } from "./series-name.ts";
import { cutTable, mergeTables, type Column, type Table } from "./table.ts";

/** What the process is asked: the query, its plan, and the streams that only the log has, by server. */
export interface Question {
  query: Pick<MetricsQuery, "servers" | "services" | "metrics" | "aggregate">;
  plan: Plan;
  tails: Map<string, Uint8Array[]>;
}

/** One series of the answer, a value for each bucket of the plan, NaN where there is none. */
export interface AnsweredSeries extends SeriesName, Combined {
  server_id: string | null;
}

/** A server's number is as good as its scan above so many servers: one range of keys instead of a look-up each. */
const SCAN_FROM = 16;

/** Buckets of all series together that one query may need: some 200 MB while it is answered. */
const MAX_CELLS = 8_000_000;

interface Asked {
  name: string;
  /** Undefined while it is only in the log. */
  number: number | undefined;
  tail: Table<string>;
  /** Hours whose samples are not all in rollups. */
  rawHours: Set<number>;
  found: Map<string, Accumulator>;
  /** Shared by all: buckets that may still be made. */
  room: { cells: number };
}

/** Answers; series by metric, service, index, server. */
export function answer(hours: Hours, { query, plan, tails }: Question): AnsweredSeries[] {
  const matches = seriesMatcher(query);
  const labels = new Map([...hours.labels.entries()].filter(([text]) => matches(seriesOfText(text))));
  const known = new Map<string, boolean>();
  // Thousands of streams have the same names.
  const wants = (text: string): boolean => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const wanted = matches(seriesOfText(text));
    known.set(text, wanted);
    return wanted;
  };
  const span = { from: plan.first * plan.step, to: (plan.first + plan.count) * plan.step };
  const room = { cells: MAX_CELLS };
  const asked = [...new Set(query.servers)].map((name) => {
    const streams = tails.get(name) ?? [];
    return { ...ask(hours, name, streams, wants, plan, span), found: new Map<string, Accumulator>(), room };
  });
  for (const server of asked) addRaw(hours, server, labels, plan, span);
  if (plan.resolution !== "raw") addRollups(hours, plan.resolution, asked, labels, plan, span);
  return order(query.aggregate === "none" ? each(asked) : together(asked, query.aggregate, plan.count));
}

interface Span {
  from: number;
  to: number;
}

function ask(
  hours: Hours,
  name: string,
  streams: Uint8Array[],
  wants: (text: string) => boolean,
  { resolution }: Plan,
  span: Span,
): Pick<Asked, "name" | "number" | "tail" | "rawHours"> {
  const tail = cutTable(mergeTables(streams.map((bytes) => readStream(bytes, wants).table)), span.from, span.to);
  const number = hours.servers.find(name);
  const [first, last] = [hourOf(span.from), hourOf(span.to - 1)];
  const rawHours = new Set<number>();
  for (const at of tail.times) rawHours.add(hourOf(at));
  if (resolution === "raw") for (let hour = first; hour <= last; hour++) rawHours.add(hour);
  else if (number !== undefined) {
    for (const hour of hours.pendingHours(number)) if (hour >= first && hour <= last) rawHours.add(hour);
  }
  return { name, number, tail, rawHours };
}

function accumulatorOf({ found, room }: Asked, text: string, count: number): Accumulator {
  const known = found.get(text);
  if (known !== undefined) return known;
  room.cells -= count;
  if (room.cells < 0) {
    throw new UnavailableError(
      "refused",
      `Cannot answer the query: it needs more than ${MAX_CELLS} points; ask for fewer servers or metrics, or for a larger step`,
    );
  }
  const accumulator = new Accumulator(count);
  found.set(text, accumulator);
  return accumulator;
}

function addRaw(hours: Hours, server: Asked, labels: Map<string, number>, plan: Plan, span: Span): void {
  for (const hour of server.rawHours) {
    const tables = server.number === undefined ? [] : storedTables(hours, hourKey(hour, server.number), labels);
    if (server.tail.times.length > 0) tables.push(cutTable(server.tail, hour * HOUR, (hour + 1) * HOUR));
    const { times, columns } = mergeTables(tables.filter(({ columns }) => columns.size > 0));
    const inside = (hour + 1) * HOUR > span.to || hour * HOUR < span.from;
    for (const [text, { values }] of columns) {
      accumulatorOf(server, text, plan.count).addSamples(times, values, plan, inside);
    }
  }
}

function storedTables(hours: Hours, key: number, labels: Map<string, number>): Table<string>[] {
  return hours.bodies(key).flatMap((body) => hours.read(() => readLabels(hours, body, labels)) ?? []);
}

function readLabels(hours: Hours, body: Uint8Array, labels: Map<string, number>): Table<string> | undefined {
  const chunk = hours.chunk(body);
  if (chunk === undefined) return undefined;
  const columns = new Map<string, Column>();
  for (const [text, label] of labels) {
    const values = chunk.column(label);
    if (values !== undefined) columns.set(text, { values, grain: hours.grainOf(label) });
  }
  return { times: columns.size === 0 ? new Float64Array() : chunk.times(), columns };
}

function addRollups(
  hours: Hours,
  level: LevelName,
  asked: Asked[],
  labels: Map<string, number>,
  plan: Plan,
  span: Span,
): void {
  const { bucket, period: length } = LEVELS[level];
  const byNumber = new Map(asked.flatMap((server) => (server.number === undefined ? [] : [[server.number, server]])));
  const last = Math.floor((span.to - 1) / length);
  for (let period = Math.floor(span.from / length); period <= last; period++) {
    for (const [text, label] of labels) {
      for (const { server, buckets } of rollups(hours, level, period, label, byNumber)) {
        accumulatorOf(server, text, plan.count).addBuckets(buckets, bucket, plan, server.rawHours);
      }
    }
  }
}

function* rollups(
  hours: Hours,
  level: LevelName,
  period: number,
  label: number,
  asked: Map<number, Asked>,
): Iterable<{ server: Asked; buckets: NonNullable<ReturnType<Hours["buckets"]>> }> {
  if (asked.size < SCAN_FROM) {
    for (const [number, server] of asked) {
      const buckets = hours.buckets(level, period, label, number);
      if (buckets !== undefined) yield { server, buckets };
    }
    return;
  }
  for (const { server: number, buckets } of hours.bucketsOfAll(level, period, label)) {
    const server = asked.get(number);
    if (server !== undefined) yield { server, buckets };
  }
}

function each(asked: Asked[]): AnsweredSeries[] {
  return asked.flatMap(({ name, found }) =>
    [...found].flatMap(([text, accumulator]) =>
      accumulator.isEmpty ? [] : [{ server_id: name, ...seriesOfText(text), ...accumulator.finish() }],
    ),
  );
}

function together(
  asked: Asked[],
  aggregate: Exclude<MetricsQuery["aggregate"], "none">,
  count: number,
): AnsweredSeries[] {
  const texts = new Set(asked.flatMap(({ found }) => [...found.keys()]));
  return [...texts].flatMap((text) => {
    const all = asked.flatMap(({ found }) => found.get(text) ?? []).filter((accumulator) => !accumulator.isEmpty);
    if (all.length === 0) return [];
    return [{ server_id: null, ...seriesOfText(text), ...combine(all, aggregate, count) }];
  });
}

function order(series: AnsweredSeries[]): AnsweredSeries[] {
  const key = ({ metric, service, server_id }: AnsweredSeries): string =>
    `${metric}\0${service ?? ""}\0${server_id ?? ""}`;
  return series
    .map((each) => ({ each, key: key(each) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : (a.each.index ?? 0) - (b.each.index ?? 0)))
    .map(({ each }) => each);
}
