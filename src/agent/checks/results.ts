// The last results of a check: columns, for there may be thousands of checks, and most results have nothing to say.
import { type CheckResult, RESULTS_KEPT } from "../../contract/check-status.ts";

export class Results {
  private readonly at = new Float64Array(RESULTS_KEPT);
  private readonly took = new Float32Array(RESULTS_KEPT);
  private readonly ok = new Uint8Array(RESULTS_KEPT);
  private readonly messages = new Map<number, string>();
  /** How many ever came. */
  private count = 0;
  private last: string | null = null;

  add({ at, ok, took, message }: CheckResult): void {
    const place = this.count % RESULTS_KEPT;
    this.at[place] = at;
    this.took[place] = took;
    this.ok[place] = ok ? 1 : 0;
    this.messages.delete(place);
    // One text for a row of equal ones.
    if (message !== this.last) this.last = message;
    if (this.last !== null) this.messages.set(place, this.last);
    this.count += 1;
  }

  /** Takes over what was kept, oldest first. */
  restore(results: readonly CheckResult[]): void {
    for (const result of results.slice(-RESULTS_KEPT)) this.add(result);
  }

  /** Oldest first. */
  all(): CheckResult[] {
    const kept = Math.min(this.count, RESULTS_KEPT);
    return Array.from({ length: kept }, (_, age) => {
      const place = (this.count - kept + age) % RESULTS_KEPT;
      return {
        at: this.at[place] ?? 0,
        ok: this.ok[place] === 1,
        took: Math.round((this.took[place] ?? 0) * 10) / 10,
        message: this.messages.get(place) ?? null,
      };
    });
  }
}
