// How services stand that others, on other servers, wait for: told to the agents of those, and again when it changes.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { AgentParams } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import { standingOf, UNKNOWN } from "../../contract/standing.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { Observed } from "../agents/observed.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Catalog } from "./catalog.ts";
import type { Deployment } from "./deployment.ts";
import type { StatusBoard } from "./status-board.ts";

const AGAIN_AFTER = 2 * SECOND;

/** By name; null: not heard of since this hub began, so what was told before goes on to count. */
export type TellableStandings = AgentParams<"set_standings">["standings"];

export interface StandingTellingParts {
  catalog: Catalog;
  deployment: Deployment;
  observed: Observed;
  agents: Agents;
  book: ServerBook;
  board: StatusBoard;
  clock: Clock;
  logger: Logger;
}

export class StandingTelling implements Disposable {
  private readonly parts: StandingTellingParts;
  private readonly stack = new DisposableStack();
  /** By server: names that its services depend on and that run elsewhere. Made anew after definitions or servers changed. */
  private needs: ReadonlyMap<string, ReadonlySet<string>> | undefined;
  /** By server: what its agent was told last, as JSON. Only of agents that are linked. */
  private readonly told = new Map<string, string>();
  private soon: NodeJS.Immediate | undefined;
  private again: Timer | undefined;

  constructor(parts: StandingTellingParts) {
    this.parts = parts;
    const { agents, board, deployment } = parts;
    this.stack.use(agents.closed.on(({ server }) => void this.told.delete(server.id)));
    this.stack.use(
      deployment.moved.on(() => {
        this.needs = undefined;
        this.reconsider();
      }),
    );
    this.stack.use(
      board.changed.on((names) => {
        const isNeeded = [...this.needed().values()].some((needs) => !needs.isDisjointFrom(names));
        if (isNeeded) this.reconsider();
      }),
    );
  }

  [Symbol.dispose](): void {
    this.stack.dispose();
    this.again?.cancel();
    clearImmediate(this.soon);
  }

  /** What an agent should be told; for a push of everything. */
  on(serverId: string): TellableStandings {
    const { deployment, observed } = this.parts;
    const standings: TellableStandings = {};
    for (const name of this.needed().get(serverId) ?? []) {
      const instances = observed.instancesOf(name);
      if (instances.length > 0) standings[name] = standingOf(instances);
      else if (deployment.serversOf(name).length > 0) standings[name] = null;
      else standings[name] = { ...UNKNOWN, reason: "no server fits its placement" };
    }
    return standings;
  }

  /** An agent was told so with everything else. */
  has(serverId: string, standings: TellableStandings): void {
    this.told.set(serverId, JSON.stringify(standings));
    this.reconsider();
  }

  private reconsider(): void {
    this.soon ??= setImmediate(() => {
      this.soon = undefined;
      for (const serverId of this.told.keys()) void this.tell(serverId);
    });
  }

  private async tell(serverId: string): Promise<void> {
    const { agents } = this.parts;
    const before = this.told.get(serverId);
    const standings = this.on(serverId);
    const text = JSON.stringify(standings);
    if (before === undefined || before === text) return;
    // From here on: calls of one link arrive in their order, and a further change meanwhile is told behind this one.
    this.told.set(serverId, text);
    try {
      await agents.call(serverId, "set_standings", { standings });
    } catch (error) {
      this.failed(serverId, error);
    }
  }

  private failed(serverId: string, error: unknown): void {
    const { agents, clock, logger, book } = this.parts;
    if (!agents.isOpen(serverId)) return;
    logger.warn(
      { err: error, server: book.nameOf(serverId) },
      "An agent could not be told how services elsewhere stand",
    );
    // An agent of an older release knows of none; it is told when it comes back as a newer one.
    if (error instanceof TailherdError && error.code === "invalid") this.told.delete(serverId);
    else {
      this.told.set(serverId, "");
      this.again ??= clock.after(AGAIN_AFTER, () => {
        this.again = undefined;
        this.reconsider();
      });
    }
  }

  private needed(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.needs !== undefined) return this.needs;
    const { catalog, deployment } = this.parts;
    const needs = new Map<string, Set<string>>();
    for (const { name, depends_on } of catalog.all()) {
      const others = Object.keys(depends_on);
      if (others.length === 0) continue;
      for (const id of deployment.serversOf(name)) {
        const elsewhere = others.filter((other) => !deployment.isOn(other, id));
        if (elsewhere.length > 0) needs.set(id, new Set([...(needs.get(id) ?? []), ...elsewhere]));
      }
    }
    this.needs = needs;
    return needs;
  }
}
