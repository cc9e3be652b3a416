// How late the hub's event loop is. Measuring wakes the process fifty times a second, so it is done only while somebody asks.
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Clock, Timer } from "../base/clock.ts";
import { MINUTE, SECOND } from "../base/units.ts";

/** Milliseconds between looks; what is measured is how much later than that they come. */
const RESOLUTION = 20;
/** Nobody asked for so long: it is not measured any more. */
const ASKED_WITHIN = 5 * MINUTE;
/** A reading is of so long at least, whoever else reads in between. */
const WINDOW = 10 * SECOND;

/** Seconds that the loop was late. */
export interface Lag {
  median: number;
  p99: number;
  longest: number;
}

export class LoopLag implements Disposable {
  private readonly clock: Clock;
  private histogram: ReturnType<typeof monitorEventLoopDelay> | undefined;
  private since = 0;
  private ending: Timer | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Since the window began, up to a few of them ago when they are read at once; null at the first time, which begins it. */
  read(): Lag | null {
    this.ending?.cancel();
    this.ending = this.clock.after(ASKED_WITHIN, () => this.stop());
    const { histogram } = this;
    if (histogram === undefined) {
      this.begin();
      return null;
    }
    if (histogram.count === 0) return null;
    const lag = {
      median: late(histogram.percentile(50)),
      p99: late(histogram.percentile(99)),
      longest: late(histogram.max),
    };
    if (this.clock.monotonic() - this.since >= WINDOW) {
      histogram.reset();
      this.since = this.clock.monotonic();
    }
    return lag;
  }

  [Symbol.dispose](): void {
    this.ending?.cancel();
    this.stop();
  }

  private begin(): void {
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION });
    this.histogram.enable();
    this.since = this.clock.monotonic();
  }

  private stop(): void {
    this.histogram?.disable();
    this.histogram = undefined;
  }
}

function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e9 - RESOLUTION / SECOND);
}
