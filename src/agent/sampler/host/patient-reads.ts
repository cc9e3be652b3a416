// Asks what may never answer: a filesystem of a disk that died, a sensor behind a hung bus. Such a call holds one of the few
// threads that all file access of this process shares, and nothing can take it back, so at most two are ever given away.
import type { Clock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";

/** How long one answer is waited for. */
const PATIENCE = 5 * SECOND;
/** Calls that may hang at the same time, of the four threads that Node has unless told otherwise. */
const MAX_STUCK = 2;

/** Asks one thing after the other; share one among all who ask, or the limit is none. */
export class PatientReads {
  private readonly clock: Clock;
  private readonly stuck = new Set<string>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /**
   * What `act` answers; undefined when it fails or is too slow. What is too slow is not asked again until it has answered, and
   * nothing at all is asked while two hang.
   */
  async ask<Answer>(key: string, act: () => Promise<Answer>): Promise<Answer | undefined> {
    if (this.stuck.has(key) || this.stuck.size >= MAX_STUCK) return undefined;
    const answer = act().catch(() => undefined);
    const { promise: tooLate, resolve } = Promise.withResolvers<"too late">();
    const timer = this.clock.after(PATIENCE, () => resolve("too late"));
    const first = await Promise.race([answer, tooLate]);
    timer.cancel();
    if (first !== "too late") return first;
    this.stuck.add(key);
    void answer.then(() => this.stuck.delete(key));
    return undefined;
  }
}
