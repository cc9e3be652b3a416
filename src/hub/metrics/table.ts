// Samples of one server as a table: a row for each time, a column for each series. Several tables of the same server become one,
// in which each (series, time) counts once.
import type { Grain } from "./grain.ts";

/** Values of one series, one for each row; NaN where it has none. */
export interface Column {
  values: Float64Array;
  grain: Grain;
}

/** `times` in Unix milliseconds. K is how a series is called: by its text, or by its number in a database. */
export interface Table<K> {
  times: Float64Array;
  columns: Map<K, Column>;
}

/** One table of all, times ascending. Of two values for the same series and time the one of the earlier table, or row, counts. */
export function mergeTables<K>(tables: readonly Table<K>[]): Table<K> {
  const [only] = tables;
  if (only !== undefined && tables.length === 1 && isAscending(only.times)) return only;
  const { times, places } = rowsOf(tables);
  const columns = new Map<K, Column>();
  for (const [index, table] of tables.entries()) {
    const place = places[index] ?? new Int32Array();
    for (const [key, column] of table.columns) {
      const merged = columns.get(key) ?? {
        values: new Float64Array(times.length).fill(Number.NaN),
        grain: column.grain,
      };
      columns.set(key, merged);
      for (let row = 0; row < place.length; row++) {
        const at = place[row] ?? 0;
        if (Number.isNaN(merged.values[at])) merged.values[at] = column.values[row] ?? Number.NaN;
      }
    }
  }
  return { times, columns };
}

/** The table's rows from `from` up to before `to`; the table itself when that is all. */
export function cutTable<K>(table: Table<K>, from: number, to: number): Table<K> {
  const rows: number[] = [];
  for (const [row, at] of table.times.entries()) if (at >= from && at < to) rows.push(row);
  if (rows.length === table.times.length) return table;
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
  const columns = new Map<K, Column>();
  for (const [key, { values, grain }] of table.columns) {
    const picked = pick(values);
    if (!picked.every(Number.isNaN)) columns.set(key, { values: picked, grain });
  }
  return { times: pick(table.times), columns };
}

/** How many values it holds. */
export function countSamples(table: Table<unknown>): number {
  let count = 0;
  for (const { values } of table.columns.values()) for (const value of values) if (!Number.isNaN(value)) count += 1;
  return count;
}

/** All times that occur, ascending, and for each table which of them its rows are. */
function rowsOf(tables: readonly Table<unknown>[]): { times: Float64Array; places: Int32Array[] } {
  const all = Float64Array.from(tables.flatMap(({ times }) => [...times])).sort();
  const times = all.filter((at, index) => index === 0 || at !== all[index - 1]);
  const place = new Map<number, number>();
  for (const [index, at] of times.entries()) place.set(at, index);
  return { times, places: tables.map((table) => Int32Array.from(table.times, (at) => place.get(at) ?? 0)) };
}

function isAscending(times: Float64Array): boolean {
  for (let i = 1; i < times.length; i++) if ((times[i] ?? 0) <= (times[i - 1] ?? 0)) return false;
  return true;
}
