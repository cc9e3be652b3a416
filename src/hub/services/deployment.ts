// From definitions to servers: where each service belongs, what each agent is told of that, and acts on all servers of a service.
import { combineResults } from "../../contract/act-results.ts";
import type { ActResult, AgentMethod, AgentParams, AgentResult, DesiredService } from "../../contract/agent.ts";
import { Emitter } from "../../base/emitter.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError, type ErrorCode } from "../../contract/errors.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { Observed } from "../agents/observed.ts";
import { placedOn } from "../agents/placement.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Catalog } from "./catalog.ts";
import type { TellableStandings } from "./standing-telling.ts";

export interface DeploymentParts {
  catalog: Catalog;
  book: ServerBook;
  agents: Agents;
  observed: Observed;
  /** The tasks of a server, which are pushed with its services; and to be told that its agent has them. */
  tasks: { on(serverId: string): AgentTask[]; has(serverId: string, tasks: readonly AgentTask[]): void };
  /** How services elsewhere stand that those of a server depend on; the same. */
  standings: { on(serverId: string): TellableStandings; has(serverId: string, standings: TellableStandings): void };
  logger: Logger;
}

/** Asking again would be answered the same. */
const FINAL = new Set<ErrorCode>(["not_found", "invalid", "refused"]);

export class Deployment {
  /** A linked server could not be told what is wanted of a service: its agent could not keep it, or did not answer. */
  readonly untold = new Emitter<{ service: string; serverId: string }>();
  /** Something may belong elsewhere now. */
  readonly moved = new Emitter<void>();
  private readonly parts: DeploymentParts;
  /** Servers of each service, until a definition or a server changes. */
  private readonly places = new Map<string, ReadonlySet<string>>();

  constructor(parts: DeploymentParts) {
    this.parts = parts;
  }

  /** Ids of the servers that a service belongs on. */
  serversOf(service: string): readonly string[] {
    return [...this.placesOf(service)];
  }

  isOn(service: string, serverId: string): boolean {
    return this.placesOf(service).has(serverId);
  }

  /** Names of the services that belong on a server. */
  servicesOn(serverId: string): string[] {
    return this.parts.catalog.all().flatMap(({ name }) => (this.isOn(name, serverId) ? [name] : []));
  }

  /** A definition may belong elsewhere now. */
  reconsider(service: string): void {
    this.places.delete(service);
    this.moved.emit();
  }

  /** A server came, went, or has another name or other tags: what belongs on it may be something else now. */
  reconsiderServer(serverId: string): void {
    const { book, catalog } = this.parts;
    const server = book.storedOf(serverId);
    for (const [service, places] of this.places) {
      const placement = catalog.get(service)?.placement;
      const fits = server !== undefined && placement !== undefined && placedOn(placement, [server]).length > 0;
      if (fits !== places.has(serverId)) this.places.delete(service);
    }
    this.moved.emit();
  }

  /** Everything that a server should have; pushed whole when its link opens. */
  async pushAll(serverId: string): Promise<void> {
    const { catalog, agents, book, logger } = this.parts;
    const services = this.servicesOn(serverId).map((name) => this.desired(name, serverId));
    const update_interval_ms = catalog.settings.update_interval_seconds * SECOND;
    const tasks = this.parts.tasks.on(serverId);
    const standings = this.parts.standings.on(serverId);
    const { failed = [] } = await agents.call(serverId, "apply", { services, tasks, standings, update_interval_ms });
    this.parts.tasks.has(serverId, tasks);
    this.parts.standings.has(serverId, standings);
    if (failed.length === 0) return;
    const server = book.storedOf(serverId)?.name;
    logger.error(
      { server, services: failed },
      "A server cannot take over some of its services: its agent's log says why",
    );
  }

  /** The same for all linked servers; one that does not take it is told of in the log, and told again when its link opens anew. */
  async pushEverywhere(): Promise<void> {
    const { book, agents, logger } = this.parts;
    const linked = book.stored().filter(({ id }) => agents.isOpen(id));
    await Promise.all(
      linked.map(({ id, name }) =>
        this.pushAll(id).catch((error: unknown) => {
          logger.error({ err: error, server: name }, "Cannot push the desired state to an agent");
          for (const service of this.servicesOn(id)) this.untold.emit({ service, serverId: id });
        }),
      ),
    );
  }

  /**
   * Tells agents of one definition: those it belongs on, and those it belonged on before. It is saved: who is away is told when it
   * comes back, and who cannot take it now is told again.
   */
  async push(record: ServiceRecord, before: readonly string[]): Promise<void> {
    const { name } = record;
    const now = this.serversOf(name);
    const gone = before.filter((id) => !now.includes(id));
    await Promise.all(
      [...now, ...gone].map((id) => this.tellAgain(name, id).catch((error: unknown) => this.saved(id, error))),
    );
  }

  /** Stops a service on all its servers and lets them forget it. Rejects when one that is linked cannot. */
  async remove(service: string, servers: readonly string[], by: string): Promise<void> {
    await Promise.all(servers.map((id) => this.removeFrom(service, id, by)));
  }

  /** Tells one server what is wanted of a service now. */
  async tellAgain(service: string, serverId: string): Promise<void> {
    if (this.isOn(service, serverId)) await this.call(serverId, "set", { service: this.desired(service, serverId) });
    else await this.removeFrom(service, serverId, "tailherd");
  }

  /** Acts on all servers of a service, or on one; one answer for all. Rejects with `agent_away` when one of them cannot be reached. */
  async act(
    service: string,
    act: { action: ServiceAction; index: number | null; server: string | null; by: string },
  ): Promise<ActResult> {
    const { book } = this.parts;
    const { action, index, by } = act;
    const targets = act.server === null ? this.serversOf(service) : [act.server];
    if (targets.length === 0) {
      throw new TailherdError("act_failed", `Cannot ${action} "${service}": no server fits its placement`);
    }
    const several = targets.length > 1;
    const results = await Promise.allSettled(
      targets.map(async (id) => await this.call(id, "act", { service: this.desired(service, id), action, index, by })),
    );
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined && !several) throw failed.reason;
    const answers = results.map((result, at): ActResult => {
      const name = book.nameOf(targets[at] ?? "") ?? "";
      if (result.status === "fulfilled") {
        const { value } = result;
        return several ? { ...value, message: `${name}: ${value.message}` } : value;
      }
      const words = result.reason instanceof Error ? result.reason.message : String(result.reason);
      return { outcome: "failed", message: `${name}: ${words}`, count: 0 };
    });
    // Where it does not run there is nothing to reload, and where it does that is no obstacle.
    const reloaded = action === "reload" && answers.some(({ outcome }) => outcome === "done");
    return combineResults(
      reloaded ? answers.filter(({ outcome }) => outcome !== "refused") : answers,
      "it runs nowhere",
    );
  }

  /** Asks one server of a service: the one named, else the first it belongs on. */
  async ask<M extends AgentMethod>(
    service: string,
    server: string | undefined,
    method: M,
    params: AgentParams<M>,
    options: { signal?: AbortSignal; deadline?: number } = {},
  ): Promise<AgentResult<M>> {
    return await this.parts.agents.call(this.serverFor(service, server), method, params, options);
  }

  /** Id of the server that a request about a service means. Throws `not_found` for an unknown one, `agent_away` when there is none. */
  serverFor(service: string, server: string | undefined): string {
    if (server !== undefined) return this.parts.book.require(server).id;
    const first = this.serversOf(service).find((id) => this.parts.agents.isOpen(id)) ?? this.serversOf(service)[0];
    if (first !== undefined) return first;
    throw new TailherdError("agent_away", `Cannot ask about "${service}": no server fits its placement`);
  }

  private placesOf(service: string): ReadonlySet<string> {
    const known = this.places.get(service);
    if (known !== undefined) return known;
    const record = this.parts.catalog.get(service);
    const placed = new Set(record === undefined ? [] : placedOn(record.placement, this.parts.book.stored()));
    this.places.set(service, placed);
    return placed;
  }

  private desired(service: string, serverId: string): DesiredService {
    return this.parts.catalog.desiredOf(this.parts.catalog.require(service), serverId);
  }

  private async removeFrom(service: string, serverId: string, by: string): Promise<void> {
    try {
      await this.call(serverId, "remove", { service, by });
      this.parts.observed.removeFrom(service, serverId);
    } catch (error) {
      const code = error instanceof TailherdError ? error.code : undefined;
      // An agent that does not know the service has nothing to forget; one that is away is told when it comes back.
      if (code !== "not_found" && code !== "agent_away") throw error;
      if (code === "agent_away") this.saved(serverId, error);
    }
  }

  /** Asks an agent to keep something; what it could not keep is told to it again. */
  private async call<M extends "set" | "act" | "remove">(
    serverId: string,
    method: M,
    params: AgentParams<M>,
  ): Promise<AgentResult<M>> {
    const { agents } = this.parts;
    try {
      return await agents.call(serverId, method, params);
    } catch (error) {
      const final = error instanceof TailherdError && FINAL.has(error.code);
      const { service } = params;
      const name = typeof service === "string" ? service : service.spec.name;
      // Also of an act: its wish is stored, whatever became of it. Whoever is away is told everything when it comes back.
      if (!final && agents.isOpen(serverId)) this.untold.emit({ service: name, serverId });
      throw error;
    }
  }

  private saved(serverId: string, error: unknown): void {
    const { logger, book } = this.parts;
    logger.warn({ err: error, server: book.nameOf(serverId) }, "A change was saved that a server could not take yet");
  }
}
