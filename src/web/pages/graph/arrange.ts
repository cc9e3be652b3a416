// The order of slots within the layers of a graph, and how far along each stands: few crossings, straight lines. Changes the rows it is
// given, and nothing else.

/** A place in a layer: of a box, or of a line on its way to a later layer. */
export interface Slot {
  name: string | null;
  layer: number;
  before: Slot[];
  after: Slot[];
  /** Middle, across the layers. */
  at: number;
}

/** Rounds of ordering and of placing; more change nothing that could be seen. */
const ROUNDS = 8;
/** Sorts each layer by where its neighbours stand, to and fro; the best order of all rounds stays. */
export function orderRows(rows: Slot[][]): void {
  let best = rows.map((row) => [...row]);
  let least = crossings(rows);
  for (let round = 0; round < ROUNDS && least > 0; round += 1) {
    const forward = round % 2 === 0;
    for (const row of forward ? rows : rows.toReversed()) {
      const places = placesOf(rows);
      const wish = new Map(row.map((slot) => [slot, mean(forward ? slot.before : slot.after, places)]));
      // One with no neighbour there keeps its place.
      const wished = (slot: Slot): number => wish.get(slot) ?? places.get(slot) ?? 0;
      row.sort((a, b) => wished(a) - wished(b));
    }
    const count = crossings(rows);
    if (count >= least) continue;
    least = count;
    best = rows.map((row) => [...row]);
  }
  for (const [index, row] of best.entries()) rows[index] = row;
}

function placesOf(rows: readonly Slot[][]): Map<Slot, number> {
  return new Map(rows.flatMap((row) => row.map((slot, place) => [slot, place] as const)));
}

function mean(slots: readonly Slot[], places: ReadonlyMap<Slot, number>): number | undefined {
  if (slots.length === 0) return undefined;
  return slots.reduce((sum, slot) => sum + (places.get(slot) ?? 0), 0) / slots.length;
}

function crossings(rows: readonly Slot[][]): number {
  const places = placesOf(rows);
  const ends = (row: Slot[]): [number, number][] =>
    row.flatMap((slot, place) => slot.after.map((next): [number, number] => [place, places.get(next) ?? 0]));
  return rows.reduce((sum, row) => sum + crossingsOf(ends(row)), 0);
}

/** Moves each slot towards the middle of its neighbours, as near as those beside it allow. */
export function placeRows(rows: readonly Slot[][], room: (slot: Slot) => number): void {
  const apart = (row: readonly Slot[]): number[] =>
    row.map((slot, index) => {
      const before = row[index - 1];
      return before === undefined ? 0 : (room(before) + room(slot)) / 2;
    });
  for (const row of rows) {
    const places = spread(
      Array.from(row, () => 0),
      apart(row),
    );
    for (const [index, slot] of row.entries()) slot.at = places[index] ?? 0;
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const row of round % 2 === 0 ? rows : rows.toReversed()) {
      const wished = row.map((slot) => {
        const near = [...slot.before, ...slot.after];
        return near.length === 0 ? slot.at : near.reduce((sum, { at }) => sum + at, 0) / near.length;
      });
      const places = spread(wished, apart(row));
      for (const [index, slot] of row.entries()) slot.at = places[index] ?? 0;
    }
  }
}

/** How many lines cross between two neighbouring layers, by the places of their ends. */
export function crossingsOf(ends: readonly (readonly [number, number])[]): number {
  const sorted = ends.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]);
  const seen: number[] = [];
  let count = 0;
  for (const [, end] of sorted) {
    const place = firstAbove(seen, end);
    count += seen.length - place;
    seen.splice(place, 0, end);
  }
  return count;
}

/**
 * The places nearest to what is wished (least squares) in which each stands at least `apart[i]` after the one before it;
 * `apart[0]` says nothing.
 */
export function spread(wished: readonly number[], apart: readonly number[]): number[] {
  let offset = 0;
  const offsets = wished.map((_, index) => (index === 0 ? 0 : (offset += apart[index] ?? 0)));
  // Neighbours that would stand too near move together: pool adjacent violators.
  const pools: { sum: number; count: number }[] = [];
  for (const [index, wish] of wished.entries()) {
    let pool = { sum: wish - (offsets[index] ?? 0), count: 1 };
    for (let before = pools.at(-1); before !== undefined && meanOf(before) > meanOf(pool); before = pools.at(-1)) {
      pools.pop();
      pool = { sum: before.sum + pool.sum, count: before.count + pool.count };
    }
    pools.push(pool);
  }
  const places = pools.flatMap((pool) => Array.from({ length: pool.count }, () => meanOf(pool)));
  return places.map((place, index) => place + (offsets[index] ?? 0));
}

const meanOf = ({ sum, count }: { sum: number; count: number }): number => sum / count;

function firstAbove(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? Infinity) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
