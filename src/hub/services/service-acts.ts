// Start, stop, restart, kill: the wish and its audit entry are stored before anything happens (P15), then the agent acts.
import { isDeepStrictEqual } from "node:util";
import type { ActResult } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { ServiceRecord } from "../../contract/service.ts";
import type { Agents } from "../agents/agents.ts";
import type { Actor, Store } from "../store/store.ts";
import { wishOf } from "../store/wish.ts";
import type { Announcer } from "./announcer.ts";
import { noSuchService, type Catalog } from "./catalog.ts";
import type { KeyedQueue } from "./keyed-queue.ts";
import type { StatusBoard } from "./status-board.ts";

/** What acts and edits of services work with. */
export interface ServiceParts {
  store: Store;
  catalog: Catalog;
  agents: Agents;
  board: StatusBoard;
  announcer: Announcer;
  /** Keeps what the store has and what the agent was told in the same order, service by service. */
  queue: KeyedQueue;
}

/** Acts on one service. */
export class ServiceActs {
  private readonly parts: ServiceParts;

  constructor(parts: ServiceParts) {
    this.parts = parts;
  }

  /**
   * Acts and resolves when it is done. `index` names one instance: then what is wished of the others stays as it is. Rejects with
   * `not_found`, `agent_away`, or `act_failed` in the agent's words.
   */
  async act(name: string, action: ServiceAction, index: number | null, actor: Actor): Promise<ActResult> {
    const { agents, announcer, catalog, queue } = this.parts;
    // Told in the order in which it is stored, but not waited for there: a stop must not wait for the start before it.
    const { acting } = await queue.run(name, async () => {
      const service = catalog.desiredOf(await this.wish(name, action, index, actor));
      return { acting: agents.call("act", { service, action, index, by: actor.principal }) };
    });
    try {
      const result = await acting;
      if (result.outcome === "done") return result;
      throw new TailherdError("act_failed", result.message);
    } finally {
      announcer.actEnded();
    }
  }

  /** Stores what is wished from now on, and who wished it. */
  private async wish(name: string, action: ServiceAction, index: number | null, actor: Actor): Promise<ServiceRecord> {
    const { store, catalog, board } = this.parts;
    const record = catalog.require(name);
    if (index !== null && index >= record.instances) throw noSuchInstance(record, index);
    const written = await store.setDesired(name, action, index, actor);
    if (written.outcome !== "stored") throw noSuchService(name);
    catalog.put(written.record);
    if (!isDeepStrictEqual(wishOf(record), wishOf(written.record))) board.touch(name);
    return written.record;
  }
}

function noSuchInstance({ name, instances }: ServiceRecord, index: number): TailherdError {
  const has = instances === 1 ? "one instance, number 0" : `instances 0 to ${instances - 1}`;
  return new TailherdError("not_found", `There is no instance ${index} of "${name}": it has ${has}`);
}
