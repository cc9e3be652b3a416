// Limits how often something may happen: so many at once, and so many a second in the long run.

export interface RateLimit {
  burst: number;
  /** A second. */
  rate: number;
}

export class Rate {
  private readonly limit: RateLimit;
  private left: number;
  private at: number;

  /** `now`, as everywhere here: milliseconds of the monotonic clock. */
  constructor(limit: RateLimit, now: number) {
    this.limit = limit;
    this.left = limit.burst;
    this.at = now;
  }

  /** Whether it may happen once more now; then it counts as done. */
  take(now: number): boolean {
    const { burst, rate } = this.limit;
    this.left = Math.min(burst, this.left + ((now - this.at) / 1000) * rate);
    this.at = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
