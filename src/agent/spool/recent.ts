// The newest blocks in memory, so that the last lines of a service at work are there without a disk.
import type { Clock, Timer } from "../../base/clock.ts";
import { KIB, SECOND } from "../../base/units.ts";
import type { Block } from "./block.ts";

const LIMIT = 64 * KIB;
/** A small block costs more than its bytes. */
const OVERHEAD = 512;
/** After so long without output the memory goes back; the page cache still has it. */
const KEEP = 10 * SECOND;

/** A bounded list of the newest blocks without a gap between them. */
export class Recent {
  private readonly clock: Clock;
  private list: Block[] = [];
  private size = 0;
  private timer: Timer | undefined;
  private touched = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get blocks(): readonly Block[] {
    return this.list;
  }

  add(block: Block): void {
    if (block.bytes + OVERHEAD > LIMIT) return this.clear();
    // A copy of a small block: its buffer is a slice of a larger one.
    this.list.push({ ...block, data: Buffer.from(block.data) });
    this.size += block.bytes + OVERHEAD;
    while (this.size > LIMIT) this.size -= (this.list.shift()?.bytes ?? 0) + OVERHEAD;
    this.touched = this.clock.monotonic();
    this.timer ??= this.clock.after(KEEP, () => this.expire());
  }

  clear(): void {
    this.list = [];
    this.size = 0;
    this.timer?.cancel();
    this.timer = undefined;
  }

  private expire(): void {
    this.timer = undefined;
    const age = this.clock.monotonic() - this.touched;
    if (age >= KEEP) this.clear();
    else this.timer = this.clock.after(KEEP - age, () => this.expire());
  }
}
