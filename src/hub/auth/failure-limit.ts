// Slows down guessing: wrong credentials of one address in a minute. Right ones that were seen before are not held up by it.
import type { Clock } from "../../base/clock.ts";
import { MINUTE } from "../../base/units.ts";

const MAX_ADDRESSES = 10_000;

/** Counts failures per address in windows of a minute. */
export class FailureLimit {
  private readonly failures = new Map<string, { count: number; until: number }>();
  private readonly clock: Clock;
  private readonly allowed: number;

  /** `allowed`: failures of one address per minute. */
  constructor(clock: Clock, allowed: number) {
    this.clock = clock;
    this.allowed = allowed;
  }

  /** Has this address failed too often to be listened to now? */
  isExhausted(address: string): boolean {
    const entry = this.failures.get(address);
    return entry !== undefined && entry.until > this.clock.now() && entry.count >= this.allowed;
  }

  count(address: string): void {
    const now = this.clock.now();
    const entry = this.failures.get(address);
    if (entry !== undefined && entry.until > now) {
      entry.count += 1;
      return;
    }
    this.failures.delete(address);
    const oldest = this.failures.size >= MAX_ADDRESSES ? this.failures.keys().next().value : undefined;
    if (oldest !== undefined) this.failures.delete(oldest);
    this.failures.set(address, { count: 1, until: now + MINUTE });
  }
}
