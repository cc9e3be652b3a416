// What a rolling restart does next: a pure function of its plan, of how far each target is, and of how the instances are now.
//
//   queued ──may be taken──► running: restarted, then watched ──ready for `stable` seconds──► done
//     │                         └──ended, gave up, or not stable within `timeout`──► failed: nothing more is begun
//     └──cannot be begun for `timeout` seconds (too many others are not ready, its server is away)──► failed
import { SECOND } from "../../base/units.ts";
import type { OperationState, OperationTarget } from "../../contract/operations.ts";
import type { InstanceState } from "../../contract/status.ts";
import type { RollingPlan, RollingService } from "../store/store.ts";
import { isOver } from "./operation-rules.ts";

/** An instance as far as the hub knows now. */
export interface Seen {
  /** It should run: nobody stopped it, and its service still belongs there. */
  wanted: boolean;
  /** Its server's agent is linked, and has told how things are. */
  linked: boolean;
  /** Null where its agent told nothing of it. */
  state: InstanceState | null;
  ready: boolean | null;
  generation: number | null;
  reason: string | null;
}

/** A target that is being restarted, or was and is not done yet. Times in milliseconds of a clock that never jumps. */
export interface Hand {
  /** The act goes on. */
  acting: boolean;
  /** The act was answered: it is not done again. */
  acted: boolean;
  /** Not done again before this, after an act that nobody answered. */
  notBefore: number;
  /** Its time counts from here; in the future after a restart of the hub, as long as its agent may take to come back. */
  since: number;
  /** Since when this generation is ready without a break; null while it is not. */
  steady: { generation: number; since: number } | null;
}

/** Everything that decides. */
export interface RolloutView {
  plan: Pick<RollingPlan, "options" | "services" | "before">;
  targets: readonly OperationTarget[];
  /** By place. */
  seen: readonly Seen[];
  /** How many instances of a service that should run, and are no targets, are not ready. */
  othersDown: (service: string) => number;
  hands: ReadonlyMap<number, Hand>;
  /** Since when nothing could be begun although nothing is in hand; null: it is not so. */
  stuckSince: number | null;
  /** Nothing more may be begun. */
  paused: boolean;
}

/** A target that is over. */
export interface TargetEnd {
  place: number;
  state: Extract<OperationState, "done" | "failed" | "unknown">;
  message: string;
}

/** What is to be done now. */
export interface Step {
  ends: TargetEnd[];
  /** Queued targets to restart. */
  begin: number[];
  /** Targets in hand whose restart has to be asked for again: the link or the hub died before anybody answered. */
  again: number[];
  stuckSince: number | null;
  /** What it waits for, in words; null when there is nothing to wait for. */
  words: string | null;
  /** When time alone changes something; null: never. */
  until: number | null;
}

/** Runs and is relied on by others. */
export function isAvailable({ linked, state, ready }: Seen): boolean {
  return linked && (state === "running" || state === "external") && ready !== false;
}

/** "web", "web on nas", "web #3 on nas": as much as tells it from the others. */
export function instanceName(
  { service, server, index }: Pick<OperationTarget, "service" | "server" | "index">,
  targets: readonly OperationTarget[],
): string {
  const own = targets.filter((target) => target.service === service);
  const numbered = own.some((target) => target.index !== own[0]?.index) || (index ?? 0) > 0;
  return `${service}${numbered ? ` #${index}` : ""}${server === null ? "" : ` on ${server}`}`;
}

/** Of a target in hand, after its instance was told anew: since when it is ready without a break. */
export function steadyAfter(hand: Hand, seen: Seen, before: number | null | undefined, now: number): Hand["steady"] {
  const { generation } = seen;
  if (generation === null || generation === before || !isAvailable(seen)) return null;
  return hand.steady?.generation === generation ? hand.steady : { generation, since: now };
}

/** States in which an agent does nothing about an instance by itself, so that an act is not in the middle of it. */
const AT_REST: ReadonlySet<InstanceState | null> = new Set([
  "running",
  "unhealthy",
  "backoff",
  "fatal",
  "exited",
  "external",
]);
const ENDED: ReadonlySet<InstanceState | null> = new Set(["backoff", "fatal", "exited"]);

/** What to do now, in milliseconds of the same clock as its times. Nothing is begun in a step that finds a failure. */
export function nextStep(view: RolloutView, now: number): Step {
  const step: Step = { ends: [], begin: [], again: [], stuckSince: null, words: null, until: null };
  for (const [place, hand] of view.hands) {
    // One that is queued once more is in hand no longer; only its act may still go on.
    if (targetAt(view, place).state === "running") lookAtHand(view, step, place, hand, now);
  }
  if (step.ends.some(({ state }) => state !== "done")) return step;
  const ended = new Set(step.ends.map(({ place }) => place));
  const service = view.plan.services.find(({ name }) =>
    view.targets.some((target, place) => target.service === name && !isOver(target.state) && !ended.has(place)),
  );
  if (service === undefined) return step;
  if (view.paused) step.words = step.words === null ? "paused" : `paused; ${step.words}`;
  else takeMore(view, step, service, ended, now);
  return step;
}

function lookAtHand(view: RolloutView, step: Step, place: number, hand: Hand, now: number): void {
  const { stable, timeout } = view.plan.options;
  const target = targetAt(view, place);
  const seen = seenAt(view, place);
  const before = view.plan.before[place];
  // Made for the one that speaks only: a name is made by a look at all targets.
  const name = (): string => instanceName(target, view.targets);
  const end = (state: TargetEnd["state"], message: string): void => void step.ends.push({ place, state, message });
  const waitFor = (words: () => string, until: number): void => {
    step.words ??= words();
    step.until = Math.min(step.until ?? until, until);
  };
  const deadline = hand.since + timeout * SECOND;
  const steady = steadyAfter(hand, seen, before, now);
  const fresh = seen.generation !== null && seen.generation !== before;
  if (!seen.wanted && !hand.acting) return end("done", "Left alone: somebody stopped it meanwhile");
  if (fresh && seen.linked && !hand.acting && ENDED.has(seen.state)) return end("failed", endedWords(seen));
  if (steady !== null && !hand.acting && now >= steady.since + stable * SECOND) {
    return end("done", stable === 0 ? "Restarted, and ready" : `Restarted, and ready for ${stable} s`);
  }
  if (now >= deadline) {
    if (seen.linked) return end("failed", `It was not ${lacks(seen, steady)} within ${timeout} s${saidOf(seen)}`);
    return end("unknown", `Nothing was heard of it for ${timeout} s: ${target.server} is not linked to the hub`);
  }
  if (hand.acting) return waitFor(() => `restarts ${name()}`, deadline);
  if (!seen.linked) return waitFor(() => `waits for ${target.server} to be linked to the hub`, deadline);
  if (!fresh && !hand.acted && AT_REST.has(seen.state)) {
    if (now >= hand.notBefore) step.again.push(place);
    return waitFor(() => `restarts ${name()}`, now >= hand.notBefore ? deadline : hand.notBefore);
  }
  if (steady === null) return waitFor(() => `waits for ${name()} to be ready`, deadline);
  const left = Math.ceil((steady.since + stable * SECOND - now) / SECOND);
  waitFor(() => `waits for ${name()} to be stable, ${left} s left`, Math.min(deadline, steady.since + stable * SECOND));
}

/** Takes as many queued targets of a service as may be taken. */
function takeMore(
  view: RolloutView,
  step: Step,
  service: RollingService,
  ended: ReadonlySet<number>,
  now: number,
): void {
  const { timeout } = view.plan.options;
  const own = [...view.targets.keys()].filter((place) => targetAt(view, place).service === service.name);
  const inHand = new Set(own.filter((place) => targetAt(view, place).state === "running" && !ended.has(place)));
  const down = new Set(
    own.filter((place) => {
      const seen = seenAt(view, place);
      return inHand.has(place) || (seen.wanted && !isAvailable(seen));
    }),
  );
  const others = view.othersDown(service.name);
  const queued = own.filter((place) => targetAt(view, place).state === "queued");
  for (const place of queued.toSorted((a, b) => rank(view, a) - rank(view, b))) {
    if (inHand.size >= service.batch) break;
    const seen = seenAt(view, place);
    if (!seen.wanted) step.ends.push({ place, state: "done", message: "Left alone: somebody stopped it meanwhile" });
    if (!seen.wanted || !seen.linked || view.hands.get(place)?.acting === true) continue;
    // One that is down already makes nothing worse by being restarted.
    if (!down.has(place) && others + down.size >= service.max_unavailable) continue;
    down.add(place);
    inHand.add(place);
    step.begin.push(place);
  }
  const first = queued.find((place) => seenAt(view, place).wanted && !inHand.has(place));
  if (first === undefined || inHand.size > 0) return;
  step.stuckSince = view.stuckSince ?? now;
  const until = step.stuckSince + timeout * SECOND;
  const words = stuckWords(view, service, own, others);
  if (now >= until) step.ends.push({ place: first, state: "failed", message: `Not begun in ${timeout} s: ${words}` });
  step.words ??= `waits: ${words}`;
  step.until = Math.min(step.until ?? until, until);
}

/** What is down first, since restarting it can only help; what cannot be reached last. */
function rank(view: RolloutView, place: number): number {
  const seen = seenAt(view, place);
  if (!seen.linked) return 2;
  return isAvailable(seen) ? 1 : 0;
}

function stuckWords(
  view: RolloutView,
  { name, max_unavailable }: RollingService,
  own: readonly number[],
  others: number,
): string {
  const wanted = own.filter((place) => seenAt(view, place).wanted);
  const down = wanted.filter((place) => !isAvailable(seenAt(view, place)));
  const named = down.slice(0, 3).map((place) => {
    const target = targetAt(view, place);
    const { linked, state } = seenAt(view, place);
    return `${instanceName(target, view.targets)} (${linked ? (state ?? "not told of") : "its server is not linked"})`;
  });
  const list = named.length === 0 ? "" : `: ${named.join(", ")}${down.length > named.length ? ", …" : ""}`;
  const count = down.length + others;
  return `${count} of ${name} ${count === 1 ? "is" : "are"} not ready, and at most ${max_unavailable} may be at a time${list}`;
}

function endedWords({ state, reason }: Seen): string {
  const words = state === "fatal" ? "It gave up after the restart" : "It ended after the restart";
  return reason === null ? words : `${words}: ${reason}`;
}

function lacks(seen: Seen, steady: Hand["steady"]): string {
  return steady !== null || isAvailable(seen) ? "stable" : "ready";
}

function saidOf({ state, reason }: Seen): string {
  if (reason !== null) return `: ${state}, ${reason}`;
  return state === null || state === "running" ? "" : `: it is ${state}`;
}

function targetAt({ targets }: RolloutView, place: number): OperationTarget {
  const target = targets[place];
  if (target === undefined) throw new Error(`a rolling restart has no target ${place}`);
  return target;
}

function seenAt({ seen }: RolloutView, place: number): Seen {
  const one = seen[place];
  if (one === undefined) throw new Error(`nothing is seen of target ${place}`);
  return one;
}
