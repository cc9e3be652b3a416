// What the agent's parts tell unasked, on its way to the outbox.
import type { AgentNotice } from "../contract/agent.ts";
import type { Logger } from "../runtime/logger.ts";

export class Notices {
  private readonly take: (notice: AgentNotice) => void;
  private readonly logger: Logger;
  private closed = false;

  constructor(take: (notice: AgentNotice) => void, logger: Logger) {
    this.take = take;
    this.logger = logger;
  }

  send(notice: AgentNotice): void {
    if (this.closed) return;
    try {
      this.take(notice);
    } catch (error) {
      // Telling must not reach into the supervisor.
      this.logger.error({ error: String(error), notice: notice.notice }, "cannot tell what happened");
    }
  }

  /** Nobody hears anything from now on. */
  close(): void {
    this.closed = true;
  }
}
