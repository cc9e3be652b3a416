// The book of long acts: each target's state as it changes, kept in the store through a restart, told to who looks at most each
// 100 ms. Who does them is elsewhere: act-run.ts on services, command-runs.ts on servers.
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { TailText } from "../../base/tail-text.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation, OperationTarget } from "../../contract/operations.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Actor, OperationPlan, Store, StoredOperation, TargetChange } from "../store/store.ts";
import { countsOf, isOver, NO_TARGETS, outputLimit, stateOf, withOutput } from "./operation-rules.ts";

/** So many operations, and targets of all of them, are kept. */
const KEPT = 1000;
const KEPT_TARGETS = 20_000;
/** So many of them are listed. */
const LISTED = 200;
/** Milliseconds between what is told and stored of one operation. */
const TELL_EVERY = 100;
const STORE_AGAIN = 2 * SECOND;
const NONE: ReadonlySet<number> = new Set();

/** An operation, and its targets that changed since it was told before. */
export interface OperationTold {
  operation: Operation;
  places: ReadonlySet<number>;
}

/** Text that a target printed; `at` is how many characters came before it. */
export interface OperationOutput {
  id: string;
  place: number;
  at: number;
  text: string;
}

/** A new operation's facts. */
export interface NewOperation {
  kind: string;
  title: string;
  plan: OperationPlan;
  targets: (Pick<OperationTarget, "service" | "server_id" | "server"> & { index?: number | null })[];
}

interface Entry {
  operation: Operation;
  plan: OperationPlan;
  /** Of targets that go on. */
  outputs: Map<number, TailText>;
  /** Changed since it was told, and since it was stored (with the output of those that ended). */
  untold: Set<number>;
  unstored: Map<number, string | undefined>;
  timer: Timer | undefined;
}

export interface OperationsOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
}

/** All recent operations. */
export class Operations {
  /** An operation that changed, its changes of a moment together. Outputs are left out. */
  readonly changed = new Emitter<OperationTold>();
  /** Each change as it happens, for who waits. */
  readonly moved = new Emitter<Operation>();
  readonly printed = new Emitter<OperationOutput>();
  private readonly entries = new Map<string, Entry>();
  private readonly options: OperationsOptions;
  private closed = false;

  private constructor(options: OperationsOptions) {
    this.options = options;
  }

  /** Acts that the hub before had in hand are told as unknown, since it did them itself, and those it had not begun as cancelled. */
  static async load(options: OperationsOptions): Promise<Operations> {
    const book = new Operations(options);
    for (const { about, plan, targets } of await options.store.listOperations()) {
      const operation = filledIn({ ...about, counts: countsOf(targets), targets });
      book.entries.set(about.id, newEntry(operation, plan));
      if (plan.what === "act" && about.ended_at === null) book.giveUp(operation);
    }
    return book;
  }

  /** The newest 200, newest first. */
  list(): Operation[] {
    const newest = [...this.entries.values()].slice(-LISTED);
    return newest.map(({ operation }) => operation).toReversed();
  }

  /** Those that go on. */
  unfinished(): { operation: Operation; plan: OperationPlan }[] {
    return [...this.entries.values()].filter(({ operation }) => operation.ended_at === null);
  }

  /** Without outputs. Throws `not_found`. */
  require(id: string): Operation {
    return this.entryOf(id).operation;
  }

  /** The same, of one that there may not be. */
  find(id: string): Operation | undefined {
    return this.entries.get(id)?.operation;
  }

  /** The operation once it has ended, or as it is after `patience` milliseconds; without outputs. Rejects with `not_found`. */
  async wait(id: string, patience: number): Promise<Operation> {
    const operation = this.require(id);
    if (isOver(operation.state) || patience === 0) return operation;
    const { promise, resolve } = Promise.withResolvers<void>();
    using listening = this.moved.on((moved) => {
      if (moved === operation && isOver(moved.state)) resolve();
    });
    void listening;
    const timer = this.options.clock.after(patience, resolve);
    await promise;
    timer.cancel();
    return operation;
  }

  planOf(id: string): OperationPlan {
    return this.entryOf(id).plan;
  }

  /** With outputs, as far as one answer holds them; of the targets that fit only. */
  async read(id: string, fits: (target: OperationTarget) => boolean = () => true): Promise<Operation> {
    const { operation } = this.entryOf(id);
    const places = [...operation.targets.keys()].filter((place) => fits(targetOf(operation, place)));
    const outputs = await this.outputs(id, places.length === 1 ? places[0] : undefined);
    const targets = places.map((place) =>
      withOutput(targetOf(operation, place), outputs.get(place)?.text ?? "", places.length),
    );
    return { ...operation, targets };
  }

  /** What targets printed so far, as much as is kept, and how many characters came before that. */
  async outputs(id: string, place?: number): Promise<Map<number, { text: string; at: number }>> {
    const { operation, outputs } = this.entryOf(id);
    const found = new Map<number, { text: string; at: number }>();
    for (const [at, text] of await this.options.store.operationOutputs(id, place)) {
      found.set(at, { text, at: targetOf(operation, at).output_dropped });
    }
    for (const [at, tail] of outputs) found.set(at, { text: tail.text, at: tail.dropped });
    return found;
  }

  /** Begins one: stored with its audit entry when this resolves (P15), nothing of it done yet. */
  async create({ kind, title, plan, targets }: NewOperation, actor: Actor): Promise<Operation> {
    const fresh = { state: "queued", message: null, started_at: null, ended_at: null, exit_code: null } as const;
    const operation: Operation = {
      id: randomUUID(),
      kind,
      title,
      state: plan.what === "command" ? "queued" : "running",
      by: actor.principal,
      created_at: this.nowIso(),
      ended_at: null,
      cancelling: false,
      paused: false,
      progress: null,
      counts: { ...NO_TARGETS, queued: targets.length },
      targets: targets.map((target) => ({ index: null, ...target, ...fresh, output: "", output_dropped: 0 })),
    };
    const forget = this.oldOnes();
    await this.options.store.createOperation(storedOf(operation, plan), forget, actor);
    for (const id of forget) this.entries.delete(id);
    this.entries.set(operation.id, newEntry(operation, plan));
    this.changed.emit({ operation, places: new Set(operation.targets.keys()) });
    return operation;
  }

  /** Changes a target; what of it is not said stays. */
  update(id: string, place: number, change: Partial<OperationTarget>): void {
    const entry = this.entryOf(id);
    const { operation } = entry;
    const before = targetOf(operation, place);
    const target = { ...before, ...change };
    operation.targets[place] = target;
    operation.counts[before.state] -= 1;
    operation.counts[target.state] += 1;
    entry.untold.add(place);
    entry.unstored.set(place, entry.unstored.get(place));
    if (isOver(target.state)) this.endOutput(entry, place);
    const state = stateOf(operation.counts);
    // Acts of the hub itself have no way to wait for: they run from the beginning.
    operation.state = entry.plan.what !== "command" && !isOver(state) ? "running" : state;
    if (isOver(state)) {
      operation.ended_at ??= this.nowIso();
      operation.progress = null;
    }
    this.touched(entry);
  }

  /** Somebody asked to stop it. */
  cancelling(id: string): void {
    const entry = this.entryOf(id);
    entry.operation.cancelling = true;
    this.touched(entry);
  }

  /** Somebody asked to begin nothing more of it for now, or to go on. */
  pausing(id: string, paused: boolean): void {
    const entry = this.entryOf(id);
    entry.operation.paused = paused;
    this.touched(entry);
  }

  /** How it goes, in words; told to who looks, and not stored. */
  progressing(id: string, progress: NonNullable<Operation["progress"]>): void {
    const entry = this.entryOf(id);
    const { operation } = entry;
    if (operation.ended_at !== null || isDeepStrictEqual(operation.progress, progress)) return;
    operation.progress = progress;
    this.changed.emit({ operation, places: NONE });
  }

  /** A target printed; what came before `at` and was never heard is counted as left out. */
  print(id: string, place: number, at: number, text: string): void {
    const { operation, outputs } = this.entryOf(id);
    const tail = outputs.get(place) ?? new TailText(outputLimit(operation.targets.length));
    outputs.set(place, tail);
    if (at > tail.total) tail.skip(at - tail.total);
    const fresh = text.slice(tail.total - at);
    if (fresh === "") return;
    const output = { id, place, at: tail.total, text: fresh };
    tail.add(fresh);
    this.printed.emit(output);
  }

  /** Stores what changed; rejects when the store does not take it. */
  async save(id: string): Promise<void> {
    const entry = this.entryOf(id);
    const { operation, unstored } = entry;
    // What cannot be put on record any more is not begun either.
    if (this.closed) throw new TailherdError("degraded", `Cannot go on with "${operation.title}": the hub ends`);
    entry.unstored = new Map();
    const changes = [...unstored].map(([place, output]): TargetChange => {
      return { place, target: targetOf(operation, place), ...(output !== undefined && { output }) };
    });
    try {
      const { about, plan } = storedOf(operation, entry.plan);
      // As it is now: it may be written later, and must fit the targets that are written with it.
      await this.options.store.noteOperation(
        about,
        changes,
        plan.what === "rolling" ? structuredClone(plan) : undefined,
      );
    } catch (error) {
      for (const [place, output] of unstored) entry.unstored.set(place, entry.unstored.get(place) ?? output);
      throw error;
    }
    // Kept until here, so that whoever asks meanwhile finds it.
    for (const [place, output] of unstored) if (output !== undefined) entry.outputs.delete(place);
  }

  /** Stores what is not stored yet. */
  async close(): Promise<void> {
    for (const { operation, timer, unstored } of this.entries.values()) {
      timer?.cancel();
      if (unstored.size > 0) await this.saveOr(operation.id);
    }
    this.closed = true;
  }

  private endOutput(entry: Entry, place: number): void {
    const tail = entry.outputs.get(place);
    if (tail === undefined) return;
    entry.unstored.set(place, tail.text);
    const target = targetOf(entry.operation, place);
    entry.operation.targets[place] = { ...target, output_dropped: tail.dropped };
  }

  private touched(entry: Entry): void {
    const { operation } = entry;
    this.moved.emit(operation);
    if (operation.ended_at !== null) this.flush(entry);
    else entry.timer ??= this.options.clock.after(TELL_EVERY, () => this.flush(entry));
  }

  private flush(entry: Entry): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    const places = entry.untold;
    entry.untold = new Set();
    void this.saveOr(entry.operation.id);
    this.changed.emit({ operation: entry.operation, places });
  }

  private async saveOr(id: string): Promise<void> {
    if (this.closed) return;
    try {
      await this.save(id);
    } catch (error) {
      this.options.logger.warn({ err: error, operation: id }, "Cannot store how an operation goes");
      const entry = this.entries.get(id);
      if (entry !== undefined && !this.closed) {
        entry.timer ??= this.options.clock.after(STORE_AGAIN, () => this.flush(entry));
      }
    }
  }

  /** Of acts that another hub process did. */
  private giveUp(operation: Operation): void {
    for (const [place, { state, started_at }] of operation.targets.entries()) {
      if (isOver(state)) continue;
      const ended_at = this.nowIso();
      if (started_at === null) {
        this.update(operation.id, place, { state: "cancelled", ended_at, message: "Not begun: the hub ended" });
      } else {
        this.update(operation.id, place, { state: "unknown", ended_at, message: "The hub ended in the middle of it" });
      }
    }
  }

  private entryOf(id: string): Entry {
    const entry = this.entries.get(id);
    if (entry === undefined) throw new TailherdError("not_found", `There is no operation "${id}" (any more)`);
    return entry;
  }

  /** Ids of ended ones that are too many. */
  private oldOnes(): string[] {
    let targets = 0;
    for (const { operation } of this.entries.values()) targets += operation.targets.length;
    let left = this.entries.size;
    const old: string[] = [];
    for (const [id, { operation }] of this.entries) {
      if (left < KEPT && targets <= KEPT_TARGETS) break;
      if (operation.ended_at === null) continue;
      old.push(id);
      left -= 1;
      targets -= operation.targets.length;
    }
    return old;
  }

  private nowIso(): string {
    return new Date(this.options.clock.now()).toISOString();
  }
}

function newEntry(operation: Operation, plan: OperationPlan): Entry {
  return { operation, plan, outputs: new Map(), untold: new Set(), unstored: new Map(), timer: undefined };
}

function storedOf(operation: Operation, plan: OperationPlan): StoredOperation {
  const { id, kind, title, state, by, created_at, ended_at, cancelling, paused, targets } = operation;
  // How it goes at this moment is worth no writing.
  const about = { id, kind, title, state, by, created_at, ended_at, cancelling, paused, progress: null };
  return { about, plan, targets };
}

/** Operations that an older program stored know of no instances and no pauses. */
function filledIn(operation: Operation): Operation {
  const targets = operation.targets.map((target) => ({ ...target, index: target.index ?? null }));
  return { ...operation, paused: operation.paused ?? false, progress: null, targets };
}

/** Places come from the operation itself. */
export function targetOf(operation: Operation, place: number): OperationTarget {
  const target = operation.targets[place];
  if (target === undefined) throw new Error(`operation ${operation.id} has no target ${place}`);
  return target;
}
