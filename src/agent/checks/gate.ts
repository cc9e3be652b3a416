// How many looks go on at the same time: a machine full of services that hang must not run out of descriptors or processes over
// the question whether they do. Whoever waits is looked at later; that is not a failure of the service.

export class Gate {
  private readonly limit: number;
  private taken = 0;
  private readonly waiting = new Set<() => void>();

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Calls `begin` now, or when there is room; it must call `leave` when it is done. Answers how to wait no longer. */
  enter(begin: () => void): () => void {
    if (this.taken < this.limit) {
      this.taken += 1;
      begin();
      return () => undefined;
    }
    this.waiting.add(begin);
    return () => void this.waiting.delete(begin);
  }

  leave(): void {
    const [next] = this.waiting;
    if (next === undefined) {
      this.taken -= 1;
      return;
    }
    this.waiting.delete(next);
    next();
  }
}
