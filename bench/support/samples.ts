// What was measured, by who it was measured on.
import { median, percentile } from "./statistics.ts";

/** Lists of numbers by name. A name without samples has NaN for everything, which the report shows as "–". */
export class Samples {
  readonly #lists = new Map<string, number[]>();

  add(name: string, ...values: number[]): void {
    this.#lists.set(name, [...this.of(name), ...values]);
  }

  of(name: string): readonly number[] {
    return this.#lists.get(name) ?? [];
  }

  median(name: string): number {
    return median(this.of(name));
  }

  percentile(name: string, p: number): number {
    return percentile(this.of(name), p);
  }
}
