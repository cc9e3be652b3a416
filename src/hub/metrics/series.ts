// CPU and memory of each instance since its start, in memory and bounded: when a series is full, every second point goes and the
// step between points doubles, so a screenful covers an hour or a month.

/** Points that a series holds at most. */
export const MAX_POINTS = 720;
const FIRST_CAPACITY = 32;
/** Numbers of a point: time in seconds after the first one, CPU in percent, memory in KiB (float32 counts those exactly up to 16 GiB). */
const WIDTH = 3;

/** Unix milliseconds, percent of a core, bytes; null where the agent could not tell. */
export type Point = [at: number, cpu: number | null, memory: number | null];

/** The series of one process's life. */
export class Series {
  /** Samples that become one point. */
  private stride = 1;
  private skipped = 0;
  private start = 0;
  private length = 0;
  private values = new Float32Array(FIRST_CAPACITY * WIDTH);

  add(at: number, cpu: number | null, memory: number | null): void {
    if (this.length > 0 && this.skipped + 1 < this.stride) {
      this.skipped += 1;
      return;
    }
    this.skipped = 0;
    if (this.length === MAX_POINTS) this.thin();
    if (this.length === 0) this.start = at;
    const offset = this.length * WIDTH;
    if (offset === this.values.length) this.grow();
    this.values[offset] = (at - this.start) / 1000;
    this.values[offset + 1] = cpu ?? Number.NaN;
    this.values[offset + 2] = memory === null ? Number.NaN : memory / 1024;
    this.length += 1;
  }

  /** Oldest first. */
  points(): Point[] {
    return Array.from({ length: this.length }, (_, index) => {
      const offset = index * WIDTH;
      const at = Math.round(this.start + (this.values[offset] ?? 0) * 1000);
      const memory = valueOf(this.values[offset + 2]);
      return [at, round(valueOf(this.values[offset + 1])), memory === null ? null : Math.round(memory * 1024)];
    });
  }

  /** Samples per point. */
  get step(): number {
    return this.stride;
  }

  private thin(): void {
    const half = this.length / 2;
    for (let index = 0; index < half; index++) {
      this.values.copyWithin(index * WIDTH, index * 2 * WIDTH, index * 2 * WIDTH + WIDTH);
    }
    this.length = half;
    this.stride *= 2;
  }

  private grow(): void {
    const grown = new Float32Array(Math.min(this.values.length * 2, MAX_POINTS * WIDTH));
    grown.set(this.values);
    this.values = grown;
  }
}

/** One instance of the fleet. */
export interface SeriesKey {
  service: string;
  serverId: string;
  index: number;
}

/** The series of all instances. A new generation begins a new series. */
export class SeriesBook {
  private readonly series = new Map<string, { generation: number; series: Series }>();

  add(of: SeriesKey, generation: number, point: Point): void {
    const key = keyOf(of);
    let entry = this.series.get(key);
    if (entry === undefined || entry.generation !== generation) {
      entry = { generation, series: new Series() };
      this.series.set(key, entry);
    }
    entry.series.add(...point);
  }

  /** Points and the seconds between them, given the seconds between samples. */
  read(of: SeriesKey, interval: number): { step: number; points: Point[] } {
    const series = this.series.get(keyOf(of))?.series;
    return series === undefined
      ? { step: interval, points: [] }
      : { step: interval * series.step, points: series.points() };
  }

  /** Forgets all instances of a service. */
  forget(service: string): void {
    for (const key of this.series.keys()) if (key.startsWith(`${service}\0`)) this.series.delete(key);
  }
}

function keyOf({ service, serverId, index }: SeriesKey): string {
  return `${service}\0${serverId}\0${index}`;
}

function valueOf(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
