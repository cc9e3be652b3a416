// Which tasks each agent has, and should have: what differs is told to it. Tasks follow services and servers about, so this is looked
// at anew after every change of either.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { ServerBook } from "../agents/server-book.ts";

const AGAIN_AFTER = 2 * SECOND;
/** So many tasks are told one by one. */
const FEW = 10;

export interface TaskTellingParts {
  agents: Agents;
  book: ServerBook;
  /** All tasks of a server, or one of them. */
  tasksOn: (serverId: string, only?: string) => AgentTask[];
  /** Tells a server everything at once. */
  pushAll: (serverId: string) => Promise<void>;
  clock: Clock;
  logger: Logger;
}

export class TaskTelling implements Disposable {
  private readonly parts: TaskTellingParts;
  /** By server: what its agent has, as JSON by name. Only of agents that are linked. */
  private readonly told = new Map<string, Map<string, string>>();
  private readonly telling = new Map<string, Promise<void>>();
  private readonly listening: Disposable;
  private again: Timer | undefined;
  private soon: NodeJS.Immediate | undefined;

  constructor(parts: TaskTellingParts) {
    this.parts = parts;
    this.listening = parts.agents.closed.on(({ server }) => void this.told.delete(server.id));
  }

  [Symbol.dispose](): void {
    this.listening[Symbol.dispose]();
    this.again?.cancel();
    clearImmediate(this.soon);
  }

  /** An agent was told all of these at once. */
  has(serverId: string, tasks: readonly AgentTask[]): void {
    this.told.set(serverId, new Map(tasks.map((task) => [task.name, JSON.stringify(task)])));
    // While it was told, tasks may have changed.
    void this.tellServer(serverId, undefined);
  }

  /** A service or a server changed: tasks may belong elsewhere. */
  reconsider(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      void this.tell();
    });
  }

  /**
   * Tells every linked agent what it does not have yet of all tasks, or of one. Who cannot be told now is told again; that is no reason
   * to reject.
   */
  async tell(only?: string): Promise<void> {
    await Promise.all([...this.told.keys()].map((id) => this.tellServer(id, only)));
  }

  /** In turn with what is being told to it. */
  private tellServer(serverId: string, only: string | undefined): Promise<void> {
    const before = this.telling.get(serverId) ?? Promise.resolve();
    const mine = before.then(() => this.tellNow(serverId, only));
    this.telling.set(serverId, mine);
    return mine;
  }

  private async tellNow(serverId: string, only: string | undefined): Promise<void> {
    const { agents, tasksOn, pushAll } = this.parts;
    const told = this.told.get(serverId);
    if (told === undefined) return;
    const wanted = new Map(tasksOn(serverId, only).map((task) => [task.name, { task, text: JSON.stringify(task) }]));
    const gone = [...told.keys()].filter((name) => !wanted.has(name) && (only === undefined || name === only));
    const other = [...wanted.values()].filter(({ task, text }) => told.get(task.name) !== text);
    try {
      // Each is kept on the agent's disk by itself.
      if (gone.length + other.length > FEW) return await pushAll(serverId);
      for (const name of gone) {
        await agents.call(serverId, "remove_task", { task: name });
        told.delete(name);
      }
      for (const { task, text } of other) {
        await agents.call(serverId, "set_task", { task });
        told.set(task.name, text);
      }
    } catch (error) {
      this.failed(serverId, error);
    }
  }

  private failed(serverId: string, error: unknown): void {
    const { agents, clock, logger, book } = this.parts;
    if (!agents.isOpen(serverId)) return;
    const code = error instanceof TailherdError ? error.code : undefined;
    logger.warn({ err: error, server: book.nameOf(serverId) }, "An agent could not take its tasks yet");
    // An agent of an older release; it is told when it comes back as a newer one.
    if (code === "invalid") this.told.delete(serverId);
    else
      this.again ??= clock.after(AGAIN_AFTER, () => {
        this.again = undefined;
        void this.tell();
      });
  }
}
