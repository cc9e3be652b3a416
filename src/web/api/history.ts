// The recent shape of a service's CPU: one small ring of numbers a service, filled from live samples.

const SIZE = 60;

/** The last values of a series, oldest first when read. */
export class RecentValues {
  private readonly ring = new Float32Array(SIZE);
  private next = 0;
  private count = 0;

  push(value: number): void {
    this.ring[this.next] = value;
    this.next = (this.next + 1) % SIZE;
    this.count = Math.min(SIZE, this.count + 1);
  }

  /** Puts `value` in place of the newest one. */
  setLast(value: number): void {
    this.next = (this.next + SIZE - 1) % SIZE;
    this.count = Math.max(0, this.count - 1);
    this.push(value);
  }

  /** The newest of `values` in place of what was kept. */
  replace(values: readonly number[]): void {
    this.next = 0;
    this.count = 0;
    for (const value of values.slice(-SIZE)) this.push(value);
  }

  get length(): number {
    return this.count;
  }

  /** The value `index` places after the oldest. */
  at(index: number): number {
    return this.ring[(this.next - this.count + index + SIZE) % SIZE] ?? 0;
  }
}

/** SVG path of the values in a box, newest at the right edge; empty with fewer than two values. */
export function sparkPath(values: RecentValues, width: number, height: number, floor: number): string {
  const { length } = values;
  if (length < 2) return "";
  let top = floor;
  for (let index = 0; index < length; index++) top = Math.max(top, values.at(index));
  const step = width / (SIZE - 1);
  let path = "";
  for (let index = 0; index < length; index++) {
    const x = width - (length - 1 - index) * step;
    const y = height - 1.5 - (values.at(index) / top) * (height - 3);
    path += `${index === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}
