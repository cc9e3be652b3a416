// The last heartbeats of each server, in memory: columns of numbers, one for each metric that came, grown as they fill.

/** Heartbeats kept of each server. */
export const KEPT_HEARTBEATS = 200;
const FIRST_ROWS = 16;

/** One server's. */
export class RecentMetrics {
  private rows = 0;
  /** Where the next one goes, once all rows are used. */
  private next = 0;
  private capacity = FIRST_ROWS;
  private times = new Float64Array(FIRST_ROWS);
  private readonly columns = new Map<string, Float64Array<ArrayBuffer>>();

  /** `at` in Unix milliseconds. */
  add(at: number, values: Readonly<Record<string, number>>): void {
    if (this.rows === this.capacity && this.capacity < KEPT_HEARTBEATS) this.grow();
    const row = this.rows < this.capacity ? this.rows : this.next;
    this.times[row] = at;
    for (const column of this.columns.values()) column[row] = Number.NaN;
    for (const name of Object.keys(values)) {
      let column = this.columns.get(name);
      if (column === undefined) {
        column = new Float64Array(this.capacity).fill(Number.NaN);
        this.columns.set(name, column);
      }
      column[row] = values[name] ?? Number.NaN;
    }
    if (this.rows < this.capacity) this.rows += 1;
    this.next = (row + 1) % this.capacity;
  }

  /** As the predecessor answered them, oldest first: `ts` and the metrics. */
  history(): Record<string, number | string>[] {
    const oldest = this.rows === this.capacity ? this.next : 0;
    return Array.from({ length: this.rows }, (_, offset) => {
      const row = (oldest + offset) % this.capacity;
      const entry: Record<string, number | string> = { ts: new Date(this.times[row] ?? 0).toISOString() };
      for (const [name, column] of this.columns) {
        const value = column[row] ?? Number.NaN;
        if (!Number.isNaN(value)) entry[name] = value;
      }
      return entry;
    });
  }

  private grow(): void {
    const capacity = Math.min(KEPT_HEARTBEATS, this.capacity * 2);
    const wider = (column: Float64Array): Float64Array<ArrayBuffer> => {
      const grown = new Float64Array(capacity).fill(Number.NaN);
      grown.set(column);
      return grown;
    };
    this.times = wider(this.times);
    for (const [name, column] of this.columns) this.columns.set(name, wider(column));
    this.capacity = capacity;
  }
}
