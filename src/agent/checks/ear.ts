// What a service tells by itself, by sd_notify or by calls of its heartbeat URL, as checks see it. How it can tell is said to it in its
// environment, so whatever a definition wants to hear counts from the next start.
import type { Outcome } from "./judge.ts";

/** Hears one generation; `H` is how it can be heard, as of now. */
export interface Ear<H extends { problem: string | null }> {
  hearing: () => H;
  /** Hears when that may have changed. */
  onHeard: (listener: () => void) => Disposable;
  /** Resolves when all is heard that it has told until now; false where nobody can know. */
  caughtUp: () => Promise<boolean>;
}

/** Of a check that its service could not know of when it was started. */
export const NEXT_START = "counts from the next start";
export const FROM_NEXT_START: Outcome = { ok: true, message: NEXT_START };
