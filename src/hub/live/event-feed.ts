// Events on their way from whoever tells them to the store and from there to whoever follows. Batched, so that a burst costs few
// transactions and no act waits for one. What the store cannot take now waits here, bounded, and is counted when it does not fit.
import type { Clock, Timer } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { SECOND } from "../../base/units.ts";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Store } from "../store/store.ts";

/** Milliseconds that a lone event waits for company. */
const FIRST_DELAY = 2;
/** Milliseconds between batches while they keep coming. */
const BUSY_DELAY = 50;
const RETRY_DELAY = 2 * SECOND;
const MAX_WAITING = 10_000;

/** The way of events. */
export class EventFeed {
  /** Each event that was new to the store, with its place. */
  readonly stored = new Emitter<StoredEvent>();
  private waiting: TailherdEvent[] = [];
  private dropped = 0;
  private timer: Timer | undefined;
  private storing: Promise<void> | undefined;
  private lastBatchAt = Number.NEGATIVE_INFINITY;
  private readonly store: Store;
  private readonly clock: Clock;
  private readonly logger: Logger;

  constructor(store: Store, clock: Clock, logger: Logger) {
    this.store = store;
    this.clock = clock;
    this.logger = logger;
  }

  add(event: TailherdEvent): void {
    this.waiting.push(event);
    if (this.waiting.length > MAX_WAITING) {
      this.waiting.shift();
      this.dropped += 1;
    }
    const busy = this.clock.monotonic() - this.lastBatchAt < BUSY_DELAY;
    this.schedule(busy ? BUSY_DELAY : FIRST_DELAY);
  }

  /** Stores these, after what waits; resolves when the store has them, and rejects when it cannot: the teller tells them again. */
  async addAll(events: readonly TailherdEvent[]): Promise<void> {
    if (events.length === 0) return;
    for (const stored of await this.store.appendEvents([...events])) this.publish(stored);
  }

  /** Stores what waits; rejects only for a mistake of ours. */
  async flush(): Promise<void> {
    this.timer?.cancel();
    this.timer = undefined;
    await this.storing;
    if (this.waiting.length === 0) return;
    const batch = this.storeBatch();
    this.storing = batch.then(() => undefined);
    const pause = await batch.finally(() => (this.storing = undefined));
    // Only now: while a batch is being stored nothing is scheduled, and what came meanwhile would wait for the next event.
    if (this.waiting.length > 0) this.schedule(pause);
  }

  /** Stores what waits, as far as the store can. */
  async close(): Promise<void> {
    await this.flush();
    this.timer?.cancel();
  }

  private schedule(delay: number): void {
    if (this.timer !== undefined || this.storing !== undefined) return;
    this.timer = this.clock.after(delay, () => void this.flush());
  }

  /** Resolves to the milliseconds to wait before the next batch. */
  private async storeBatch(): Promise<number> {
    const batch = this.waiting;
    this.waiting = [];
    this.lastBatchAt = this.clock.monotonic();
    try {
      for (const stored of await this.store.appendEvents(batch)) this.publish(stored);
      if (this.dropped > 0) {
        this.logger.warn({ dropped: this.dropped }, "Events were lost while the store could not write");
        this.dropped = 0;
      }
    } catch (error) {
      this.logger.warn({ err: error, events: batch.length }, "Cannot store events now");
      this.waiting = [...batch, ...this.waiting];
      const excess = Math.max(0, this.waiting.length - MAX_WAITING);
      this.dropped += excess;
      this.waiting.splice(0, excess);
      return RETRY_DELAY;
    }
    return BUSY_DELAY;
  }

  private publish(stored: StoredEvent): void {
    try {
      this.stored.emit(stored);
    } catch (error) {
      this.logger.error({ err: error }, "Cannot tell an event to a listener");
    }
  }
}
