// Counts answered requests by the class of their status.

const CLASSES = ["1xx", "2xx", "3xx", "4xx", "5xx"] as const;

export class RequestCounts {
  private readonly counts = CLASSES.map(() => 0);

  add(status: number): void {
    const at = Math.floor(status / 100) - 1;
    this.counts[at] = (this.counts[at] ?? 0) + 1;
  }

  /** All classes, also those that nobody was answered with. */
  byClass(): [status: string, count: number][] {
    return CLASSES.map((name, at) => [name, this.counts[at] ?? 0]);
  }
}
