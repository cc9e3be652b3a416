// Time as an argument: everything that waits or stamps takes a Clock, so that tests decide what time it is.

/** A started timer; `cancel` is safe to call twice and after it fired. */
export interface Timer {
  cancel(): void;
}

/** Wall time, monotonic time and timers. */
export interface Clock {
  /** Unix time in milliseconds; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonic(): number;
  /** Calls `act` once, `delay` milliseconds from now; does not keep the process alive. */
  after(delay: number, act: () => void): Timer;
}

interface Unrefable {
  unref?: () => void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delay, act) {
    const handle = setTimeout(act, delay);
    (handle as Unrefable).unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
};

/** A clock that stands still until `advance` moves it; timers fire in order of their due time. */
export class FakeClock implements Clock {
  private time: number;
  private ahead = 0;
  private timers: { due: number; act: () => void }[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.time = start;
  }

  now(): number {
    return this.time + this.ahead;
  }

  monotonic(): number {
    return this.time;
  }

  after(delay: number, act: () => void): Timer {
    const timer = { due: this.time + Math.max(0, delay), act };
    this.timers.push(timer);
    return {
      cancel: () => {
        this.timers = this.timers.filter((other) => other !== timer);
      },
    };
  }

  /** Sets the wall clock by so many milliseconds, as a person, NTP or a suspended machine does: no timer notices. */
  set(milliseconds: number): void {
    this.ahead += milliseconds;
  }

  /** Moves time forward, firing what falls due on the way, also timers that those start. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter((timer) => timer.due <= end).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.time = Math.max(this.time, next.due);
      next.act();
    }
    this.time = end;
  }
}
