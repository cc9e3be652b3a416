// CPU of each service at its last samples, in memory: what a dashboard that opens now draws beside the number of this moment.
import type { SeriesKey } from "./series.ts";

/** Samples kept of a service: as many as a small picture has places for. */
export const RECENT_SAMPLES = 60;
/** Two samples further apart than this many intervals had others between them that never came. */
const GAP_INTERVALS = 1.5;

/** Of one instance, oldest first from `next` on. */
interface Ring {
  times: Float64Array;
  values: Float32Array;
  next: number;
  length: number;
}

/** The last samples of all services. */
export class RecentCpu {
  /** By service, then by instance. */
  private readonly rings = new Map<string, Map<string, Ring>>();
  private newest = 0;

  /** `at` by the hub's clock, `cpu` in percent of a core. */
  add({ service, serverId, index }: SeriesKey, at: number, cpu: number | null): void {
    this.newest = Math.max(this.newest, at);
    if (cpu === null) return;
    const rings = this.rings.get(service) ?? new Map<string, Ring>();
    this.rings.set(service, rings);
    const key = `${serverId}/${index}`;
    const ring = rings.get(key) ?? emptyRing();
    rings.set(key, ring);
    ring.times[ring.next] = at;
    ring.values[ring.next] = cpu;
    ring.next = (ring.next + 1) % RECENT_SAMPLES;
    ring.length = Math.min(RECENT_SAMPLES, ring.length + 1);
  }

  /**
   * Percent of a core per service, its instances added up, one value per `interval` seconds up to its newest sample, oldest first, at most
   * `RECENT_SAMPLES`; 0 where it did not run. Left out: services that did not run in that time before the newest sample of all.
   */
  read(interval: number): Record<string, number[]> {
    const from = this.newest - RECENT_SAMPLES * interval * 1000;
    return Object.fromEntries(
      [...this.rings].flatMap(([service, rings]) => {
        const shapes = [...rings.values()].map((ring) => evenly(ring, from, interval * 1000).slice(-RECENT_SAMPLES));
        const longest = Math.max(0, ...shapes.map(({ length }) => length));
        return longest === 0 ? [] : [[service, sumOf(shapes, longest)]];
      }),
    );
  }

  forget(service: string): void {
    this.rings.delete(service);
  }
}

/** Servers do not sample at the same moment: the newest of each counts as one moment, and so on backwards. */
function sumOf(shapes: readonly number[][], length: number): number[] {
  return Array.from({ length }, (_, at) => {
    const sum = shapes.reduce((total, shape) => total + (shape[at - length + shape.length] ?? 0), 0);
    return Math.round(sum * 10) / 10;
  });
}

function emptyRing(): Ring {
  return { times: new Float64Array(RECENT_SAMPLES), values: new Float32Array(RECENT_SAMPLES), next: 0, length: 0 };
}

function evenly({ times, values, next, length }: Ring, from: number, interval: number): number[] {
  const result: number[] = [];
  let before: number | undefined;
  for (let place = 0; place < length; place++) {
    const index = (next - length + place + RECENT_SAMPLES) % RECENT_SAMPLES;
    const at = times[index] ?? 0;
    if (at < from) continue;
    if (before !== undefined && at - before > GAP_INTERVALS * interval) {
      const missing = Math.min(RECENT_SAMPLES, Math.round((at - before) / interval) - 1);
      for (let i = 0; i < missing; i++) result.push(0);
    }
    result.push(Math.round((values[index] ?? 0) * 10) / 10);
    before = at;
  }
  return result;
}
