// What a rolling restart sees of the fleet: which instances should run, and how they are as far as is known now.
import { Emitter } from "../../base/emitter.ts";
import type { OperationTarget } from "../../contract/operations.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import type { Agents } from "../agents/agents.ts";
import type { Observed } from "../agents/observed.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Catalog } from "../services/catalog.ts";
import type { Deployment } from "../services/deployment.ts";
import { isWished } from "../store/wish.ts";
import type { PlannedInstance } from "./rollout-plan.ts";
import { isAvailable, type Seen } from "./rollout-rules.ts";

/** One instance: a target of a rolling restart, or another one of the same service. */
type Place = Pick<OperationTarget, "service" | "server_id" | "index">;

export class FleetView implements Disposable {
  /** A row that an agent told. */
  readonly told: Emitter<InstanceStatus>;
  /** A server is linked, or is not any more; or something belongs elsewhere now. */
  readonly changed = new Emitter<void>();
  private readonly parts: {
    catalog: Catalog;
    deployment: Deployment;
    observed: Observed;
    agents: Agents;
    book: ServerBook;
  };
  /** Servers whose agents are linked, have what is desired, and have told how things are. */
  private readonly ready = new Set<string>();
  private readonly listening = new DisposableStack();

  constructor(parts: {
    catalog: Catalog;
    deployment: Deployment;
    observed: Observed;
    agents: Agents;
    book: ServerBook;
  }) {
    this.parts = parts;
    this.told = parts.observed.told;
    this.listening.use(parts.agents.told.on((id) => this.link(id, true)));
    this.listening.use(parts.agents.closed.on(({ server }) => this.link(server.id, false)));
    this.listening.use(parts.deployment.moved.on(() => this.changed.emit()));
  }

  /** How one is now. */
  see({ service, server_id, index }: Place): Seen {
    const { catalog, deployment, observed, agents } = this.parts;
    const [name, server, number] = [service ?? "", server_id ?? "", index ?? 0];
    const record = catalog.get(name);
    const row = observed.get(name, server, number);
    return {
      wanted: record !== undefined && deployment.isOn(name, server) && isWished(record, number, server),
      linked: this.ready.has(server) && agents.isOpen(server),
      state: row?.state ?? null,
      ready: row?.ready ?? null,
      generation: row?.generation ?? null,
      reason: row?.reason ?? null,
    };
  }

  /** Every instance that a service has by its definition, server by server. */
  instancesOf(service: string): PlannedInstance[] {
    const { catalog, deployment, observed, book } = this.parts;
    const record = catalog.require(service);
    return deployment.serversOf(service).flatMap((server_id) =>
      Array.from({ length: record.instances }, (_, index): PlannedInstance => {
        const row = observed.get(service, server_id, index);
        return {
          server_id,
          server: book.nameOf(server_id) ?? server_id,
          index,
          wanted: isWished(record, index, server_id),
          state: row?.state ?? null,
          revision: row?.revision ?? null,
        };
      }),
    );
  }

  /** Instances of a service that should run, are none of these targets, and are not ready. What ended by itself is not missed. */
  othersDown(service: string, targets: readonly Place[]): number {
    if (this.parts.catalog.get(service) === undefined) return 0;
    const known = new Set(targets.flatMap((target) => (target.service === service ? [keyOf(target)] : [])));
    return this.instancesOf(service).filter((instance) => {
      const place = { service, ...instance };
      return (
        instance.wanted && instance.state !== "exited" && !known.has(keyOf(place)) && !isAvailable(this.see(place))
      );
    }).length;
  }

  [Symbol.dispose](): void {
    this.listening.dispose();
  }

  private link(serverId: string, isLinked: boolean): void {
    if (isLinked) this.ready.add(serverId);
    else this.ready.delete(serverId);
    this.changed.emit();
  }
}

function keyOf({ server_id, index }: Place): string {
  return `${index}@${server_id}`;
}
