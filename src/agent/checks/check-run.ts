// One check of one instance while it is looked at: on its beat, never two looks at a time, each cut at its time limit.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { type Check, timeoutOf } from "../../contract/checks.ts";
import type { CheckHistory, CheckResult, CheckStatus } from "../../contract/check-status.ts";
import { firstDue, nextDue, takeOverDue } from "./due.ts";
import type { Gate } from "./gate.ts";
import { judge, type Judgement, type Outcome } from "./judge.ts";
import { failure, type Probe, unlessShort } from "./probes/probe.ts";
import { Results } from "./results.ts";
import type { Wheel } from "./wheel.ts";

/** Milliseconds that a look may take which has no limit of its own: it asks this agent or its disk only. */
const OWN_TIMEOUT = 30_000;

/** What all checks of an agent share. */
export interface CheckTools {
  clock: Clock;
  wheel: Wheel;
  /** For looks that take a descriptor, and for those that take a process. */
  gates: { light: Gate; heavy: Gate };
}

export interface CheckRunOptions {
  check: Check;
  open: (turned: () => void) => Probe;
  /** What is shown of it where it does not fail. */
  shown: () => string | null;
  judgement: Judgement;
  /** Of the agent before, oldest first. */
  results: readonly CheckResult[];
  /** An agent before has looked at it until now. */
  takenOver: boolean;
  /** In [0, 1): where in its interval it is looked at. */
  share: number;
  tools: CheckTools;
  /** One more look was judged. */
  judged: (run: CheckRun, before: Judgement) => void;
}

export class CheckRun {
  readonly check: Check;
  judgement: Judgement;
  private readonly results = new Results();
  private readonly options: CheckRunOptions;
  private probe: Probe | undefined;
  private timer: Timer | undefined;
  /** No look comes before this. */
  private earliest = 0;
  /** When the next look is due, while it is waited for. */
  private due: number | undefined;
  /** Ends the look, or the waiting for it, that goes on. */
  private end: (() => void) | undefined;
  private running = false;

  constructor(options: CheckRunOptions) {
    this.options = options;
    this.check = options.check;
    this.judgement = options.judgement;
    this.results.restore(options.results);
  }

  /** Begins, unless it has. */
  start(): void {
    if (this.running) return;
    this.running = true;
    this.probe = this.options.open(() => this.lookNow());
    const { check } = this;
    const { share, tools, takenOver } = this.options;
    const now = tools.clock.monotonic();
    this.earliest = takenOver ? now : now + check.initial_delay * SECOND;
    this.schedule(takenOver ? takeOverDue(check, now, share) : firstDue(check, now, share));
  }

  stop(): void {
    this.running = false;
    this.due = undefined;
    this.timer?.cancel();
    this.end?.();
    this.end = undefined;
    this.probe?.close?.();
    this.probe = undefined;
  }

  status(): CheckStatus {
    const { name, kind, role } = this.check;
    const { state, reason, since } = this.judgement;
    return { name, kind, role, state, reason: reason ?? this.options.shown(), since: new Date(since).toISOString() };
  }

  history(index: number): CheckHistory {
    return { ...this.status(), index, interval: this.check.interval, results: this.results.all() };
  }

  private schedule(due: number): void {
    this.due = due;
    this.timer = this.options.tools.wheel.at(due, () => this.waitForRoom(due));
  }

  /** There is something to see: before its time, and the next look at the time that this one had. */
  private lookNow(): void {
    const { due } = this;
    const { wheel, clock } = this.options.tools;
    const now = Math.max(clock.monotonic(), this.earliest);
    if (due === undefined || due <= now) return;
    this.timer?.cancel();
    this.due = undefined;
    this.timer = wheel.at(now, () => this.waitForRoom(due - this.check.interval * SECOND));
  }

  private waitForRoom(due: number): void {
    this.due = undefined;
    const { light, heavy } = this.options.tools.gates;
    const gate = this.check.kind === "exec" ? heavy : light;
    let began = false;
    const giveUp = gate.enter(() => {
      began = true;
      this.look(due, () => gate.leave());
    });
    if (!began) this.end = giveUp;
  }

  private look(due: number, leave: () => void): void {
    const { clock, wheel } = this.options.tools;
    const at = clock.now();
    const begun = clock.monotonic();
    const limit = "timeout" in this.check ? timeoutOf(this.check) : OWN_TIMEOUT;
    let over = false;
    let cut: () => void = () => undefined;
    const finish = (outcome: Outcome | null): void => {
      if (over) return;
      over = true;
      timer.cancel();
      this.end = undefined;
      leave();
      if (outcome !== null) this.take(outcome, at, clock.monotonic() - begun);
      if (this.running) this.schedule(nextDue(this.check, due, clock.monotonic()));
    };
    const timer = wheel.at(begun + limit, () => {
      // What came while this process was held up is heard first: that is not the service's fault.
      setImmediate(() => {
        if (over) return;
        cut();
        finish(failure(`no answer within ${limit / 1000} s`));
      });
    });
    this.end = () => {
      cut();
      finish(null);
    };
    cut = this.ask(finish);
    // It may have been over before it was known how to cut it.
    if (over) cut();
  }

  private ask(finish: (outcome: Outcome | null) => void): () => void {
    try {
      return this.probe?.look(finish) ?? (() => undefined);
    } catch (error) {
      finish(unlessShort(error, () => (error instanceof Error ? error.message : String(error))));
      return () => undefined;
    }
  }

  private take(outcome: Outcome, at: number, took: number): void {
    const { ok, message } = outcome;
    this.results.add({ at, ok, message, took });
    const before = this.judgement;
    this.judgement = judge(this.check, before, outcome, this.options.tools.clock.now());
    this.options.judged(this, before);
  }
}
