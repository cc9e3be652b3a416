// Long acts with progress: each target's state as it changes. In memory, the last 200: what was done stands in the audit.
import { randomUUID } from "node:crypto";
import type { Clock } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation } from "../../contract/operations.ts";
import type { Actor } from "../store/store.ts";

const KEPT = 200;
/** Targets worked on at the same time: almost all of that time is waiting for processes to live or to end. */
const WIDTH = 256;

/** Does one target; resolves to words, rejects with a `TailherdError`. */
export type TargetWork = (service: string) => Promise<string>;

/** All recent operations. */
export class Operations {
  /** Each operation whenever something about it changed. */
  readonly changed = new Emitter<Operation>();
  private readonly operations = new Map<string, Operation>();
  private readonly clock: Clock;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Newest first. */
  list(): Operation[] {
    return [...this.operations.values()].toReversed();
  }

  /** Throws `not_found`. */
  require(id: string): Operation {
    const operation = this.operations.get(id);
    if (operation === undefined) throw new TailherdError("not_found", `There is no operation "${id}" (any more)`);
    return operation;
  }

  /** The operation once it has ended, or as it is after `patience` milliseconds. Rejects with `not_found`. */
  async wait(id: string, patience: number): Promise<Operation> {
    const operation = this.require(id);
    if (operation.state !== "running" || patience === 0) return operation;
    const { promise, resolve } = Promise.withResolvers<void>();
    using listening = this.changed.on((changed) => {
      if (changed === operation && changed.state !== "running") resolve();
    });
    void listening;
    const timer = this.clock.after(patience, resolve);
    await promise;
    timer.cancel();
    return operation;
  }

  /** Begins one and answers at once; `ended` resolves, never rejects, when every target is done or failed. */
  start(
    kind: string,
    services: readonly string[],
    actor: Actor,
    work: TargetWork,
  ): { operation: Operation; ended: Promise<void> } {
    const operation: Operation = {
      id: randomUUID(),
      kind,
      state: "running",
      by: actor.principal,
      created_at: this.nowIso(),
      ended_at: null,
      targets: [...new Set(services)].map((service) => ({ service, state: "queued", message: null })),
    };
    this.operations.set(operation.id, operation);
    this.dropOld();
    this.changed.emit(operation);
    return { operation, ended: this.run(operation, work) };
  }

  private async run(operation: Operation, work: TargetWork): Promise<void> {
    const queue = operation.targets.values();
    const worker = async (): Promise<void> => {
      for (const target of queue) {
        target.state = "running";
        this.changed.emit(operation);
        try {
          target.message = await work(target.service);
          target.state = "done";
        } catch (error) {
          target.message = error instanceof TailherdError ? error.message : "Something of ours broke";
          target.state = "failed";
        }
        this.changed.emit(operation);
      }
    };
    await Promise.all(Array.from({ length: WIDTH }, worker));
    operation.state = operation.targets.some(({ state }) => state === "failed") ? "failed" : "done";
    operation.ended_at = this.nowIso();
    this.changed.emit(operation);
  }

  private dropOld(): void {
    for (const [id, { state }] of this.operations) {
      if (this.operations.size <= KEPT) return;
      if (state !== "running") this.operations.delete(id);
    }
  }

  private nowIso(): string {
    return new Date(this.clock.now()).toISOString();
  }
}
