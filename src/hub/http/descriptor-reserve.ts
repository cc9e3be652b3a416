// File descriptors that the hub holds back, so that `/health` and reads go on when the process has used up the rest (P9). The kernel
// does not tell a listener that a connection could not be taken (libuv takes and closes it), so it is looked at: at each connection,
// and every two seconds.
import { closeSync, openSync } from "node:fs";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Logger } from "../../runtime/logger.ts";

const INTERVAL = 2 * SECOND;
/** Connections that can be answered meanwhile, and the files that answering them needs for a moment. */
const HELD = 16;
/** So many beyond those are free when it is over: with fewer, taking the reserve back would leave none for the next connection. */
const RELIEF = 8;
const WORDS = "No file descriptors are left (ulimit -n): acts and changes may be refused until some are free again";

/** Opens something harmless; throws EMFILE or ENFILE when there is no descriptor. */
export type OpenDescriptor = () => number;

/**
 * A reserve that is held while all is well, and let go when nothing else is left. `problem` is null while it is held. Taken again,
 * which is relief, only as a whole.
 */
export class DescriptorReserve implements Disposable {
  private held: number[] = [];
  private problemWords: string | null = null;
  private timer: Timer | undefined;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly open: OpenDescriptor;

  constructor(options: { clock: Clock; logger: Logger; open?: OpenDescriptor }) {
    this.clock = options.clock;
    this.logger = options.logger;
    this.open = options.open ?? (() => openSync("/dev/null", "r"));
    this.look();
    this.schedule();
  }

  /** Why there may be refusals now, or null. */
  get problem(): string | null {
    return this.problemWords;
  }

  /** Is there one more to be had? Called when one was just used. */
  look(): void {
    const spare = this.problemWords === null ? 1 : RELIEF;
    const missing = HELD - this.held.length + spare;
    const got: number[] = [];
    try {
      while (got.length < missing) got.push(this.open());
    } catch (error) {
      this.give(got);
      this.short(error);
      return;
    }
    while (this.held.length < HELD) this.held.push(...got.splice(-1));
    this.give(got);
    if (this.problemWords === null) return;
    this.problemWords = null;
    this.logger.info({}, "There are file descriptors again");
  }

  [Symbol.dispose](): void {
    this.timer?.cancel();
    this.give(this.held.splice(0));
  }

  private short(error: unknown): void {
    this.give(this.held.splice(0));
    if (this.problemWords === null) this.logger.error({ err: error }, WORDS);
    this.problemWords = WORDS;
  }

  private give(descriptors: number[]): void {
    for (const descriptor of descriptors) closeSync(descriptor);
  }

  private schedule(): void {
    this.timer = this.clock.after(INTERVAL, () => {
      this.look();
      this.schedule();
    });
  }
}
