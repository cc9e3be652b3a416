// Sums up what was dropped and tells it every few seconds: in the log itself and to whoever asked.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { DroppedOutput } from "./output-log.ts";

const EVERY = 5 * SECOND;

/** Drops since the last report, by reason. */
export class DropReport {
  private readonly clock: Clock;
  private readonly tell: (dropped: DroppedOutput) => void;
  private readonly sums = new Map<string, DroppedOutput>();
  private timer: Timer | undefined;

  constructor(clock: Clock, tell: (dropped: DroppedOutput) => void) {
    this.clock = clock;
    this.tell = tell;
  }

  add({ lines, bytes, reason }: DroppedOutput): void {
    const sum = this.sums.get(reason) ?? { lines: 0, bytes: 0, reason };
    this.sums.set(reason, { lines: sum.lines + lines, bytes: sum.bytes + bytes, reason });
    this.timer ??= this.clock.after(EVERY, () => this.flush());
  }

  /** Tells what there is now. */
  flush(): void {
    this.timer?.cancel();
    this.timer = undefined;
    const all = [...this.sums.values()];
    this.sums.clear();
    for (const dropped of all) this.tell(dropped);
  }
}
