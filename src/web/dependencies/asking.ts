// The question that stands between a press and an act that others depend on; at most one at a time.
import { Signal } from "../api/signal.ts";
import type { Consequences, Taking } from "./consequences.ts";

export interface Question {
  name: string;
  action: Taking;
  consequences: Consequences;
}

export class Asking {
  readonly changed = new Signal();
  private open: { question: Question; answer: (yes: boolean) => void } | null = null;

  /** What is asked now. */
  get question(): Question | null {
    return this.open?.question ?? null;
  }

  /** Resolves to what somebody answers; an earlier question that still stands is answered no. */
  ask(question: Question): Promise<boolean> {
    this.answer(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.open = { question, answer: resolve };
    this.changed.announce();
    return promise;
  }

  answer(yes: boolean): void {
    const { open } = this;
    this.open = null;
    open?.answer(yes);
    this.changed.announce();
  }
}
