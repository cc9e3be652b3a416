// Two series on one time axis, and what is said of them in words. Pure.

/** Columns of equal length: Unix seconds, percent of a core, bytes; null where nothing ran. */
export interface Series {
  times: number[];
  cpu: (number | null)[];
  memory: (number | null)[];
}

export const emptySeries: Series = { times: [], cpu: [], memory: [] };

/** Points kept; older ones make room for live ones. */
const MOST_POINTS = 4000;
/** Live samples closer together than this, in seconds, are one. */
const LIVE_GAP = 0.7;

/** From the hub's answer: times there are Unix milliseconds. */
export function fromPoints(points: readonly (readonly [number, number | null, number | null])[]): Series {
  return {
    times: points.map(([time]) => time / 1000),
    cpu: points.map(([, cpu]) => cpu),
    memory: points.map(([, , memory]) => memory),
  };
}

/** With one live sample more; the same series when it came too soon after the last one. */
export function addLive(series: Series, time: number, cpu: number | null, memory: number | null): Series {
  const last = series.times.at(-1);
  if (last !== undefined && time - last < LIVE_GAP) return series;
  const from = Math.max(0, series.times.length + 1 - MOST_POINTS);
  return {
    times: [...series.times.slice(from), time],
    cpu: [...series.cpu.slice(from), cpu],
    memory: [...series.memory.slice(from), memory],
  };
}

/** "now 6.2 %, between 0.4 % and 31 %, 5.8 % on average". */
export function describe(values: readonly (number | null)[], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null);
  const last = values.at(-1);
  if (known.length === 0) return "no values";
  let least = Infinity;
  let most = -Infinity;
  let total = 0;
  for (const value of known) {
    least = Math.min(least, value);
    most = Math.max(most, value);
    total += value;
  }
  const now = last === null || last === undefined ? "not running now" : `now ${format(last)}`;
  return `${now}, between ${format(least)} and ${format(most)}, ${format(total / known.length)} on average`;
}

/** At most `rows` of the points, evenly spread, newest first. */
export function thinned(series: Series, rows: number): { time: number; cpu: number | null; memory: number | null }[] {
  const { length } = series.times;
  const step = Math.max(1, length / rows);
  const picked: { time: number; cpu: number | null; memory: number | null }[] = [];
  for (let place = length - 1; place >= 0; place -= step) {
    const index = Math.round(place);
    picked.push({
      time: series.times[index] ?? 0,
      cpu: series.cpu[index] ?? null,
      memory: series.memory[index] ?? null,
    });
  }
  return picked;
}
