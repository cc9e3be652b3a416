// One timer for all checks: what is due within the same tenth of a second is done in one turn, so that hundreds of checks wake the
// process a few times a second.
import type { Clock, Timer } from "../../base/clock.ts";

/** Milliseconds of one slot: what is due in it comes at its end. */
const SLOT = 100;

export class Wheel {
  private readonly clock: Clock;
  /** By number of the slot. */
  private readonly slots = new Map<number, Set<() => void>>();
  private armed: { slot: number; timer: Timer } | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Calls `act` at `due` of the monotonic clock, or up to a slot later. */
  at(due: number, act: () => void): Timer {
    const slot = Math.ceil(due / SLOT);
    const acts = this.slots.get(slot) ?? new Set();
    this.slots.set(slot, acts);
    // A function of its own: the same one may be due twice.
    const entry = (): void => act();
    acts.add(entry);
    this.arm();
    return {
      cancel: () => {
        acts.delete(entry);
        if (acts.size === 0 && this.slots.get(slot) === acts) this.slots.delete(slot);
      },
    };
  }

  close(): void {
    this.slots.clear();
    this.armed?.timer.cancel();
  }

  private arm(): void {
    const [first] = this.slots.keys();
    if (first === undefined) return;
    let next = first;
    for (const slot of this.slots.keys()) if (slot < next) next = slot;
    if (this.armed !== undefined && this.armed.slot <= next) return;
    this.armed?.timer.cancel();
    const delay = Math.max(0, next * SLOT - this.clock.monotonic());
    this.armed = { slot: next, timer: this.clock.after(delay, () => this.turn()) };
  }

  private turn(): void {
    this.armed = undefined;
    const now = this.clock.monotonic();
    const due = [...this.slots.keys()].filter((slot) => slot * SLOT <= now).sort((a, b) => a - b);
    for (const slot of due) {
      const acts = this.slots.get(slot);
      this.slots.delete(slot);
      for (const act of acts ?? []) act();
    }
    this.arm();
  }
}
