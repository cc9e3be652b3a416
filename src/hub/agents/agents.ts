// The agents that are connected, and which of them a service belongs to. For now all services belong to the first one, that of
// the hub's own machine; placement on others comes with the fleet.
import { TailherdError, type ErrorCode } from "../../contract/errors.ts";
import type {
  AgentConnection,
  AgentMethod,
  AgentNotice,
  AgentParams,
  AgentResult,
  DesiredService,
} from "../../contract/agent.ts";
import { Emitter } from "../../base/emitter.ts";
import { SECOND } from "../../base/units.ts";
import type { Logger } from "../../runtime/logger.ts";

/** A notice and who gave it. */
export interface HeardNotice {
  server: AgentConnection["server"];
  notice: AgentNotice;
}

/** What is asked of an agent has this long to be answered, except acts, which end when they are done. */
const DEADLINE = 15 * SECOND;
/** `act` and `remove` wait for processes to end; `try_command` runs as long as it was told to. */
const UNTIMED = new Set<AgentMethod>(["act", "remove", "try_command"]);

/** Asking again would be answered the same. */
const FINAL = new Set<ErrorCode>(["not_found", "invalid", "refused"]);

/** All connected agents. */
export class Agents {
  readonly notices = new Emitter<HeardNotice>();
  /** Names of services of which an agent could not be told what is wanted. */
  readonly untold = new Emitter<readonly string[]>();
  private readonly connections: readonly AgentConnection[];
  private readonly logger: Logger;
  private readonly listening = new DisposableStack();

  constructor(connections: readonly AgentConnection[], logger: Logger) {
    this.connections = connections;
    this.logger = logger;
  }

  /** Begins to listen, then brings every agent to the desired state; what it observes arrives as notices. */
  async connect(desired: DesiredService[], intervalSeconds: number): Promise<void> {
    for (const connection of this.connections) {
      const { server } = connection;
      this.listening.use(connection.listen((notice) => this.hear({ server, notice })));
    }
    await this.apply(desired, intervalSeconds);
    for (const connection of this.connections) {
      const { instances, system } = await connection.call("snapshot", {});
      const data = { changed: instances, removed: [] };
      this.hear({ server: connection.server, notice: { notice: "instances", data } });
      if (system === null) continue;
      const samples = { at: Date.now(), system, instances: [], samples: [] };
      this.hear({ server: connection.server, notice: { notice: "samples", data: samples } });
    }
  }

  /** Pushes the whole desired state again; an agent that does not take it is told of in the log. */
  async apply(desired: DesiredService[], intervalSeconds: number): Promise<void> {
    const params = { services: desired, update_interval_ms: intervalSeconds * SECOND };
    for (const [index, connection] of this.connections.entries()) {
      // The others watch only, until services can be placed on them.
      const mine = index === 0 ? params : { ...params, services: [] };
      try {
        await connection.call("apply", mine);
      } catch (error) {
        this.logger.error({ err: error, server: connection.server.name }, "Cannot push the desired state to an agent");
        this.untold.emit(mine.services.map(({ spec }) => spec.name));
      }
    }
  }

  /** Tells the agent of one definition. One that it cannot take now is saved all the same, and told when it can. */
  async push(service: DesiredService): Promise<void> {
    try {
      await this.call("set", { service });
    } catch (error) {
      const facts = { service: service.spec.name, err: error };
      this.logger.warn(facts, "Saved a definition that the agent could not take yet");
    }
  }

  /** Asks the agent that services belong to. Rejects with `agent_away` when there is none, `timed_out` when it does not answer. */
  async call<M extends AgentMethod>(
    method: M,
    params: AgentParams<M>,
    options: { signal?: AbortSignal; deadline?: number } = {},
  ): Promise<AgentResult<M>> {
    const home = this.connections[0];
    if (home === undefined) {
      throw new TailherdError("agent_away", `Cannot ${method.replaceAll("_", " ")}: no agent is connected`);
    }
    try {
      return await this.ask(home, method, params, options);
    } catch (error) {
      const final = error instanceof TailherdError && FINAL.has(error.code);
      // Also of an act: its wish is stored, whatever became of it.
      if (method === "act" && !final) this.untold.emit([(params as AgentParams<"act">).service.spec.name]);
      if (method === "set" && !final) this.untold.emit([(params as AgentParams<"set">).service.spec.name]);
      if (method === "remove" && !final) this.untold.emit([(params as AgentParams<"remove">).service]);
      throw error;
    }
  }

  close(): void {
    this.listening.dispose();
  }

  private async ask<M extends AgentMethod>(
    home: AgentConnection,
    method: M,
    params: AgentParams<M>,
    options: { signal?: AbortSignal; deadline?: number },
  ): Promise<AgentResult<M>> {
    if (UNTIMED.has(method)) {
      return await home.call(method, params, options.signal === undefined ? {} : { signal: options.signal });
    }
    const timeout = AbortSignal.timeout(options.deadline ?? DEADLINE);
    const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal]);
    return await Promise.race([home.call(method, params, { signal }), expiry(timeout, home.server.name, method)]);
  }

  private hear(heard: HeardNotice): void {
    try {
      this.notices.emit(heard);
    } catch (error) {
      this.logger.error({ err: error, notice: heard.notice.notice }, "Cannot take in what an agent told");
    }
  }
}

function expiry(timeout: AbortSignal, server: string, method: string): Promise<never> {
  return new Promise((_, reject) => {
    const expire = (): void => {
      reject(new TailherdError("timed_out", `Cannot ${method.replaceAll("_", " ")}: ${server} did not answer in time`));
    };
    timeout.addEventListener("abort", expire, { once: true });
  });
}
