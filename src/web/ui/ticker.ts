// One clock for all texts that grow old on screen; each renders only when its words change.
import { useSyncExternalStore } from "react";
import { SECOND } from "../../base/units.ts";

class Ticker {
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | null = null;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tick(), SECOND);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0 || this.timer === null) return;
      clearInterval(this.timer);
      this.timer = null;
    };
  };

  private tick(): void {
    if (document.hidden) return;
    for (const listener of this.listeners) listener();
  }
}

const ticker = new Ticker();

/** What `read` says of the present; looked at once a second. */
export function useTicking<T extends string | number | boolean | null>(read: (now: number) => T): T {
  return useSyncExternalStore(ticker.subscribe, () => read(Date.now()));
}
