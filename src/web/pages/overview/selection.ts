// Which services are selected. Each row hears only of itself.
import { Signal } from "../../api/signal.ts";

export class Selection {
  readonly changed = new Signal();
  private readonly names = new Set<string>();
  private readonly signals = new Map<string, Signal>();
  private last: string | null = null;

  signal(name: string): Signal {
    let signal = this.signals.get(name);
    if (signal === undefined) this.signals.set(name, (signal = new Signal()));
    return signal;
  }

  has(name: string): boolean {
    return this.names.has(name);
  }

  all(): string[] {
    return [...this.names];
  }

  toggle(name: string): void {
    this.set([name], !this.names.has(name));
    this.last = name;
  }

  /** From the one toggled last to this one, in the order shown. */
  extendTo(name: string, order: readonly string[]): void {
    const from = this.last === null ? -1 : order.indexOf(this.last);
    const to = order.indexOf(name);
    if (from === -1 || to === -1) return this.toggle(name);
    this.set(order.slice(Math.min(from, to), Math.max(from, to) + 1), true);
    this.last = name;
  }

  set(names: readonly string[], on: boolean): void {
    for (const name of names) {
      if (on === this.names.has(name)) continue;
      if (on) this.names.add(name);
      else this.names.delete(name);
      this.signals.get(name)?.announce();
    }
    this.changed.announce();
  }

  clear(): void {
    this.set(this.all(), false);
    this.last = null;
  }
}
