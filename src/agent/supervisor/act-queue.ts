// Acts on one instance, one after the other (P5). Equal acts that wait together become one, and a start joins the start that goes
// on: a wish for "running" already starts, and the act that follows it must not start a second time what ended at once.
import type { ServiceAction } from "../../contract/operations.ts";

/** What a person can ask for, and what a failed check does. */
type Act = ServiceAction | "check";

export class ActQueue<T> {
  private last: Promise<unknown> = Promise.resolve();
  /** The act asked last, while another may still join it. */
  private open: { action: Act; result: Promise<T> } | undefined;

  /** Runs `act` after what was asked before; joins the same act if that is the last one asked and can still be joined. */
  run(action: Act, act: () => Promise<T>): Promise<T> {
    if (this.open?.action === action) return this.open.result;
    const shut = (): void => {
      if (this.open === entry) this.open = undefined;
    };
    const begin = async (): Promise<T> => {
      if (action !== "start") shut();
      try {
        return await act();
      } finally {
        shut();
      }
    };
    const result = this.last.then(begin, begin);
    const entry = { action, result };
    this.open = entry;
    // Its caller hears of a failure; the queue only waits.
    this.last = result.catch(() => undefined);
    return result;
  }

  /** Has it been asked last, and not begun? */
  isWaiting(action: Act): boolean {
    return this.open?.action === action;
  }

  /** Resolves when all that was asked so far is done. */
  idle(): Promise<unknown> {
    return this.last;
  }
}
