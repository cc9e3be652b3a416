// Rates of the kernel's counters. A counter that went backwards was reset or has wrapped: nobody knows by how much, so it has
// no rate for that interval, rather than a spike.

/** Growth per second; undefined where no time has passed or the counter went backwards. */
export function ratePerSecond(before: number, now: number, seconds: number): number | undefined {
  return seconds > 0 && now >= before ? (now - before) / seconds : undefined;
}

/** Rates of one thing, a counter each; undefined for one that was reset. */
export type Rates = readonly (number | undefined)[];

/** Counters of things that come and go (disks, interfaces), each with the same counters in the same order. */
export class RateTable {
  private before = new Map<string, readonly number[]>();
  private current = new Map<string, readonly number[]>();
  private beganAt: number | undefined;
  private seconds = 0;

  /** Begins a round at this time (monotonic milliseconds); things that were not met in the round before are forgotten. */
  begin(at: number): void {
    this.before = this.current;
    this.current = new Map();
    this.seconds = this.beganAt === undefined ? 0 : (at - this.beganAt) / 1000;
    this.beganAt = at;
  }

  /** The rates since the round before; undefined for what is met for the first time. */
  of(name: string, counters: readonly number[]): Rates | undefined {
    this.current.set(name, counters);
    const before = this.before.get(name);
    return before && counters.map((now, at) => ratePerSecond(before[at] ?? now, now, this.seconds));
  }
}

/** Sums of several things' rates; what has no rate adds nothing, and a sum of nothing is undefined. */
export function sumRates(all: readonly (Rates | undefined)[]): Rates | undefined {
  const known = all.filter((rates) => rates !== undefined);
  return known[0]?.map((_, at) => {
    const values = known.map((rates) => rates[at]).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  });
}
