// Starts of one instance: asked for, due after a backoff, or at once after an end.
import { SECOND } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import { done, failed, pidsOf, refused } from "./act-result.ts";
import type { Prepared } from "./containment.ts";
import { describeEnd } from "./exit-words.ts";
import { holdingOf } from "./held-sockets.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";
import { LaunchCache } from "./launch-cache.ts";
import { buildLaunch, type LaunchText } from "./launch-script.ts";
import { NO_HISTORY, recordStart } from "./restart-policy.ts";
import { readSecrets } from "./secrets.ts";
import { isShortage, systemWords } from "./system-words.ts";

/** A process that lives this long after its launch is running; one that ends earlier has clearly failed to start. */
const ALIVE_AFTER = 200;
/** Milliseconds that a shim may take to tell of the start it was ordered; with what is around it, less than the 15 s of P8. */
const LAUNCH_DEADLINE = 12 * SECOND;
/** Milliseconds after which a stop goes on though the launch has not told who it is: some thousand times what that takes. */
const LAUNCH_TIME = 3 * SECOND;
/** Milliseconds until a start is tried again that the machine had nothing left for. */
const SHORTAGE_DELAY = SECOND;

interface StartOutcome {
  ok: boolean;
  words: string;
}

export class Starting {
  private readonly life: InstanceLife;
  /** Deals with a run that ended without a status; `lost` says why there is none. */
  private readonly ended: (lost: string | null) => void;
  private readonly launches = new LaunchCache();
  private preparedFor = "";
  /** What those who asked for a start are waiting for. */
  private outcome: PromiseWithResolvers<StartOutcome> | undefined;
  /** Why the start that the act under way makes, or will make, is not wanted any more. */
  private interrupted: string | undefined;
  /** Resolves when the launch of the run that was ordered last has told who it is. */
  private told = Promise.withResolvers<void>();

  constructor(life: InstanceLife, ended: (lost: string | null) => void) {
    this.life = life;
    this.ended = ended;
  }

  /** As asked: answers when it runs, or has clearly failed. */
  async start(): Promise<ActResult> {
    const { life } = this;
    const { service, desired, state } = life;
    if (state === "running" || state === "unhealthy") {
      return done(`${service} already runs (pid ${life.run?.process?.pid ?? "unknown"})`);
    }
    if (state === "external") {
      const pids = pidsOf(life.external);
      return refused(
        `Cannot start ${service}: it already runs, started by something else (pid ${pids}). Stop or adopt that first.`,
      );
    }
    if (desired.spec.start_cmd === null && desired.spec.argv === null) {
      return refused(`Cannot start ${service}: it has neither start_cmd nor argv, only keywords to find it by.`);
    }
    if (life.run === null) {
      const refusal = await this.makeReady();
      if (refusal !== undefined) return refused(`Cannot start ${service}: ${refusal}`);
    }
    if (life.state === "waiting") return done(`${service} ${life.reason ?? "waits"}`);
    const outcome = await (this.outcome?.promise ?? Promise.resolve({ ok: life.alive, words: life.reason ?? "" }));
    return outcome.ok ? done(outcome.words) : failed(`Cannot start ${service}: ${outcome.words}`);
  }

  /** An act begins: what was asked for before it does not concern it. */
  begin(): void {
    this.interrupted = undefined;
  }

  /** A stop or restart was asked for: whoever waits for a start is answered, and one that is not ordered yet is not. */
  interrupt(words: string): void {
    this.interrupted = words;
    // What the launch has not told of could not be stopped yet: it is answered when it has.
    if (this.life.run?.process != null) this.finish({ ok: false, words });
  }

  /** Resolves when the launch of this run has told who it is, or when that takes longer than it should. */
  async launched(run: Run): Promise<void> {
    if (run.process !== null) return;
    const late = Promise.withResolvers<void>();
    const timer = this.life.tools.clock.after(LAUNCH_TIME, late.resolve);
    await Promise.race([this.told.promise, late.promise]);
    timer.cancel();
  }

  /** Does what comes before a start that is asked for, and orders it; words why it is not to be started any more. */
  private async makeReady(): Promise<string | undefined> {
    const { life } = this;
    const { state } = life;
    life.clearTimer();
    life.history = NO_HISTORY;
    if (state !== "stopping") life.restartCount = 0;
    await life.sweep();
    await life.exits.settled();
    await life.ears.prepare();
    await life.output.settle().catch((error: unknown) => life.complain(error, "cannot empty the output files"));
    await life.tools.pace.take();
    // Meanwhile others may have acted: a backoff that was just over, a stop, the removal of the service.
    if (life.run !== null) return undefined;
    if (life.closed) return "it is being removed";
    if (this.interrupted !== undefined) return this.interrupted;
    if (life.state === "external") return "it already runs, started by something else";
    this.launch();
    return undefined;
  }

  /** Orders a start. Synchronous from here to the shim: between a crash and its restart nothing is waited for. */
  launch(): void {
    const { life } = this;
    this.outcome ??= Promise.withResolvers();
    const waits = life.tools.dependencies.waitsFor(life.desired.spec);
    if (waits !== undefined) return this.wait(waits);
    life.generation += 1;
    let refusal: string | undefined;
    try {
      refusal = this.order();
    } catch (error) {
      life.run = null;
      if (isShortage(error)) return this.postpone(systemWords(error));
      refusal = systemWords(error);
    }
    if (refusal === undefined) life.enter("starting", null);
    else this.refuse(refusal);
  }

  /** A backoff is over. */
  due(): void {
    this.goOn("backoff");
  }

  /** What it waited for is there. */
  resume(): void {
    this.goOn("waiting");
  }

  private goOn(from: "backoff" | "waiting"): void {
    const { life } = this;
    const wanted = (): boolean => !life.closed && life.run === null && life.state === from;
    if (!wanted()) return;
    life.sweep().then(
      () => {
        if (wanted()) this.launch();
      },
      (error: unknown) => {
        if (wanted()) this.postpone(systemWords(error));
      },
    );
  }

  /** Something that it depends on is not there yet: whoever asked is told so, and it starts as soon as that is. */
  private wait(words: string): void {
    const { life } = this;
    life.clearTimer();
    life.enter("waiting", words);
    this.finish({ ok: true, words: `${life.service} ${words}` });
  }

  /** The machine is why it cannot start now, not the definition: it is tried again until it can, or until nobody wants it. */
  private postpone(words: string): void {
    const { life } = this;
    life.nextStartAt = life.tools.clock.now() + SHORTAGE_DELAY;
    life.enter("backoff", `cannot be started now: ${words}`);
    life.setTimer(SHORTAGE_DELAY, () => this.due());
    this.finish({ ok: false, words });
  }

  /** Nothing was or can be ordered: this definition does not start on this machine as it is. */
  refuse(words: string): void {
    const { life } = this;
    const end = describeEnd({
      status: null,
      signalled: false,
      oom: false,
      memoryLimit: null,
      asked: null,
      failure: { cause: "failed_to_start", words },
      unhealthy: null,
      lost: null,
      ranFor: null,
    });
    life.record(end, { generation: life.generation, startedAt: null, by: null });
    life.enter("fatal", words);
    this.finish({ ok: false, words });
  }

  /** Answers those who wait for a start. */
  finish(outcome: StartOutcome): void {
    this.detach()?.(outcome);
  }

  /** The same for later: those who wait until now are answered by the result, whoever asks from now on waits for the next start. */
  detach(): ((outcome: StartOutcome) => void) | undefined {
    const { outcome } = this;
    this.outcome = undefined;
    return outcome?.resolve;
  }

  /** Its process lives; it runs when it still does in a moment. */
  awaitAlive(run: Run): void {
    const { life } = this;
    this.heard();
    const lives = async (): Promise<void> => {
      // Hundreds that were started together come to this together, and those that are not started yet come first.
      await life.tools.pace.takeLast();
      if (life.closed || life.run !== run || run.process === null || life.state !== "starting") return;
      const { pid } = run.process;
      life.output.note(`started, pid ${pid}`);
      run.proven = true;
      life.health.begin(run);
      const waits = life.reason === null ? "" : `; ${life.reason}`;
      this.finish({ ok: true, words: `${life.service} runs (pid ${pid})${waits}` });
    };
    life.setTimer(ALIVE_AFTER, () => void lives());
  }

  /** The pre_start hook has begun; it has so long. */
  awaitHook(run: Run): void {
    const { life } = this;
    this.heard();
    const stillRuns = (): boolean => life.run === run && !run.hookDone;
    const kill = async (): Promise<void> => {
      if (!stillRuns()) return;
      life.lateHook = run;
      await life.tools.containment.killAll(life.contained);
      if (life.run === run) this.ended(null);
    };
    life.setTimer(run.spec.hooks.timeout * SECOND, () => void kill());
  }

  /** A shim was given the order and has to tell of it. */
  awaitLaunch(): void {
    const { life } = this;
    life.setTimer(LAUNCH_DEADLINE, () => {
      if (life.run === null || life.run.process !== null) return;
      life.shim.giveUp();
      // Its very last act may have been to begin: then it is told by now, and looked at as ever.
      if (life.directory.readPid()?.generation === life.run.generation) return;
      this.ended("the shim did not start it in time (is the machine out of processes or memory?)");
    });
  }

  /** The launch has told who it is. */
  private heard(): void {
    this.told.resolve();
    if (this.interrupted !== undefined) this.finish({ ok: false, words: this.interrupted });
  }

  /** Words why it cannot start on this machine, or undefined when the order is given. */
  private order(): string | undefined {
    const { life } = this;
    const { directory, shim, tools } = life;
    const { spec, revision } = life.desired;
    const now = tools.clock.now();
    life.health.end();
    const told = life.ears.begin();
    const build = (): LaunchText => buildLaunch(spec, life.index, life.marker, life.output, told);
    const text = this.launches.get(spec, build, now, JSON.stringify(told));
    if (!text.ok) return text.words;
    const place = this.prepare();
    if (!place.ok) return place.words;
    const secrets = readSecrets(spec, text.env);
    life.output.redact(secrets.values);
    for (const { words } of secrets.problems) life.output.note(words);
    directory.write("launch", text.launch);
    if (text.body !== undefined) directory.write("body", text.body);
    life.history = recordStart(life.history, now);
    life.nextStartAt = null;
    life.run = {
      generation: life.generation,
      revision,
      spec,
      wrapped: text.wrapped,
      launchedAt: now,
      oomBefore: tools.containment.oomKills(directory.key),
      process: null,
      waited: 0,
      hookDone: spec.hooks.pre_start === null,
      proven: false,
      notify: told.notify && { watchdog: told.notify.watchdog },
      beat: told.beat && { port: told.beat.port },
    };
    this.told = Promise.withResolvers();
    shim.moveTo(place.joins, holdingOf(spec));
    shim.start(life.generation);
    this.awaitLaunch();
    return undefined;
  }

  private prepare(): Prepared {
    const { life } = this;
    const { limits } = life.desired.spec;
    const wanted = JSON.stringify(limits);
    // While its shim lives in them the cgroups stay as they were made.
    if (life.shim.process !== null && this.preparedFor === wanted) return { ok: true, joins: life.shim.joins };
    const place = life.tools.containment.prepare(life.directory.key, limits);
    this.preparedFor = place.ok ? wanted : "";
    life.limitsNote = place.ok ? null : place.words;
    return place;
  }
}
