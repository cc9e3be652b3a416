// The links that are open now, by server: who is asked for what, and who tells.
import type { Clock } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import type { AgentMethod, AgentNotice, AgentParams, AgentResult } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import { LINK_CLOSED, type HubParams, type JournalEntry } from "../../contract/link.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { AgentSession, SessionEar } from "./agent-session.ts";
import type { ServerBook } from "./server-book.ts";

/** A notice with the server it came from. */
export interface HeardNotice {
  server: { id: string; name: string };
  notice: AgentNotice;
}

export interface AgentsOptions {
  book: ServerBook;
  clock: Clock;
  logger: Logger;
  /** Stores entries of a journal; resolves when they are. */
  store: (serverId: string, entries: JournalEntry[]) => Promise<void>;
}

export class Agents implements SessionEar {
  readonly notices = new Emitter<HeardNotice>();
  /** A link opened (its agent has to be told what is desired), or the last one of a server closed. */
  readonly opened = new Emitter<AgentSession>();
  readonly closed = new Emitter<AgentSession>();
  /** A server whose link opened has what is desired, and has told how things are: its id. */
  readonly told = new Emitter<string>();
  /** Entries of a server's journal are stored, and it knows: its id. */
  readonly heard = new Emitter<string>();
  private readonly sessions = new Map<string, AgentSession>();
  /** What was confirmed of each server's journal; a hub that starts anew is told again what the agent still has. */
  private readonly confirmed = new Map<string, { journal: string; seq: number }>();
  private readonly options: AgentsOptions;

  constructor(options: AgentsOptions) {
    this.options = options;
  }

  /** A session begins; an older one of the same server ends: the agent that dials knows best that its link is dead. */
  join(session: AgentSession, join: HubParams<"join">, version: string): void {
    const { id } = session.server;
    const { book, clock } = this.options;
    const before = this.sessions.get(id);
    session.confirmed = before?.confirmed ?? this.confirmed.get(id) ?? session.confirmed;
    this.sessions.set(id, session);
    before?.close(LINK_CLOSED.replaced, "another link of the same server took its place");
    book.skewed(id, join.at - clock.now());
    book.linked(id, { version, locked: join.locked, allowRun: join.allow_run });
    // After the answer, which the agent waits for before it answers calls.
    setImmediate(() => {
      if (this.sessions.get(id) === session) this.opened.emit(session);
    });
  }

  leave(session: AgentSession): void {
    const { id } = session.server;
    if (this.sessions.get(id) !== session) return;
    this.sessions.delete(id);
    this.confirmed.set(id, session.confirmed);
    this.options.book.linked(id, null);
    this.closed.emit(session);
  }

  /** How many are open. */
  get links(): number {
    return this.sessions.size;
  }

  isOpen(serverId: string): boolean {
    return this.sessions.has(serverId);
  }

  /** Asks a server's agent. Rejects with `agent_away` when it has no link, `timed_out` when it does not answer. */
  async call<M extends AgentMethod>(
    serverId: string,
    method: M,
    params: AgentParams<M>,
    options: { signal?: AbortSignal; deadline?: number } = {},
  ): Promise<AgentResult<M>> {
    const session = this.sessions.get(serverId);
    if (session !== undefined) return await session.call(method, params, options);
    const name = this.options.book.nameOf(serverId) ?? serverId;
    throw new TailherdError(
      "agent_away",
      `Cannot ${method.replaceAll("_", " ")}: ${name} is not linked to the hub now`,
    );
  }

  /** Ends a server's link: it was removed, or its key taken back. */
  expel(serverId: string, reason: string): void {
    this.sessions.get(serverId)?.close(LINK_CLOSED.refused, reason);
    this.confirmed.delete(serverId);
  }

  close(): void {
    for (const session of this.sessions.values()) session.close(1001, "the hub closes");
  }

  hear(session: AgentSession, notice: AgentNotice): void {
    if (this.sessions.get(session.server.id) !== session) return;
    try {
      this.notices.emit({ server: session.server, notice });
    } catch (error) {
      this.options.logger.error({ err: error, notice: notice.notice }, "Cannot take in what an agent told");
    }
  }

  async tell(session: AgentSession, entries: JournalEntry[]): Promise<void> {
    await this.options.store(session.server.id, entries);
    // After the answer that confirms them.
    setImmediate(() => this.heard.emit(session.server.id));
  }
}
