// Acts on one instance, one after the other (P5). Equal acts that wait together become one.
import type { ServiceAction } from "../../contract/operations.ts";

export class ActQueue<T> {
  private last: Promise<unknown> = Promise.resolve();
  private waiting: { action: ServiceAction; result: Promise<T> } | undefined;

  /** Runs `act` after what was asked before; joins the same act if that is the last one asked and has not begun. */
  run(action: ServiceAction, act: () => Promise<T>): Promise<T> {
    if (this.waiting?.action === action) return this.waiting.result;
    const begin = (): Promise<T> => {
      if (this.waiting === entry) this.waiting = undefined;
      return act();
    };
    const result = this.last.then(begin, begin);
    const entry = { action, result };
    this.waiting = entry;
    // Its caller hears of a failure; the queue only waits.
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all that was asked so far is done. */
  idle(): Promise<unknown> {
    return this.last;
  }
}
