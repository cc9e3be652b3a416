// CPU of each service at its last samples, in memory: what a dashboard that opens now draws beside the number of this moment.

/** Samples kept of a service: as many as a small picture has places for. */
export const RECENT_SAMPLES = 60;
/** Two samples further apart than this many intervals had others between them that never came. */
const GAP_INTERVALS = 1.5;

/** Rings of one service, oldest first from `next` on. */
interface Ring {
  times: Float64Array;
  values: Float32Array;
  next: number;
  length: number;
}

/** The last samples of all services. */
export class RecentCpu {
  private readonly rings = new Map<string, Ring>();
  /** Time of the newest sample. Agents' clocks are compared with one another, not with the hub's. */
  private newest = 0;

  /** `cpu` in percent of a core. Samples of one service and one time are its instances: they are added up. */
  add(service: string, at: number, cpu: number | null): void {
    this.newest = Math.max(this.newest, at);
    if (cpu === null) return;
    let ring = this.rings.get(service);
    if (ring === undefined) this.rings.set(service, (ring = emptyRing()));
    const last = (ring.next + RECENT_SAMPLES - 1) % RECENT_SAMPLES;
    if (ring.length > 0 && ring.times[last] === at) {
      ring.values[last] = (ring.values[last] ?? 0) + cpu;
      return;
    }
    ring.times[ring.next] = at;
    ring.values[ring.next] = cpu;
    ring.next = (ring.next + 1) % RECENT_SAMPLES;
    ring.length = Math.min(RECENT_SAMPLES, ring.length + 1);
  }

  /**
   * Percent of a core per service, one value per `interval` seconds up to its newest sample, oldest first, at most
   * `RECENT_SAMPLES`; 0 where it did not run. Left out: services that did not run in that time before the newest sample of all.
   */
  read(interval: number): Record<string, number[]> {
    const from = this.newest - RECENT_SAMPLES * interval * 1000;
    return Object.fromEntries(
      [...this.rings].flatMap(([service, ring]) => {
        const values = evenly(ring, from, interval * 1000);
        return values.length === 0 ? [] : [[service, values.slice(-RECENT_SAMPLES)]];
      }),
    );
  }

  forget(service: string): void {
    this.rings.delete(service);
  }
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
