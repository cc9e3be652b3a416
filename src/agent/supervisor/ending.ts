// Ends of one instance that nobody asked for (and the words for those that somebody did): why it ended, and what follows.
import { describeEnd, type EndFacts, type EndWords } from "./exit-words.ts";
import type { HoldFailure } from "./held-sockets.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";
import { launchFailure } from "./launch-failure.ts";
import { GAVE_UP } from "./launch-script.ts";
import { decideRestart } from "./restart-policy.ts";
import type { ToldExit } from "./run-directory.ts";
import type { Starting } from "./starting.ts";

/** Lines looked through for the shell's own word about a program that it could not run. */
const SEARCHED_LINES = 10;

export class Ending {
  private readonly life: InstanceLife;
  private readonly starting: Starting;

  constructor(life: InstanceLife, starting: Starting) {
    this.life = life;
    this.starting = starting;
  }

  /** The main process of `run` has ended; `exit` is null when nobody told how, and `lost` says why nobody did. */
  ended(exit: ToldExit | null, lost: string | null): void {
    const { life } = this;
    const status = exit?.status ?? null;
    const { run } = life;
    if (run === null) return;
    life.clearTimer();
    // The shim's files tell the next agent of one order, and one end before it, that are not kept yet: not of two.
    life.settle();
    if (life.stopping !== null) {
      life.stopping.ended();
      return;
    }
    if (status !== null && !run.proven && (status === GAVE_UP || status === 126 || status === 127)) {
      void this.failedLaunch(run, status);
      return;
    }
    const words = this.describe(run, { status, signalled: exit?.signalled ?? false, lost });
    life.run = null;
    const left = life.tools.containment.leftovers({ ...life.contained, main: run.process });
    this.decide(run, words, { clean: status === 0, dirty: left.length > 0 });
  }

  /**
   * No shim can hold what the run that was ordered is to be handed. Whoever is in the way may be gone at the next try, and an address
   * may come later: the policy decides, as for a program that cannot listen itself.
   */
  cannotHold({ words, lasting }: HoldFailure): void {
    const { life } = this;
    const { run } = life;
    if (run === null || run.process !== null) return;
    life.clearTimer();
    life.settle();
    if (life.stopping !== null) return life.stopping.ended();
    const failure = { cause: "failed_to_start" as const, words };
    const end = this.describe(run, { status: null, signalled: false, lost: words, failure });
    life.run = null;
    if (!lasting) return this.decide(run, end, { clean: false, dirty: false });
    life.record(end, { generation: run.generation, startedAt: run.launchedAt, by: null });
    life.enter("fatal", words);
    this.starting.finish({ ok: false, words });
  }

  /** Puts the end of a run into words, from what is known now; `at`: when it was, Unix milliseconds, unless now. */
  describe(
    run: Run,
    end: Pick<EndFacts, "status" | "signalled" | "lost"> & { failure?: EndFacts["failure"]; at?: number },
  ): EndWords {
    const { stopping, lateHook, tools, directory } = this.life;
    const { status, lost, failure = null, at = tools.clock.now() } = end;
    const unseen = status === null && lost === null;
    const timedOutHook = !run.hookDone && stopping === null && (unseen || lateHook === run);
    return describeEnd({
      status,
      signalled: status !== null && status > 128 && (end.signalled || stopping?.how === "killed"),
      oom: tools.containment.oomKills(directory.key) > run.oomBefore,
      memoryLimit: run.spec.limits.memory,
      asked: stopping,
      failure: timedOutHook
        ? { cause: "hook_failed", words: `pre_start took longer than ${run.spec.hooks.timeout} s` }
        : failure,
      unhealthy: stopping?.unhealthy ?? null,
      lost,
      ranFor: at - run.launchedAt,
    });
  }

  /** The launch gave up, or the program is not there: no restart would help, and somebody should read the words. */
  private async failedLaunch(run: Run, status: number): Promise<void> {
    const { life } = this;
    const overtaken = (): boolean => life.run !== run || life.stopping !== null;
    await life.output.drain({ final: true });
    if (overtaken()) return;
    const lines = (await life.output.lastLines(SEARCHED_LINES)).filter((line) => line.stream === "stderr");
    if (overtaken()) return;
    const failure = launchFailure(run.spec, status, life.directory.readReason(), run.generation, lines.at(-1)?.text);
    const words = this.describe(run, { status, signalled: false, lost: null, failure });
    life.run = null;
    // A hook may wait for something that comes later: the policy decides, as for any other failure.
    if (failure === null || failure.cause === "hook_failed") {
      this.decide(run, words, { clean: false, dirty: true });
      return;
    }
    life.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
    life.enter("fatal", failure.words);
    this.starting.finish({ ok: false, words: failure.words });
  }

  /** A check of it failed for good, and it was ended: what follows is as after a crash that came when it was well last. */
  endedUnhealthy(run: Run, words: EndWords): void {
    this.decide(run, words, { clean: false, dirty: false, wellFor: this.life.health.wellFor(run) });
  }

  /** Would it start again if it ended now because a check failed? One that would not is rather left as it is. */
  wouldRestart(run: Run, words: string): boolean {
    const { life } = this;
    const { restart } = life.desired.spec;
    if (life.wish !== "running") return false;
    const end = { clean: false, words, ranFor: life.health.wellFor(run) };
    const now = life.tools.clock.now();
    return decideRestart(restart.policy ?? "on-failure", restart, end, life.history, now, 0).act === "restart";
  }

  /** `dirty`: it left processes behind, or may have. The end is kept with what is done about it, and told after. */
  private decide(
    run: Run,
    words: EndWords,
    { clean, dirty, wellFor }: { clean: boolean; dirty: boolean; wellFor?: number },
  ): void {
    const { life, starting } = this;
    const now = life.tools.clock.now();
    const { restart } = life.desired.spec;
    life.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
    const wanted = life.wish === "running";
    const end = { clean, words: words.short, ranFor: wellFor ?? now - run.launchedAt };
    const policy = wanted ? (restart.policy ?? "on-failure") : "never";
    const decision = decideRestart(policy, restart, end, life.history, now, life.tools.random());
    if (decision.act === "restart") {
      life.history = decision.history;
      life.restartCount += 1;
      life.nextStartAt = decision.at;
      const failed = life.state === "starting" && !clean ? starting.detach() : undefined;
      if (decision.at <= now && !dirty) starting.launch();
      else this.backOff(decision.at - now, `${words.short}, restart ${decision.history.inARow} in a row`);
      failed?.({ ok: false, words: words.message });
    } else if (decision.act === "give_up") {
      life.enter("fatal", decision.reason);
      void life.sweep();
      starting.finish({ ok: false, words: decision.reason });
    } else {
      // Not wanted: asked to stop by an agent that did not live to see it.
      if (wanted) life.enter("exited", words.short);
      else {
        life.shim.letGo();
        life.enter("stopped", null);
      }
      void life.sweep();
      starting.finish({ ok: clean, words: clean ? `${life.service} ended with ${words.message}` : words.message });
    }
  }

  private backOff(delay: number, reason: string): void {
    this.life.enter("backoff", reason);
    this.life.setTimer(delay, () => this.starting.due());
  }
}
