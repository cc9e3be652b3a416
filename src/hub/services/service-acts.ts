// Start, stop, restart, kill: the wish and its audit entry are stored before anything happens (P15), then the agent acts. A reload is
// no wish: it leaves its audit entry alone.
import { isDeepStrictEqual } from "node:util";
import type { ActResult } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ServiceAction, WishAction } from "../../contract/operations.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { Agents } from "../agents/agents.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { MetricsStore } from "../metrics/metrics-store.ts";
import type { Actor, Store } from "../store/store.ts";
import { isWished, wishOf } from "../store/wish.ts";
import type { Announcer } from "./announcer.ts";
import { noSuchService, type Catalog } from "./catalog.ts";
import type { DependencyGuard } from "./dependency-rules.ts";
import type { Deployment } from "./deployment.ts";
import type { KeyedQueue } from "./keyed-queue.ts";
import type { StatusBoard } from "./status-board.ts";

/** What acts and edits of services work with. */
export interface ServiceParts {
  store: Store;
  catalog: Catalog;
  agents: Agents;
  book: ServerBook;
  deployment: Deployment;
  board: StatusBoard;
  announcer: Announcer;
  metrics: MetricsStore;
  /** Keeps what the store has and what the agent was told in the same order, service by service. */
  queue: KeyedQueue;
  /** Keeps cycles out. */
  dependencies: DependencyGuard;
}

/** Which of a service's instances: all (null, null), or those of one number, one server, or both. */
export interface Which {
  index: number | null;
  /** Name or id. */
  server: string | null;
}
export const ALL_INSTANCES: Which = { index: null, server: null };

/** Acts on one service. */
export class ServiceActs {
  private readonly parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.parts = parts;
  }

  /**
   * Acts and resolves when it is done. `one` names an instance or a server: then what is wished of the others stays as it is.
   * Rejects with `not_found`, `refused`, `agent_away`, or `act_failed` in the agents' words.
   */
  async act(name: string, action: ServiceAction, one: Which, actor: Actor): Promise<ActResult> {
    const { deployment, announcer, queue } = this.parts;
    const server = one.server === null ? null : this.serverOf(name, one.server);
    const { index } = one;
    // Told in the order in which it is stored, but not waited for there: a stop must not wait for the start before it.
    const { acting } = await queue.run(name, async () => {
      if (action === "reload") await this.noteReload(name, { index, server }, actor);
      else await this.wish(name, action, { index, server }, actor);
      return { acting: deployment.act(name, { action, index, server, by: actor.principal }) };
    });
    try {
      const result = await acting;
      if (result.outcome === "done") return result;
      const untried = action === "reload" && result.outcome === "refused";
      throw new TailherdError(untried ? "refused" : "act_failed", result.message);
    } finally {
      announcer.actEnded();
    }
  }

  /**
   * Restarts one instance on one server, of a rolling restart; undefined, and nothing done, where it is not wished to run (any more).
   * What depends on the service is not restarted with it. Rejects as `act`.
   */
  async restartOne(name: string, index: number, serverId: string, actor: Actor): Promise<ActResult | undefined> {
    const { deployment, announcer, catalog, queue } = this.parts;
    const begun = await queue.run(name, async () => {
      const record = catalog.get(name);
      if (record === undefined || !deployment.isOn(name, serverId) || !isWished(record, index, serverId))
        return undefined;
      await this.wish(name, "restart", { index, server: serverId }, actor);
      return { acting: deployment.act(name, { action: "restart", index, server: serverId, by: actor.principal }) };
    });
    if (begun === undefined) return undefined;
    try {
      return await begun.acting;
    } finally {
      announcer.actEnded();
    }
  }

  /**
   * Stores what is wished of a service on one of its servers, whose agent will hear of it with a command. `at` (Unix milliseconds) is
   * of an act that its agent tells of later: it changes nothing where somebody has wished something since.
   */
  async wishFor(name: string, action: WishAction, serverId: string, actor: Actor, at?: number): Promise<void> {
    await this.parts.queue.run(name, () => this.wish(name, action, { index: null, server: serverId }, actor, at));
  }

  /** Id of a server that the service is placed on. */
  private serverOf(name: string, server: string): string {
    const { book, deployment, catalog } = this.parts;
    catalog.require(name);
    const { id, name: called } = book.require(server);
    if (deployment.isOn(name, id)) return id;
    throw new TailherdError("not_found", `"${name}" is not placed on ${called}`);
  }

  /** Stores what is wished from now on, and who wished it. */
  private async wish(name: string, action: WishAction, which: Which, actor: Actor, at?: number): Promise<void> {
    const { store, catalog, deployment, board } = this.parts;
    const record = this.recordOf(name, action, which);
    const { index, server } = which;
    const servers = deployment.serversOf(name);
    const written = await store.setDesired(name, action, { index, server, servers }, actor, at);
    if (written.outcome === "overtaken") return;
    if (written.outcome !== "stored") throw noSuchService(name);
    catalog.put(written.record);
    if (!isDeepStrictEqual(wishOf(record), wishOf(written.record))) board.touch(name);
  }

  /** Of an act that changes nothing that is stored; refused where the definition does not provide for it. */
  private async noteReload(name: string, which: Which, actor: Actor): Promise<void> {
    const record = this.recordOf(name, "reload", which);
    if (record.reload.signal === null) {
      const words = `Cannot reload "${name}": its definition names no reload.signal; restart it, or name the signal on which it reads its configuration`;
      throw new TailherdError("refused", words);
    }
    const { index, server } = which;
    const part = `${index === null ? "" : `/${index}`}${server === null ? "" : `@${server}`}`;
    await this.parts.store.recordAudit("reload", `${name}${part}`, actor);
  }

  /** The service that is acted on; throws where there is no such part of it. */
  private recordOf(name: string, action: ServiceAction, { index, server }: Which): ServiceRecord {
    const { catalog, deployment } = this.parts;
    const record = catalog.require(name);
    const servers = deployment.serversOf(name);
    if (index !== null && index >= record.instances) throw noSuchInstance(record, index);
    if (index !== null && server !== null && servers.length > 1 && record.instances > 1) {
      // Nothing new is wished by a reload, nor by a restart of what should run; no other wish can be kept of one instance on one of several servers.
      const wishesNothing = action === "reload" || (action === "restart" && isWished(record, index, server));
      if (!wishesNothing) throw noSuchWish(name, action);
    }
    return record;
  }
}

function noSuchWish(name: string, action: ServiceAction): TailherdError {
  const why = action === "restart" ? "it is stopped there; start" : "name";
  const words = `${why} the instance (on all of them) or the server`;
  return new TailherdError("refused", `Cannot ${action} one instance of "${name}" on one of its servers: ${words}`);
}

function noSuchInstance({ name, instances }: ServiceRecord, index: number): TailherdError {
  const has = instances === 1 ? "one instance, number 0" : `instances 0 to ${instances - 1}`;
  return new TailherdError("not_found", `There is no instance ${index} of "${name}": it has ${has}`);
}
