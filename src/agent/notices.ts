// What the agent tells unasked. Events that happened before anybody listened (adoption at start) wait for the first listener.
import type { AgentNotice } from "../contract/agent.ts";
import { Emitter } from "../base/emitter.ts";
import type { Logger } from "../runtime/logger.ts";

/** Events kept for the first listener. Ends are none of them: each instance keeps its own, and they are told to every listener. */
const MAX_WAITING = 2000;

export class Notices {
  private readonly emitter = new Emitter<AgentNotice>();
  private readonly logger: Logger;
  private waiting: AgentNotice[] | undefined = [];

  constructor(logger: Logger) {
    this.logger = logger;
  }

  send(notice: AgentNotice): void {
    if (this.waiting !== undefined) {
      if (notice.notice === "event" && notice.data.type !== "instance.exited") this.waiting.push(notice);
      if (this.waiting.length > MAX_WAITING) this.waiting.shift();
      return;
    }
    try {
      this.emitter.emit(notice);
    } catch (error) {
      // A listener's fault must not reach into the supervisor.
      this.logger.error({ error: String(error), notice: notice.notice }, "a listener of the agent failed");
    }
  }

  listen(listener: (notice: AgentNotice) => void): Disposable {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    const subscription = this.emitter.on(listener);
    queueMicrotask(() => {
      for (const notice of waiting) listener(notice);
    });
    return subscription;
  }

  /** Nobody hears anything from now on. */
  close(): void {
    this.waiting = [];
  }
}
