// Ctrl-C as an AbortSignal, for commands that go on until somebody ends them.
import { EXIT_INTERRUPTED } from "./failure.ts";

/** Aborts at the first SIGINT or SIGTERM; a second one ends the process at once. Dispose it to give the signals back. */
export class Interrupt implements Disposable {
  private readonly controller = new AbortController();
  private readonly handler = (): void => {
    if (this.controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
    this.controller.abort();
  };

  constructor() {
    process.on("SIGINT", this.handler);
    process.on("SIGTERM", this.handler);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** Aborts without a signal: a key was pressed. */
  abort(): void {
    this.controller.abort();
  }

  [Symbol.dispose](): void {
    process.off("SIGINT", this.handler);
    process.off("SIGTERM", this.handler);
  }
}
