// Carries rolling restarts out. What is to be done is decided by rollout-rules.ts; here it is put on record, done, and watched.
//
// Before an instance is restarted its target and its generation are on the disk. So a hub that ended at any step goes on from there:
// a target in hand whose generation is another one by now was restarted, and is watched on; any other is restarted (again).
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation } from "../../contract/operations.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { ServiceActs } from "../services/service-acts.ts";
import type { Actor, RollingPlan, RollingService } from "../store/store.ts";
import { isOver } from "./operation-rules.ts";
import { type NewOperation, type Operations, targetOf } from "./operations.ts";
import type { PutBack } from "./rollout-back.ts";
import type { FleetView } from "./rollout-fleet.ts";
import {
  estimatedEnd,
  type Hand,
  instanceName,
  nextStep,
  paceOf,
  type RolloutView,
  type Step,
  steadyAfter,
  type TargetEnd,
} from "./rollout-rules.ts";

/** Words of progress count down; no timer waits longer than this while something is in hand. */
const LOOK_AGAIN = SECOND;
/** Milliseconds until something is tried again that could not be stored, or that nobody answered. */
const TRY_AGAIN = 2 * SECOND;

/** A rolling restart in hand. */
interface Run {
  operation: Operation;
  plan: RollingPlan;
  /** By place. One of a target that is queued again only says that an act goes on. */
  hands: Map<number, Hand>;
  stuckSince: number | null;
  /** A failure is being dealt with: nothing is looked at meanwhile. */
  halting: boolean;
  /** Nothing is begun before this, Unix milliseconds, after something could not be stored. */
  notBefore: number;
  timer: Timer | undefined;
  looking: NodeJS.Immediate | undefined;
}

export interface RolloutsOptions {
  operations: Operations;
  fleet: FleetView;
  acts: Pick<ServiceActs, "restartOne">;
  putBack: PutBack;
  clock: Clock;
  logger: Logger;
}

/** All rolling restarts that go on. */
export class Rollouts {
  private readonly options: RolloutsOptions;
  private readonly runs = new Map<string, Run>();
  /** Services of operations that are being stored. */
  private readonly beginning = new Set<string>();
  private readonly listening = new DisposableStack();
  private closed = false;

  constructor(options: RolloutsOptions) {
    this.options = options;
    this.listening.use(options.fleet.told.on((row) => this.saw(row)));
    this.listening.use(options.fleet.changed.on(() => this.lookAtAll()));
  }

  /** Takes up what the hub before had in hand. */
  resume(): void {
    const now = this.options.clock.now();
    for (const { operation, plan } of this.options.operations.unfinished()) {
      if (plan.what !== "rolling") continue;
      const run = this.add(operation, plan);
      for (const [place, { state }] of operation.targets.entries()) {
        // Nobody looked meanwhile: its time counts from now.
        if (state === "running") run.hands.set(place, newHand(now, { acting: false }));
      }
      const halted = plan.halt !== null && plan.back === null && !isOver(targetOf(operation, plan.halt.place).state);
      if (halted && plan.halt !== null) void this.halt(run, plan.halt);
      else this.look(run);
    }
  }

  /** Throws `refused` where one of the services is being restarted a few at a time already. */
  refuseTwice(services: readonly { name: string }[]): void {
    for (const { name } of services) {
      const other = [...this.runs.values()].find(({ plan }) => plan.services.some((service) => service.name === name));
      if (other === undefined && !this.beginning.has(name)) continue;
      const by = other === undefined ? "another one begins just now" : `operation ${other.operation.id} is at it`;
      throw new TailherdError(
        "refused",
        `Cannot begin a rolling restart of "${name}": ${by}; wait for it, or cancel it`,
      );
    }
  }

  /** Begins one; resolves when it is stored with its audit entry, and nothing is restarted before that (P15). */
  async start(about: NewOperation & { plan: RollingPlan }, actor: Actor): Promise<Operation> {
    const { services } = about.plan;
    this.refuseTwice(services);
    for (const { name } of services) this.beginning.add(name);
    try {
      const operation = await this.options.operations.create(about, actor);
      this.look(this.add(operation, about.plan));
      return operation;
    } finally {
      for (const { name } of services) this.beginning.delete(name);
    }
  }

  /** Somebody paused, resumed or cancelled it. */
  reconsider(id: string): void {
    const run = this.runs.get(id);
    if (run !== undefined) this.look(run);
  }

  close(): void {
    this.closed = true;
    this.listening.dispose();
    for (const run of this.runs.values()) this.forget(run);
  }

  private add(operation: Operation, plan: RollingPlan): Run {
    const none = { timer: undefined, looking: undefined, stuckSince: null, halting: false, notBefore: 0 };
    const run: Run = { operation, plan, hands: new Map(), ...none };
    this.runs.set(operation.id, run);
    return run;
  }

  /** An agent told of an instance: a break must not be missed, however short. */
  private saw({ service, server_id, index }: InstanceStatus): void {
    for (const run of this.runs.values()) {
      if (!run.plan.services.some(({ name }) => name === service)) continue;
      for (const place of run.hands.keys()) {
        const target = targetOf(run.operation, place);
        if (target.service === service && target.server_id === server_id && target.index === index)
          this.steady(run, place);
      }
      this.look(run);
    }
  }

  private steady(run: Run, place: number): void {
    const hand = run.hands.get(place);
    if (hand === undefined) return;
    const seen = this.options.fleet.see(targetOf(run.operation, place));
    hand.steady = steadyAfter(hand, seen, run.plan.before[place], this.options.clock.now());
  }

  private lookAtAll(): void {
    for (const run of this.runs.values()) {
      for (const place of run.hands.keys()) this.steady(run, place);
      this.look(run);
    }
  }

  private look(run: Run): void {
    run.looking ??= setImmediate(() => this.lookNow(run));
  }

  private lookNow(run: Run): void {
    const { clock, operations } = this.options;
    clearImmediate(run.looking);
    run.timer?.cancel();
    run.looking = undefined;
    if (this.closed || run.halting || run.operation.ended_at !== null) return;
    if (run.operation.cancelling)
      this.cancelQueued(run, run.plan.back === null ? "Not begun: cancelled" : "Not rolled back: cancelled");
    for (const place of run.hands.keys()) this.steady(run, place);
    const now = clock.now();
    const view = this.viewOf(run);
    const step = nextStep(view, now);
    run.stuckSince = step.stuckSince;
    this.carryOut(run, now < run.notBefore ? { ...step, begin: [] } : step);
    if (run.operation.ended_at !== null || run.halting) return;
    const end = run.operation.paused ? undefined : estimatedEnd(paceOf(view), now);
    if (step.words !== null) {
      const estimated_end = end === undefined ? null : new Date(Math.round(end / SECOND) * SECOND).toISOString();
      operations.progressing(run.operation.id, { words: step.words, estimated_end });
    }
    const wait = Math.min((step.until ?? Number.POSITIVE_INFINITY) - now, LOOK_AGAIN);
    if (run.hands.size > 0 || step.until !== null) run.timer = clock.after(Math.max(0, wait), () => this.look(run));
    if (step.ends.length > 0) this.look(run);
  }

  private viewOf({ operation, plan, hands, stuckSince }: Run): RolloutView {
    const { fleet } = this.options;
    const { targets, paused } = operation;
    return {
      plan,
      targets,
      seen: targets.map((target) => fleet.see(target)),
      othersDown: (service) => fleet.othersDown(service, targets),
      hands,
      stuckSince,
      paused,
    };
  }

  private carryOut(run: Run, step: Step): void {
    const failure = step.ends.find(({ state }) => state !== "done");
    // Of several failures one is dealt with; the others are found again, or rolled back with it.
    for (const end of step.ends) if (end.state === "done") this.settle(run, end);
    if (failure !== undefined) return void this.halt(run, failure);
    for (const place of step.begin) void this.begin(run, place);
    for (const place of step.again) void this.act(run, place);
  }

  private async begin(run: Run, place: number): Promise<void> {
    const { clock, operations, fleet, logger } = this.options;
    const { id } = run.operation;
    const now = clock.now();
    run.plan.before[place] = fleet.see(targetOf(run.operation, place)).generation;
    run.hands.set(place, newHand(now, { acting: true }));
    operations.update(id, place, { state: "running", message: null, started_at: new Date(now).toISOString() });
    try {
      await operations.save(id);
    } catch (error) {
      // What is not on record is not done; it is tried again, until it is stuck for too long.
      logger.warn(
        { err: error, operation: id },
        "Cannot begin the next instance of a rolling restart: it cannot be stored",
      );
      run.hands.delete(place);
      delete run.plan.before[place];
      run.notBefore = clock.now() + TRY_AGAIN;
      if (this.closed) return;
      operations.update(id, place, { state: "queued", started_at: null });
      clock.after(TRY_AGAIN, () => this.look(run));
      return;
    }
    await this.act(run, place);
  }

  private async act(run: Run, place: number): Promise<void> {
    const { acts, clock } = this.options;
    const hand = run.hands.get(place);
    const { service, index, server_id } = targetOf(run.operation, place);
    if (hand === undefined || this.closed) return;
    hand.acting = true;
    let failure: string | undefined;
    try {
      const actor = { principal: run.operation.by, from: run.plan.from };
      const result = await acts.restartOne(service ?? "", index ?? 0, server_id ?? "", actor);
      if (result !== undefined && result.outcome !== "done") failure = result.message;
      hand.acted = result !== undefined;
    } catch (error) {
      const code = error instanceof TailherdError ? error.code : undefined;
      const lost = code === "agent_away" || code === "timed_out";
      if (!lost) failure = error instanceof Error ? error.message : String(error);
      hand.notBefore = clock.now() + TRY_AGAIN;
    }
    hand.acting = false;
    if (this.closed) return;
    // It may have been given up meanwhile, or is to be rolled back.
    const concerns = run.hands.get(place) === hand && targetOf(run.operation, place).state === "running";
    if (failure !== undefined && concerns && !run.halting) {
      return void this.halt(run, { place, state: "failed", message: failure });
    }
    this.look(run);
  }

  /** Nothing more is begun; where it was wished, what ran before is put back. */
  private async halt(run: Run, end: Pick<TargetEnd, "place" | "state" | "message">): Promise<void> {
    const { operations, putBack, logger, clock } = this.options;
    const { operation, plan } = run;
    const { place, message } = end;
    const state = end.state === "unknown" ? "unknown" : "failed";
    const service = plan.services.find(({ name }) => name === targetOf(operation, place).service);
    if (!plan.options.rollback || plan.back !== null || isHalted(operation) || !hasRestarted(run, service)) {
      return this.giveUp(run, { place, state, message: plan.back === null ? message : `Rolling back: ${message}` });
    }
    run.halting = true;
    plan.halt = { place, state, message };
    try {
      await operations.save(operation.id);
      const put = await putBack(service, { principal: operation.by, from: plan.from });
      run.halting = false;
      if (put.outcome === "saved") this.turnRound(run, { ...plan.halt, service: service.name, revision: put.revision });
      else this.giveUp(run, { place, state, message: `${message}. Not rolled back: ${put.why}` });
    } catch (error) {
      logger.warn(
        { err: error, operation: operation.id },
        "Cannot put back the definition that ran before; trying again",
      );
      if (!this.closed) clock.after(TRY_AGAIN, () => void this.halt(run, end));
    }
  }

  private giveUp(run: Run, end: TargetEnd): void {
    const { operation, plan } = run;
    const name = instanceName(targetOf(operation, end.place), operation.targets);
    this.settle(run, end);
    this.cancelQueued(run, `${plan.back === null ? "Not begun" : "Not rolled back"}: ${name} failed`);
    this.look(run);
  }

  /** From now on what was restarted of the service that failed is restarted once more, with the definition that was put back. */
  private turnRound(run: Run, to: TargetEnd & { service: string; revision: number }): void {
    const { operation, plan, hands } = run;
    const { service, revision, place: failed } = to;
    const name = instanceName(targetOf(operation, failed), operation.targets);
    plan.back = { service, revision };
    for (const [place, target] of operation.targets.entries()) {
      if (target.service === service && plan.before[place] !== undefined) {
        if (hands.get(place)?.acting !== true) hands.delete(place);
        const message = `To be restarted with revision ${revision}, which ran before`;
        this.options.operations.update(operation.id, place, {
          state: "queued",
          message,
          started_at: null,
          ended_at: null,
        });
      } else if (place === failed) this.settle(run, to);
      else if (target.state === "queued")
        this.settle(run, { place, state: "cancelled", message: `Not begun: ${name} failed` });
    }
    this.look(run);
  }

  private cancelQueued(run: Run, message: string): void {
    for (const [place, { state }] of run.operation.targets.entries()) {
      if (state === "queued") this.settle(run, { place, state: "cancelled", message });
    }
  }

  private settle(run: Run, end: Omit<TargetEnd, "state"> & { state: TargetEnd["state"] | "cancelled" }): void {
    const { operations, clock } = this.options;
    const { operation, plan } = run;
    const { place } = end;
    run.hands.delete(place);
    const { state, message } = end.state === "done" && plan.back !== null ? rolledBack(plan, place) : end;
    operations.update(operation.id, place, { state, message, ended_at: new Date(clock.now()).toISOString() });
    if (operation.ended_at !== null) this.forget(run);
  }

  private forget(run: Run): void {
    clearImmediate(run.looking);
    run.timer?.cancel();
    this.runs.delete(run.operation.id);
  }
}

/** Whether anything of a service was restarted: else there is nothing to put back. */
function hasRestarted({ operation, plan }: Run, service: RollingService | undefined): service is RollingService {
  return operation.targets.some(
    (target, place) => target.service === service?.name && plan.before[place] !== undefined,
  );
}

function newHand(since: number, { acting }: { acting: boolean }): Hand {
  return { acting, acted: false, notBefore: 0, since, steady: null };
}

/** A failure came before this one: what was left was cancelled then. */
function isHalted({ counts }: Operation): boolean {
  return counts.failed + counts.unknown > 0;
}

/** What becomes of a target that runs again with what ran before. */
function rolledBack(
  { back, halt }: RollingPlan,
  place: number,
): { state: "failed" | "unknown" | "cancelled"; message: string } {
  const words = `restarted with revision ${back?.revision}, which ran before`;
  if (halt?.place === place) return { state: halt.state, message: `${halt.message}. Rolled back: ${words}` };
  return { state: "cancelled", message: `Rolled back: ${words}` };
}
