// From series with times of their own to columns that a chart can draw, and what is said of them in words. Pure.

/** One line of a chart. Times are Unix milliseconds, oldest first; null is a gap. */
export interface Line {
  /** Stable; names its colour's place. */
  key: string;
  label: string;
  points: readonly (readonly [time: number, value: number | null])[];
  /** Smallest and largest sample of each point, where points stand for several. */
  min?: readonly number[];
  max?: readonly number[];
}

/** The line of a series; without points where there is none. */
export function lineOf(key: string, label: string, series: Omit<Line, "key" | "label"> | undefined): Line {
  const { points = [], min, max } = series ?? {};
  return { key, label, points, ...(min && { min }), ...(max && { max }) };
}

/** One time axis in Unix seconds, and a column for each line. */
export interface Columns {
  times: number[];
  values: (number | null)[][];
  /** Of a line that is alone: its largest and its smallest samples. */
  band?: [most: (number | null)[], least: (number | null)[]];
}

/** Two points further apart than this many steps have a gap between them. */
const GAP_STEPS = 2.5;

/**
 * Puts all lines on one axis. `step` is the seconds between two points: where a line has none for longer, its line is broken
 * instead of drawn across.
 */
export function align(lines: readonly Line[], step: number): Columns {
  const gap = Math.max(1, step) * 1000 * GAP_STEPS;
  const filled = [...lines, ...edgesOf(lines)].map(({ points }) => withGaps(points, gap));
  const times = [...new Set(filled.flatMap((points) => points.map(([time]) => time)))].sort((a, b) => a - b);
  const place = new Map(times.map((time, index) => [time, index]));
  const columns = filled.map((points) => {
    // undefined is "no point of this line here, draw on"; null is a gap: uPlot keeps them apart.
    const column = Array.from<number | null | undefined>({ length: times.length });
    for (const [time, value] of points) column[place.get(time) ?? 0] = value;
    return column as (number | null)[];
  });
  const values = columns.slice(0, lines.length);
  const [most, least] = columns.slice(lines.length);
  return { times: times.map((time) => time / 1000), values, ...(most && least && { band: [most, least] }) };
}

/** Largest and smallest samples as lines of their own, where one line is alone: bands of several would hide one another. */
function edgesOf([line, ...others]: readonly Line[]): Pick<Line, "points">[] {
  if (line?.min === undefined || line.max === undefined || others.length > 0) return [];
  return [line.max, line.min].map((edge) => ({
    points: line.points.map(([time, value], place) => [time, edge[place] ?? value] as const),
  }));
}

function withGaps(points: Line["points"], gap: number): Line["points"] {
  const filled: (readonly [number, number | null])[] = [];
  let last: number | undefined;
  for (const point of points) {
    if (last !== undefined && point[0] - last > gap) filled.push([last + 1, null]);
    filled.push(point);
    last = point[0];
  }
  return filled;
}

/** What is said of a line. */
export interface LineSummary {
  last: number | null;
  least: number | null;
  mean: number | null;
  most: number | null;
}

export function summarize({ points, min, max }: Omit<Line, "key" | "label">): LineSummary {
  let least: number | null = null;
  let most: number | null = null;
  let total = 0;
  let count = 0;
  for (const [place, [, value]] of points.entries()) {
    if (value === null) continue;
    least = Math.min(least ?? value, min?.[place] ?? value);
    most = Math.max(most ?? value, max?.[place] ?? value);
    total += value;
    count++;
  }
  return { last: points.at(-1)?.[1] ?? null, least, most, mean: count === 0 ? null : total / count };
}

/** "last 6.2 %, between 0.4 % and 31 %, 5.8 % on average". */
export function describeLine(line: Omit<Line, "key" | "label">, format: (value: number | null) => string): string {
  const { last, least, most, mean } = summarize(line);
  if (least === null) return "no values";
  return `last ${format(last)}, between ${format(least)} and ${format(most)}, ${format(mean)} on average`;
}

/** At most `rows` of the places of an axis, evenly spread, newest first. */
export function thinnedPlaces(length: number, rows: number): number[] {
  const step = Math.max(1, length / rows);
  const places: number[] = [];
  for (let place = length - 1; place >= 0; place -= step) places.push(Math.round(place));
  return places;
}

/** The value of a column at a place, or the last one before it within the same stretch. */
export function valueAt(column: readonly (number | null | undefined)[] | undefined, place: number): number | null {
  return column?.slice(0, place + 1).findLast((value) => value !== undefined) ?? null;
}
