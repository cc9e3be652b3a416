// One rolling restart. What is to be done is decided by rollout-rules.ts; here it is put on record, done, and watched.
//
// Before an instance is restarted its target and its generation are on the disk. So a hub that ended at any step goes on from there:
// a target in hand whose generation is another one by now was restarted, and is watched on; any other is restarted (again).
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation, OperationState, OperationTarget } from "../../contract/operations.ts";
import type { InstanceStatus } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { ServiceActs } from "../services/service-acts.ts";
import type { RollingPlan, RollingService } from "../store/store.ts";
import { isOver } from "./operation-rules.ts";
import { type Operations, targetOf } from "./operations.ts";
import type { PutBack } from "./rollout-back.ts";
import type { FleetView } from "./rollout-fleet.ts";
import { estimatedEnd, paceOf } from "./rollout-estimate.ts";
import { type Hand, instanceName, nextStep, type Step, steadyAfter } from "./rollout-rules.ts";

/** Milliseconds between two looks: many agents tell at once, and a look goes over all targets. */
const LOOK_AT_MOST = 100;
/** Words of progress count down; no timer waits longer than this while something is in hand. */
const LOOK_AGAIN = SECOND;
/** Milliseconds until something is tried again that could not be stored, or that nobody answered. */
const TRY_AGAIN = 2 * SECOND;
/** After a restart of the hub agents have so long to come back before a target's time counts. */
const GRACE = 30 * SECOND;

/** What rolling restarts work with. */
export interface RolloutParts {
  operations: Operations;
  fleet: Pick<FleetView, "see" | "othersDown" | "told" | "changed">;
  acts: Pick<ServiceActs, "restartOne">;
  putBack: PutBack;
  clock: Clock;
  logger: Logger;
}

type End = {
  place: number;
  state: Extract<OperationState, "done" | "failed" | "unknown" | "cancelled">;
  message: string;
};

/** A rolling restart in hand. */
export class RolloutRun {
  readonly operation: Operation;
  readonly plan: RollingPlan;
  private readonly parts: RolloutParts;
  /** By place. One of a target that is queued again only says that an act goes on. */
  private readonly hands = new Map<number, Hand>();
  private stuckSince: number | null = null;
  /** A failure is being dealt with: nothing is looked at meanwhile. */
  private halting = false;
  /** Nothing is begun before this, after something could not be stored. */
  private notBefore = 0;
  private timer: Timer | undefined;
  private looking: Timer | undefined;
  private lookedAt = Number.NEGATIVE_INFINITY;
  private closed = false;

  constructor(operation: Operation, plan: RollingPlan, parts: RolloutParts) {
    this.operation = operation;
    this.plan = plan;
    this.parts = parts;
  }

  /** Takes up what the hub before had in hand. */
  resume(): void {
    const { halt, back } = this.plan;
    this.stuckSince = this.parts.clock.monotonic() + GRACE;
    for (const [place, { state }] of this.operation.targets.entries()) {
      if (state === "running") this.hands.set(place, newHand(this.stuckSince, { acting: false }));
    }
    if (halt !== null && back === null && !isOver(this.target(halt.place).state)) void this.halt(halt);
    else this.look();
  }

  /** Soon, whatever there is to do by then. */
  look(): void {
    const { clock } = this.parts;
    const wait = Math.max(0, this.lookedAt + LOOK_AT_MOST - clock.monotonic());
    this.looking ??= clock.after(wait, () => this.lookNow());
  }

  /** An agent told of an instance: of one in hand a break must not be missed, however short. */
  saw({ service, server_id, index }: InstanceStatus): void {
    for (const place of this.hands.keys()) {
      const target = this.target(place);
      if (target.service !== service || target.server_id !== server_id || target.index !== index) continue;
      this.watch(place);
      this.look();
    }
  }

  close(): void {
    this.closed = true;
    this.looking?.cancel();
    this.timer?.cancel();
  }

  private watch(place: number): void {
    const hand = this.hands.get(place);
    if (hand === undefined) return;
    const now = this.parts.clock.monotonic();
    const seen = this.parts.fleet.see(this.target(place));
    hand.steady = steadyAfter(hand, seen, this.plan.before[place], now);
    if (seen.linked) hand.since = Math.min(hand.since, now);
  }

  private lookNow(): void {
    const { clock, fleet } = this.parts;
    const { operation, plan, hands } = this;
    this.looking?.cancel();
    this.timer?.cancel();
    this.looking = undefined;
    this.lookedAt = clock.monotonic();
    if (this.closed || this.halting || operation.ended_at !== null) return;
    if (operation.cancelling) this.cancelQueued("cancelled");
    for (const place of hands.keys()) this.watch(place);
    const now = clock.monotonic();
    const { targets, paused } = operation;
    const seen = targets.map((target) => fleet.see(target));
    const othersDown = (service: string): number => fleet.othersDown(service, targets);
    const step = nextStep({ plan, targets, seen, othersDown, hands, stuckSince: this.stuckSince, paused }, now);
    this.stuckSince = step.stuckSince;
    this.carryOut(step, now);
    if (operation.ended_at !== null || this.halting) return;
    this.tell(step, now);
    const wait = Math.min((step.until ?? Number.POSITIVE_INFINITY) - now, LOOK_AGAIN);
    if (hands.size > 0 || step.until !== null) this.timer = clock.after(Math.max(0, wait), () => this.look());
    if (step.ends.length > 0) this.look();
  }

  private tell({ words }: Step, now: number): void {
    const { clock, operations } = this.parts;
    if (words === null) return;
    const end = this.operation.paused
      ? undefined
      : estimatedEnd(paceOf(this.plan, this.operation.targets, this.hands), now);
    const at = end === undefined ? undefined : Math.round((clock.now() + end - now) / SECOND) * SECOND;
    const estimated_end = at === undefined ? null : new Date(at).toISOString();
    operations.progressing(this.operation.id, { words, estimated_end });
  }

  private carryOut({ ends, begin, again }: Step, now: number): void {
    const failure = ends.find(({ state }) => state !== "done");
    // Of several failures one is dealt with; the others are found again, or rolled back with it.
    for (const end of ends) if (end.state === "done") this.settle(end);
    if (failure !== undefined) return void this.halt(failure);
    if (now >= this.notBefore) for (const place of begin) void this.begin(place);
    for (const place of again) void this.act(place);
  }

  private async begin(place: number): Promise<void> {
    const { clock, operations, fleet, logger } = this.parts;
    const { id } = this.operation;
    const hand = newHand(clock.monotonic(), { acting: true });
    this.plan.before[place] = fleet.see(this.target(place)).generation;
    this.hands.set(place, hand);
    this.change(place, { state: "running", message: null, started_at: new Date(clock.now()).toISOString() });
    try {
      await operations.save(id);
    } catch (error) {
      if (this.closed) return;
      // What is not on record is not done.
      logger.warn({ err: error, operation: id }, "Cannot put on record what a rolling restart begins; trying again");
      this.notBefore = clock.monotonic() + TRY_AGAIN;
      clock.after(TRY_AGAIN, () => this.look());
      return this.takeBack(place);
    }
    // Another one may have failed meanwhile.
    if (this.halting || (this.plan.back === null && isHalted(this.operation))) return this.takeBack(place);
    if (this.hands.get(place) === hand) await this.act(place);
  }

  /** It was not begun after all. */
  private takeBack(place: number): void {
    this.hands.delete(place);
    delete this.plan.before[place];
    this.change(place, { state: "queued", started_at: null });
    if (!this.halting && isHalted(this.operation)) this.cancelQueued("another one failed");
  }

  private async act(place: number): Promise<void> {
    const { acts, clock } = this.parts;
    const hand = this.hands.get(place);
    const { service, index, server_id } = this.target(place);
    if (hand === undefined || this.closed) return;
    hand.acting = true;
    let failure: string | undefined;
    try {
      const actor = { principal: this.operation.by, from: this.plan.from };
      const result = await acts.restartOne(service ?? "", index ?? 0, server_id ?? "", actor);
      if (result !== undefined && result.outcome !== "done") failure = result.message;
      hand.acted = result !== undefined;
    } catch (error) {
      const code = error instanceof TailherdError ? error.code : undefined;
      // Whether it happened is seen when its agent is there again.
      const lost = code === "agent_away" || code === "timed_out";
      if (!lost) failure = error instanceof Error ? error.message : String(error);
      hand.notBefore = clock.monotonic() + TRY_AGAIN;
    }
    hand.acting = false;
    if (this.closed) return;
    // It may have been given up meanwhile, or is to be rolled back.
    const concerns = this.hands.get(place) === hand && this.target(place).state === "running" && !this.halting;
    if (failure !== undefined && concerns) await this.halt({ place, state: "failed", message: failure });
    else this.look();
  }

  /** Nothing more is begun; where it was wished, what ran before is put back. */
  private async halt({ place, state, message }: Pick<End, "place" | "state" | "message">): Promise<void> {
    const { operations, putBack, logger, clock } = this.parts;
    const { operation, plan } = this;
    const end = { place, state: state === "unknown" ? state : ("failed" as const), message };
    const service = plan.services.find(({ name }) => name === this.target(place).service);
    if (this.closed) return;
    if (plan.back !== null) return this.giveUp({ ...end, message: `Rolling back: ${message}` });
    if (!plan.options.rollback || isHalted(operation) || !this.hasRestarted(service)) return this.giveUp(end);
    this.halting = true;
    plan.halt = end;
    try {
      await operations.save(operation.id);
      const put = await putBack(service, { principal: operation.by, from: plan.from });
      this.halting = false;
      if (put.outcome === "saved") this.turnRound(end, service.name, put.revision);
      else this.giveUp({ ...end, message: `${message}. Not rolled back: ${put.why}` });
    } catch (error) {
      const about = { err: error, operation: operation.id };
      logger.warn(about, "Cannot put back the definition that ran before; trying again");
      clock.after(TRY_AGAIN, () => void this.halt(end));
    }
  }

  /** Whether anything of a service was restarted: else there is nothing to roll back. */
  private hasRestarted(service: RollingService | undefined): service is RollingService {
    return this.operation.targets.some(
      (target, place) => target.service === service?.name && this.plan.before[place] !== undefined,
    );
  }

  private giveUp(end: End): void {
    // Told of first: the operation ends with the last of the others.
    this.settle(end);
    this.cancelQueued(`${this.nameOf(end.place)} failed`);
    this.look();
  }

  /** From now on what was restarted of the service is restarted once more, with the definition that was put back. */
  private turnRound(end: End, service: string, revision: number): void {
    const { operation, plan, hands } = this;
    const message = `To be restarted with revision ${revision}, which ran before`;
    plan.back = { service, revision };
    for (const [place, target] of operation.targets.entries()) {
      if (target.service !== service || plan.before[place] === undefined) continue;
      if (hands.get(place)?.acting !== true) hands.delete(place);
      this.change(place, { state: "queued", message, started_at: null, ended_at: null });
    }
    // After that, lest the operation end in between.
    const why = `Not begun: ${this.nameOf(end.place)} failed`;
    for (const [place, target] of operation.targets.entries()) {
      if (target.state !== "queued" || plan.before[place] !== undefined) continue;
      this.settle(place === end.place ? end : { place, state: "cancelled", message: why });
    }
    this.look();
  }

  private cancelQueued(why: string): void {
    const message = `${this.plan.back === null ? "Not begun" : "Not rolled back"}: ${why}`;
    for (const [place, { state }] of this.operation.targets.entries()) {
      if (state === "queued") this.settle({ place, state: "cancelled", message });
    }
  }

  private settle(end: End): void {
    const { place } = end;
    this.hands.delete(place);
    const { state, message } = end.state === "done" && this.plan.back !== null ? rolledBack(this.plan, end) : end;
    this.change(place, { state, message, ended_at: new Date(this.parts.clock.now()).toISOString() });
  }

  private change(place: number, change: Partial<OperationTarget>): void {
    this.parts.operations.update(this.operation.id, place, change);
  }

  private target(place: number): OperationTarget {
    return targetOf(this.operation, place);
  }

  private nameOf(place: number): string {
    return instanceName(this.target(place), this.operation.targets);
  }
}

function newHand(since: number, { acting }: { acting: boolean }): Hand {
  return { acting, acted: false, notBefore: 0, since, steady: null };
}

/** One failed before: what was left was cancelled then. */
function isHalted({ counts }: Operation): boolean {
  return counts.failed + counts.unknown > 0;
}

/** What becomes of a target that is well with what ran before. */
function rolledBack({ back, halt }: RollingPlan, { place, message }: End): Pick<End, "state" | "message"> {
  const words = `Rolled back to revision ${back?.revision}, which ran before. ${message}`;
  if (halt?.place !== place) return { state: "cancelled", message: words };
  return { state: halt.state, message: `${halt.message}. ${words}` };
}
