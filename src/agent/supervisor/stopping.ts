// Stops and kills of one instance, of its own processes or of those that something else started.
import { SECOND } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import { done, failed, pidsOf, refused } from "./act-result.ts";
import type { Ending } from "./ending.ts";
import type { EndWords } from "./exit-words.ts";
import { runHook } from "./hook.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";
import { buildLaunch } from "./launch-script.ts";
import type { Starting } from "./starting.ts";
import { stopByPid, stopProcesses } from "./stop-processes.ts";
import type { Told } from "./told.ts";

type How = "stopped" | "killed";

export class Stopping {
  private readonly life: InstanceLife;
  private readonly trades: { starting: Starting; ending: Ending; told: Told };
  /** Ends the patience of the stop that is under way. */
  private impatience = new AbortController();
  /** A kill waits for its turn: no stop before it is patient, one that has not begun neither. */
  private killWaits = false;

  constructor(life: InstanceLife, trades: { starting: Starting; ending: Ending; told: Told }) {
    this.life = life;
    this.trades = trades;
  }

  /** A kill was asked for: no stop until it has its turn waits for a hook and a grace. */
  hurry(): void {
    this.killWaits = true;
    this.impatience.abort();
  }

  /** Answers when nothing of it is left. `forRestart` keeps the shim, and the state `stopping` until it starts again. */
  async stop(by: string, how: How, { forRestart = false } = {}): Promise<ActResult> {
    const { life } = this;
    if (how === "killed") this.killWaits = false;
    life.clearTimer();
    this.trades.starting.finish({ ok: false, words: `stopped by ${by}` });
    if (life.run === null && life.state === "external") return this.stopExternal(how);
    const already = life.state === "stopped";
    if (life.run === null) await this.sweep();
    const { run } = life;
    if (run === null) return await this.stopNothing(forRestart, already);
    const { forced } = await this.stopRun(run, { by, how });
    // It has not begun what it was ordered to, and must not any more.
    if (run.process === null) life.shim.giveUp();
    if (!forRestart) {
      life.shim.dismiss();
      await life.shim.left();
      life.enter("stopped", null);
    }
    return done(
      forced && how !== "killed" ? `${life.service} was killed after its grace period` : `${life.service} stopped`,
    );
  }

  /** Ends a run for a check that failed, as patiently as if somebody had asked; then the policy has its say. */
  async stopUnhealthy(run: Run, unhealthy: string): Promise<void> {
    const { words } = await this.stopRun(run, { by: null, how: "stopped", unhealthy });
    // The next agent finds that it ended, and does what follows.
    if (this.life.closed) return;
    this.trades.ending.endedUnhealthy(run, words);
  }

  private beginPatience(): AbortSignal {
    this.impatience = new AbortController();
    if (this.killWaits) this.impatience.abort();
    return this.impatience.signal;
  }

  /** Its main process does not run, but something that it left may. */
  private async sweep(): Promise<void> {
    const { life } = this;
    // A start that waited is not wanted any more, also where its time has just come; what is ordered all the same is stopped.
    if (life.state === "backoff" || life.state === "waiting") life.enter("stopped", null);
    await life.sweep();
  }

  private async stopNothing(forRestart: boolean, already: boolean): Promise<ActResult> {
    const { life } = this;
    if (!forRestart) {
      life.shim.dismiss();
      await life.shim.left();
    }
    life.enter("stopped", null);
    return done(already ? `${life.service} is already stopped` : `${life.service} stopped`);
  }

  /** `forced`: SIGKILL was needed or wanted. */
  private async stopRun(
    run: Run,
    asked: { by: string | null; how: How; unhealthy?: string },
  ): Promise<{ forced: boolean; words: EndWords }> {
    const { life } = this;
    const { by, how } = asked;
    const ended = Promise.withResolvers<void>();
    const hurry = this.beginPatience();
    const underWay = { ...asked, ended: ended.resolve };
    life.stopping = underWay;
    life.enter("stopping", asked.unhealthy ?? `asked by ${by}`);
    await Promise.race([this.trades.starting.launched(run), ended.promise]);
    if (how === "stopped") await this.preStop(run, hurry);
    this.trades.told.look();
    underWay.how = await stopProcesses(
      {
        instance: life.contained,
        signal: run.spec.stop.signal,
        grace: how === "killed" ? 0 : run.spec.stop.grace * SECOND,
        wrapped: run.wrapped,
        hurry,
        ended: ended.promise,
        dismissShim: () => life.shim.dismiss(),
      },
      life.tools,
    );
    const words = this.finish(run, underWay.how);
    if (asked.unhealthy === undefined)
      life.record(words, { generation: run.generation, startedAt: run.launchedAt, by });
    return { forced: underWay.how === "killed", words };
  }

  private finish(run: Run, how: How): EndWords {
    const { life } = this;
    const told = life.directory.readExit();
    const exit = told?.generation === run.generation ? told : undefined;
    const status = exit?.status ?? (how === "killed" ? 128 + 9 : null);
    const lost = status === null ? "its shim was killed" : null;
    const words = this.trades.ending.describe(run, { status, signalled: exit?.signalled ?? false, lost });
    life.run = null;
    life.stopping = null;
    life.shim.forgetIfGone();
    return words;
  }

  private async preStop(run: Run, hurry: AbortSignal): Promise<void> {
    const { life } = this;
    const line = run.spec.hooks.pre_stop;
    if (line === null || run.process === null || hurry.aborted) return;
    const text = buildLaunch(run.spec, life.index, life.marker, life.output);
    const { stdoutFile, stderrFile } = life.output;
    const failure = text.ok
      ? await runHook(line, { ...text, stdoutFile, stderrFile }, run.spec.hooks.timeout, {
          clock: life.tools.clock,
          hurry,
        })
      : text.words;
    if (failure !== undefined) life.output.note(`pre_stop failed: ${failure}`);
  }

  /** What something else started is ended by pid, each checked right before its signal. */
  private async stopExternal(how: How): Promise<ActResult> {
    const { life } = this;
    if (life.externalRefused !== null) return refused(`Cannot stop ${life.service}: ${life.externalRefused}`);
    const { signal, grace } = life.desired.spec.stop;
    const processes = life.external;
    const patience = how === "killed" ? 0 : grace * SECOND;
    const left = await stopByPid(processes, { signal, grace: patience, hurry: this.beginPatience() }, life.tools);
    if (left.length > 0) return failed(`Cannot stop pid ${left.join(", ")}: it does not end`, left.length);
    life.external = [];
    life.enter("stopped", null);
    return done(`${life.service} stopped (pid ${pidsOf(processes)}, started by something else)`, processes.length);
  }
}
