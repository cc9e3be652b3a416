// A thing that can be subscribed to and announces that it changed: what `useSyncExternalStore` needs and no more.

/** Counts its changes and tells its listeners. */
export class Signal {
  private readonly listeners = new Set<() => void>();
  /** Grows with each change; a snapshot for `useSyncExternalStore`. */
  version = 0;

  /** Bound, so that its identity is stable for React. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  };

  readonly getVersion = (): number => this.version;

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  announce(): void {
    this.version++;
    for (const listener of this.listeners) listener();
  }
}
