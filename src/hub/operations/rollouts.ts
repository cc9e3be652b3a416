// The rolling restarts that go on: begun, taken up after a restart of the hub, and told of what changes.
import { TailherdError } from "../../contract/errors.ts";
import type { Operation } from "../../contract/operations.ts";
import type { Actor, RollingPlan } from "../store/store.ts";
import type { NewOperation } from "./operations.ts";
import { type RolloutParts, RolloutRun } from "./rollout-run.ts";

export class Rollouts {
  private readonly parts: RolloutParts;
  private readonly runs = new Map<string, RolloutRun>();
  /** Services of operations that are being stored. */
  private readonly beginning = new Set<string>();
  private readonly listening = new DisposableStack();

  constructor(parts: RolloutParts) {
    this.parts = parts;
    this.listening.use(
      parts.fleet.told.on((row) => {
        for (const run of this.runs.values()) run.saw(row);
      }),
    );
    this.listening.use(
      parts.fleet.changed.on(() => {
        for (const run of this.runs.values()) run.look();
      }),
    );
    this.listening.use(
      parts.operations.moved.on(({ id, ended_at }) => {
        if (ended_at !== null) this.forget(id);
      }),
    );
  }

  /** Takes up what the hub before had in hand. */
  resume(): void {
    for (const { operation, plan } of this.parts.operations.unfinished()) {
      if (plan.what === "rolling") this.add(operation, plan).resume();
    }
  }

  /**
   * Begins one; resolves when it is stored with its audit entry, and nothing is restarted before that (P15). Rejects with `refused`
   * where one of its services is being restarted a few at a time already.
   */
  async start(about: NewOperation & { plan: RollingPlan }, actor: Actor): Promise<Operation> {
    const names = about.plan.services.map(({ name }) => name);
    for (const name of names) this.refuseTwice(name);
    for (const name of names) this.beginning.add(name);
    try {
      const operation = await this.parts.operations.create(about, actor);
      this.add(operation, about.plan).look();
      return operation;
    } finally {
      for (const name of names) this.beginning.delete(name);
    }
  }

  /** Somebody paused, resumed or cancelled it. */
  reconsider(id: string): void {
    this.runs.get(id)?.look();
  }

  close(): void {
    this.listening.dispose();
    for (const id of this.runs.keys()) this.forget(id);
  }

  private refuseTwice(name: string): void {
    const other = [...this.runs.values()].find(({ plan }) => plan.services.some((service) => service.name === name));
    if (other === undefined && !this.beginning.has(name)) return;
    const by = other === undefined ? "another one begins just now" : `operation ${other.operation.id} is at it`;
    const words = `Cannot begin a rolling restart of "${name}": ${by}; wait for its end, or cancel it`;
    throw new TailherdError("refused", words);
  }

  private add(operation: Operation, plan: RollingPlan): RolloutRun {
    const run = new RolloutRun(operation, plan, this.parts);
    this.runs.set(operation.id, run);
    return run;
  }

  private forget(id: string): void {
    this.runs.get(id)?.close();
    this.runs.delete(id);
  }
}
