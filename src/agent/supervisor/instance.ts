// One instance: its state, the orders to its shim, and what follows when it ends.
//
//   stopped ──start──► starting ──lives 200 ms──► running ──stop──► stopping ──nothing left──► stopped
//      ▲                 │   ▲                      │
//      │                 │   └──── due ── backoff ◄─┤ ended, the policy restarts it (at once: straight to starting)
//      │                 └──ended──────────┐        ├─► exited   ended, the policy leaves it so
//      └──stop── backoff, exited, fatal    └───────►┴─► fatal    cannot start, or gave up; the reason says why
//
//   external: a process that something else started matches its keywords; set and left only by `matched`.
//   (waiting and unhealthy come with dependencies and checks.)
//
// `run` is the generation that was ordered and whose end has not been dealt with; a start is ordered only while there is none,
// and the shim runs one at a time: that is "at most one" (P5). Only `enter` changes the state.
import { type FSWatcher, watch } from "node:fs";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { ActResult, DesiredService } from "../../contract/agent.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { ExitRecord, InstanceState } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import { isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import type { OutputLog } from "../spool/output-log.ts";
import { ActQueue } from "./act-queue.ts";
import { findFate, type Found, identify } from "./adoption.ts";
import type { Contained, Containment } from "./containment.ts";
import { ExitLog } from "./exit-log.ts";
import { describeEnd, type EndWords } from "./exit-words.ts";
import { runHook } from "./hook.ts";
import { type InstanceRecord, readRecord, type Run } from "./instance-record.ts";
import { buildLaunch, GAVE_UP } from "./launch-script.ts";
import { launchFailure } from "./launch-failure.ts";
import type { Pace } from "./pace.ts";
import { planNext } from "./reconcile.ts";
import { decideRestart, NO_HISTORY, recordStart, type RestartHistory } from "./restart-policy.ts";
import type { ProcessIdentity, RunDirectory } from "./run-directory.ts";
import { ShimLink } from "./shim-link.ts";
import type { Shims } from "./shims.ts";
import { stopByPid, stopProcesses } from "./stopping.ts";
import { systemWords } from "./system-words.ts";

/** A process that lives this long after its launch is running; one that ends earlier has clearly failed to start. */
const ALIVE_AFTER = 200;
/** Milliseconds that a shim may take to tell of the start it was ordered. */
const LAUNCH_DEADLINE = 15 * SECOND;
const RECORDED_LINES = 10;

/** What all instances of an agent share. */
export interface InstanceTools {
  table: ProcessTable;
  containment: Containment;
  shims: Shims;
  clock: Clock;
  logger: Logger;
  server: { id: string; name: string };
  random: () => number;
  /** Spreads launches over turns of the event loop. */
  pace: Pace;
  /** Something of its status changed. */
  changed: (instance: Instance) => void;
  event: (event: TailherdEvent) => void;
  /** Bytes of memory at the last sample. */
  memoryOf: (instance: Instance) => number | null;
}

type StartOutcome = { ok: boolean; words: string };

export class Instance {
  readonly service: string;
  readonly index: number;
  readonly directory: RunDirectory;
  readonly output: OutputLog;
  state: InstanceState = "stopped";
  reason: string | null = null;
  since: number;
  generation = 0;
  restartCount = 0;
  nextStartAt: number | null = null;
  limitsNote: string | null = null;
  run: Run | null = null;
  /** Processes that something else started and that match; the oldest first. */
  external: ProcessIdentity[] = [];
  /** Set when so many match that the keywords cannot be meant: they are shown, not touched. */
  externalRefused: string | null = null;

  private definition: DesiredService;
  private readonly tools: InstanceTools;
  private readonly marker: string;
  private history: RestartHistory = NO_HISTORY;
  private readonly shim: ShimLink;
  private readonly exits: ExitLog;
  private preparedFor = "";
  private watcher: FSWatcher | undefined;
  private timer: Timer | undefined;
  private readonly acts = new ActQueue<ActResult>();
  private stopping: { by: string | null; how: "stopped" | "killed"; ended: () => void } | null = null;
  /** Who asked for what is being done now. */
  private actor: string | null = null;
  private outcome: PromiseWithResolvers<StartOutcome> | undefined;
  private unshimmed: AbortController | undefined;
  private closed = false;

  constructor(options: {
    directory: RunDirectory;
    output: OutputLog;
    definition: DesiredService;
    index: number;
    marker: string;
    tools: InstanceTools;
  }) {
    this.directory = options.directory;
    this.output = options.output;
    this.definition = options.definition;
    this.service = options.definition.spec.name;
    this.index = options.index;
    this.marker = options.marker;
    this.tools = options.tools;
    this.since = this.tools.clock.now();
    this.shim = new ShimLink(this.directory, this.tools);
    this.exits = new ExitLog({
      service: this.service,
      index: this.index,
      serverId: this.tools.server.id,
      output: this.output,
      clock: this.tools.clock,
      event: this.tools.event,
      changed: () => {
        this.persist();
        this.tools.changed(this);
      },
    });
  }

  /** Why the last generation ended. */
  get lastExit(): ExitRecord | null {
    return this.exits.last;
  }

  /** The saved definition; what runs may be older. */
  get desired(): DesiredService {
    return this.definition;
  }

  get contained(): Contained {
    return { key: this.directory.key, marker: this.marker, shim: this.shim.process, main: this.run?.process ?? null };
  }

  get alive(): boolean {
    return this.run?.process != null;
  }

  /** Takes over what the agent before left: a running process, an end in the gap, a state. Then looks at what is told. */
  adopt(): void {
    const record = readRecord(this.directory, this.tools.logger);
    this.shim.adopt(record?.joins ?? []);
    const pid = this.directory.readPid();
    const exit = this.directory.readExit();
    const fate = findFate({ pid, exit, record, shimLives: this.shim.process !== null }, this.tools.table);
    this.generation = Math.max(record?.generation ?? 0, pid?.generation ?? 0, exit?.generation ?? 0);
    if (record !== undefined) this.restore(record);
    this.watcher = watch(this.directory.told, { persistent: false }, () => this.look());
    this.watcher.on("error", (error) => this.complain(error, "cannot watch the run directory"));
    this.takeOver(fate, record);
    this.persist();
    this.look();
  }

  /** A definition and desired state as they are now; `reconcile` acts on them. */
  define(definition: DesiredService): void {
    const size = definition.spec.logs.max_size;
    if (size !== this.definition.spec.logs.max_size) this.output.resize(size);
    this.definition = definition;
  }

  /** Does what the difference between desired and observed asks for. */
  reconcile(): void {
    if (this.closed) return;
    const now = this.tools.clock.now();
    const plan = planNext(this.definition.desired, { state: this.state, nextStartAt: this.nextStartAt }, now);
    switch (plan.act) {
      case "nothing":
        return;
      case "start":
        if (this.definition.spec.start_cmd === null && this.definition.spec.argv === null) return;
        void this.act("start", "tailherd");
        return;
      case "wait":
        this.setTimer(plan.until - now, () => this.startDue());
        return;
      case "stop":
        void this.act("stop", "tailherd");
        return;
      case "forget_start":
        this.clearTimer();
        this.enter("stopped", null);
    }
  }

  /** Starts, stops, restarts or kills; one after the other. */
  async act(action: ServiceAction, by: string): Promise<ActResult> {
    try {
      return await this.acts.run(action, () => this.perform(action, by));
    } finally {
      this.actor = null;
    }
  }

  private async perform(action: ServiceAction, by: string): Promise<ActResult> {
    if (this.closed) return refused(`${this.service} is being removed`);
    this.actor = by;
    switch (action) {
      case "start":
        return this.start();
      case "restart":
        return this.restart(by);
      default:
        return this.stop(by, action === "kill" ? "killed" : "stopped");
    }
  }

  /** Something else's processes match its keywords, or none any more. */
  matched(processes: ProcessIdentity[], refusal: string | null): void {
    this.externalRefused = refusal;
    if (processes.length > 0 && (this.state === "stopped" || this.state === "exited" || this.state === "external")) {
      const changed = pidsOf(processes) !== pidsOf(this.external);
      this.external = processes;
      if (this.state !== "external") this.enter("external", refusal ?? "started by something else");
      else if (changed) this.tools.changed(this);
    } else if (processes.length === 0) {
      this.external = [];
      if (this.state === "external") this.enter("stopped", null);
    }
  }

  /** Once an interval: sees what no shim will tell. */
  tick(): void {
    if (this.run === null) return;
    this.look();
    const { table } = this.tools;
    if (this.shim.forgetIfGone()) this.lostShim();
    const process = this.run?.process;
    if (this.shim.process === null && process != null && !isSameProcess(table, process))
      this.ended(null, "its shim was killed");
  }

  /** Lets go without touching the service. */
  async close(): Promise<void> {
    this.closed = true;
    this.clearTimer();
    this.watcher?.close();
    this.unshimmed?.abort();
    await this.exits.settled();
    await this.output.close();
  }

  /** Stops it and deletes all it left. */
  async remove(by: string): Promise<void> {
    await this.act("stop", by);
    this.closed = true;
    this.clearTimer();
    this.watcher?.close();
    await this.exits.settled();
    this.shim.dismiss();
    const gone = AbortSignal.timeout(5 * SECOND);
    if (!(await this.tools.containment.whenEmpty(this.contained, gone)))
      await this.tools.containment.killAll(this.contained);
    await this.output.remove();
    this.tools.containment.remove(this.directory.key);
    this.directory.remove();
  }

  private async restart(by: string): Promise<ActResult> {
    const running = this.run !== null;
    const stopped = await this.stop(by, "stopped", { forRestart: true });
    if (stopped.outcome !== "done") return stopped;
    if (running) this.restartCount += 1;
    return this.start();
  }

  // --- starting

  private async start(): Promise<ActResult> {
    if (this.state === "running" || this.state === "unhealthy") {
      return done(`${this.service} already runs (pid ${this.run?.process?.pid ?? "unknown"})`);
    }
    if (this.state === "external") {
      const pids = pidsOf(this.external);
      return refused(
        `Cannot start ${this.service}: it already runs, started by something else (pid ${pids}). Stop or adopt that first.`,
      );
    }
    const { spec } = this.definition;
    if (spec.start_cmd === null && spec.argv === null) {
      return refused(`Cannot start ${this.service}: it has neither start_cmd nor argv, only keywords to find it by.`);
    }
    if (this.run === null) {
      this.clearTimer();
      this.history = NO_HISTORY;
      if (this.state !== "stopping") this.restartCount = 0;
      await this.sweep();
      await this.exits.settled();
      await this.output.settle().catch((error: unknown) => this.complain(error, "cannot empty the output files"));
      await this.tools.pace.take();
      this.launch();
    }
    const outcome = await (this.outcome?.promise ?? Promise.resolve({ ok: this.alive, words: this.reason ?? "" }));
    const words = `Cannot start ${this.service}: ${outcome.words}`;
    return outcome.ok ? done(outcome.words) : { outcome: "failed", message: words, count: 1 };
  }

  /** Orders a start. Synchronous from here to the shim: between a crash and its restart nothing is waited for. */
  private launch(): void {
    this.outcome ??= Promise.withResolvers();
    this.generation += 1;
    let refusal: string | undefined;
    try {
      refusal = this.tryLaunch();
    } catch (error) {
      this.run = null;
      refusal = systemWords(error);
    }
    if (refusal === undefined) this.enter("starting", null);
    else this.cannotStart(refusal);
  }

  /** Words why it cannot start on this machine, or undefined when the order is given. */
  private tryLaunch(): string | undefined {
    const { spec, revision } = this.definition;
    const now = this.tools.clock.now();
    const text = buildLaunch(spec, this.index, this.marker, this.output);
    if (!text.ok) return text.words;
    const place = this.prepare();
    if (!place.ok) return place.words;
    this.directory.write("launch", text.launch);
    if (text.body !== undefined) this.directory.write("body", text.body);
    this.directory.clearWords();
    this.history = recordStart(this.history, now);
    this.nextStartAt = null;
    this.run = {
      generation: this.generation,
      revision,
      spec,
      wrapped: text.wrapped,
      launchedAt: now,
      oomBefore: this.tools.containment.oomKills(this.directory.key),
      process: null,
      hookDone: spec.hooks.pre_start === null,
    };
    this.shim.moveTo(place.joins);
    this.shim.start(this.generation);
    this.setTimer(LAUNCH_DEADLINE, () => this.launchOverdue());
    return undefined;
  }

  private prepare(): ReturnType<Containment["prepare"]> {
    const wanted = JSON.stringify(this.definition.spec.limits);
    // While its shim lives in them the cgroups stay as they were made.
    if (this.shim.process !== null && this.preparedFor === wanted) return { ok: true, joins: this.shim.joins };
    const place = this.tools.containment.prepare(this.directory.key, this.definition.spec.limits);
    this.preparedFor = place.ok ? wanted : "";
    this.limitsNote = place.ok ? null : place.words;
    return place;
  }

  private launchOverdue(): void {
    if (this.run === null || this.run.process !== null) return;
    this.shim.giveUp();
    this.ended(null, "the shim did not start it in time (is the machine out of processes or memory?)");
  }

  /** Nothing was ordered: the definition cannot start on this machine as it is. */
  private cannotStart(words: string): void {
    const end = describeEnd({
      status: null,
      signalled: false,
      oom: false,
      memoryLimit: null,
      asked: null,
      failure: { cause: "failed_to_start", words },
      lost: null,
      ranFor: null,
    });
    this.record(end, { generation: this.generation, startedAt: null, by: null });
    this.enter("fatal", words);
    this.finishStart({ ok: false, words });
  }

  private startDue(): void {
    if (this.closed || this.run !== null || this.state !== "backoff") return;
    void this.sweep().then(() => {
      if (!this.closed && this.run === null && this.state === "backoff") this.launch();
    });
  }

  private finishStart(outcome: StartOutcome): void {
    this.outcome?.resolve(outcome);
    this.outcome = undefined;
  }

  // --- what is told

  /** Reads what shim and launch told; cheap, so that any hint that something changed is worth a look. */
  private look(): void {
    if (this.closed) return;
    this.lookForShim();
    const { run } = this;
    if (run === null) return;
    if (run.process === null) this.lookForPid(run);
    if (run.process !== null && !run.hookDone) this.lookForHook(run);
    const exit = this.directory.readExit();
    if (exit?.generation === run.generation) this.ended(exit.status, null);
  }

  private lookForShim(): void {
    const news = this.shim.look();
    if (news === "came" && this.run !== null && this.run.process === null) this.shim.start(this.generation);
    if (news !== "refused") return;
    this.run = null;
    this.clearTimer();
    this.cannotStart("its shim may not enter its cgroup");
  }

  private lookForPid(run: Run): void {
    const told = this.directory.readPid();
    if (told?.generation !== run.generation) return;
    const process = identify(told, this.tools.table);
    if (process === undefined) return;
    run.process = process;
    if (run.hookDone) this.awaitAlive(run);
    else this.setTimer(run.spec.hooks.timeout * SECOND, () => void this.killHook(run));
    this.persist();
    this.tools.changed(this);
  }

  private lookForHook(run: Run): void {
    const told = this.directory.readReason();
    if (told?.generation !== run.generation || told.words[0] !== "exec") return;
    run.hookDone = true;
    this.awaitAlive(run);
  }

  private async killHook(run: Run): Promise<void> {
    if (this.run !== run || run.hookDone) return;
    await this.tools.containment.killAll(this.contained);
    if (this.run === run) this.ended(null, null);
  }

  private awaitAlive(run: Run): void {
    this.setTimer(ALIVE_AFTER, () => {
      if (this.run !== run || run.process === null || this.state !== "starting") return;
      const { pid } = run.process;
      this.output.note(`started, pid ${pid}`);
      this.enter("running", null);
      this.finishStart({ ok: true, words: `${this.service} runs (pid ${pid})` });
    });
  }

  private lostShim(): void {
    this.tools.logger.warn({ service: this.service, index: this.index }, "the shim was killed; its service goes on");
    const { run } = this;
    if (run?.process == null || this.unshimmed !== undefined) return;
    const watching = new AbortController();
    this.unshimmed = watching;
    void this.tools.containment.whenEmpty(this.contained, watching.signal).then((empty) => {
      this.unshimmed = undefined;
      if (empty && this.run === run && !this.closed) this.ended(null, "its shim was killed");
    });
  }

  // --- ends

  /** The main process of `run` has ended; `status` null when nobody told how. */
  private ended(status: number | null, lost: string | null): void {
    const { run } = this;
    if (run === null) return;
    this.clearTimer();
    this.unshimmed?.abort();
    if (this.stopping !== null) {
      this.stopping.ended();
      return;
    }
    if (status !== null && this.state === "starting" && (status === GAVE_UP || status === 126 || status === 127)) {
      void this.failedLaunch(run, status);
      return;
    }
    const words = this.describe(run, status, lost);
    this.run = null;
    const left = this.tools.containment.leftovers({ ...this.contained, main: run.process });
    this.decide(run, words, status === 0, left.length > 0);
  }

  /** The launch gave up, or the program is not there: no restart would help, and somebody should read the words. */
  private async failedLaunch(run: Run, status: number): Promise<void> {
    await this.output.drain({ final: true });
    if (this.run !== run || this.stopping !== null) return;
    const lines = (await this.output.lastLines(RECORDED_LINES)).filter((line) => line.stream === "stderr");
    if (this.run !== run || this.stopping !== null) return;
    const failure = launchFailure(run.spec, status, this.directory.readReason(), run.generation, lines.at(-1)?.text);
    const words = this.describe(run, status, null, failure ?? undefined);
    this.run = null;
    if (failure === null) {
      this.decide(run, words, false, true);
      return;
    }
    if (failure.cause === "hook_failed") {
      // A hook may wait for something that comes later: the policy decides, as for any other failure.
      this.decide(run, words, false, true);
      return;
    }
    this.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
    this.enter("fatal", failure.words);
    this.finishStart({ ok: false, words: failure.words });
  }

  private describe(
    run: Run,
    status: number | null,
    lost: string | null,
    failure: Parameters<typeof describeEnd>[0]["failure"] = null,
  ): EndWords {
    const timedOutHook = !run.hookDone && status === null && lost === null && this.stopping === null;
    return describeEnd({
      status,
      signalled: status !== null && status > 128 && (this.directory.hasWords() || this.stopping?.how === "killed"),
      oom: this.tools.containment.oomKills(this.directory.key) > run.oomBefore,
      memoryLimit: run.spec.limits.memory,
      asked: this.stopping,
      failure: timedOutHook
        ? { cause: "hook_failed", words: `pre_start took longer than ${run.spec.hooks.timeout} s` }
        : failure,
      lost,
      ranFor: this.tools.clock.now() - run.launchedAt,
    });
  }

  private decide(run: Run, words: EndWords, clean: boolean, dirty: boolean): void {
    const now = this.tools.clock.now();
    const { restart } = this.definition.spec;
    const wanted = this.definition.desired === "running";
    const end = { clean, words: words.short, ranFor: now - run.launchedAt };
    const policy = wanted ? (restart.policy ?? "on-failure") : "never";
    const decision = decideRestart(policy, restart, end, this.history, now, this.tools.random());
    const early = this.state === "starting";
    if (decision.act === "restart") {
      this.history = decision.history;
      this.restartCount += 1;
      this.nextStartAt = decision.at;
      const failed = this.outcome;
      if (early && !clean) this.outcome = undefined;
      if (decision.at <= now && !dirty) this.launch();
      else this.backOff(decision.at - now, words, decision.history.inARow);
      if (early && !clean) failed?.resolve({ ok: false, words: words.message });
    } else if (decision.act === "give_up") {
      this.enter("fatal", decision.reason);
      void this.sweep();
      this.finishStart({ ok: false, words: decision.reason });
    } else {
      // Asked to stop by an agent that did not live to see it.
      if (wanted) this.enter("exited", words.short);
      else this.enter("stopped", null);
      void this.sweep();
      this.finishStart({ ok: clean, words: clean ? `${this.service} ended with ${words.message}` : words.message });
    }
    this.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
  }

  private backOff(delay: number, words: EndWords, inARow: number): void {
    this.enter("backoff", `${words.short}, restart ${inARow} in a row`);
    this.setTimer(delay, () => this.startDue());
  }

  /** Ends what a generation left behind; before the next one, whatever the reason of its end. */
  private async sweep(): Promise<void> {
    const { containment } = this.tools;
    const contained = this.contained;
    if (this.run !== null || containment.leftovers(contained).length === 0) return;
    await containment.killAll(contained);
    this.shim.forgetIfGone();
  }

  private record(words: EndWords, run: { generation: number; startedAt: number | null; by: string | null }): void {
    this.exits.record(words, { ...run, memory: this.tools.memoryOf(this), silent: this.run === null });
  }

  // --- stopping

  private async stop(
    by: string,
    how: "stopped" | "killed",
    options: { forRestart?: boolean } = {},
  ): Promise<ActResult> {
    this.clearTimer();
    this.finishStart({ ok: false, words: `stopped by ${by}` });
    const { run } = this;
    if (run === null) {
      if (this.state === "external") return this.stopExternal(how);
      await this.sweep();
      if (options.forRestart !== true) this.shim.dismiss();
      const already = this.state === "stopped";
      this.enter("stopped", null);
      return done(already ? `${this.service} is already stopped` : `${this.service} stopped`);
    }
    const ended = Promise.withResolvers<void>();
    this.stopping = { by, how, ended: ended.resolve };
    this.enter("stopping", `asked by ${by}`);
    if (how === "stopped") await this.preStop(run);
    this.look();
    const stopped = await stopProcesses(
      {
        instance: this.contained,
        signal: run.spec.stop.signal,
        grace: how === "killed" ? 0 : run.spec.stop.grace * SECOND,
        wrapped: run.wrapped,
        ended: ended.promise,
        dismissShim: () => this.shim.dismiss(),
      },
      this.tools,
    );
    this.stopping.how = stopped;
    this.finishStop(run, by, stopped);
    if (options.forRestart !== true) {
      this.shim.dismiss();
      this.enter("stopped", null);
    }
    return done(
      stopped === "killed" && how !== "killed"
        ? `${this.service} was killed after its grace period`
        : `${this.service} stopped`,
    );
  }

  /** What something else started is ended by pid, each checked right before its signal. */
  private async stopExternal(how: "stopped" | "killed"): Promise<ActResult> {
    if (this.externalRefused !== null) return refused(`Cannot stop ${this.service}: ${this.externalRefused}`);
    const { signal, grace } = this.definition.spec.stop;
    const processes = this.external;
    const left = await stopByPid(processes, signal, how === "killed" ? 0 : grace * SECOND, this.tools);
    if (left.length > 0)
      return { outcome: "failed", message: `Cannot stop pid ${left.join(", ")}: it does not end`, count: left.length };
    this.external = [];
    this.enter("stopped", null);
    return {
      outcome: "done",
      message: `${this.service} stopped (pid ${pidsOf(processes)}, started by something else)`,
      count: processes.length,
    };
  }

  private finishStop(run: Run, by: string, how: "stopped" | "killed"): void {
    const exit = this.directory.readExit();
    const status = exit?.generation === run.generation ? exit.status : how === "killed" ? 128 + 9 : null;
    const words = this.describe(run, status, status === null ? "its shim was killed" : null);
    this.run = null;
    this.stopping = null;
    this.shim.forgetIfGone();
    this.record(words, { generation: run.generation, startedAt: run.launchedAt, by });
  }

  private async preStop(run: Run): Promise<void> {
    const line = run.spec.hooks.pre_stop;
    if (line === null || run.process === null) return;
    const text = buildLaunch(run.spec, this.index, this.marker, this.output);
    const failure = text.ok ? await runHook(line, text, run.spec.hooks.timeout, this.tools.clock) : text.words;
    if (failure !== undefined) this.output.note(`pre_stop failed: ${failure}`);
  }

  // --- state

  private enter(state: InstanceState, reason: string | null): void {
    const from = this.state;
    if (from === state && reason === this.reason) return;
    const now = this.tools.clock.now();
    if (from !== state) this.since = now;
    this.state = state;
    this.reason = reason;
    if (state !== "backoff") this.nextStartAt = null;
    this.persist();
    this.tools.changed(this);
    if (from === state) return;
    this.tools.event({
      type: "instance.state",
      id: `state:${crypto.randomUUID()}`,
      at: iso(now),
      service: this.service,
      server_id: this.tools.server.id,
      index: this.index,
      by: this.stopping?.by ?? this.actor,
      state,
      from,
      reason,
      pid: this.run?.process?.pid ?? null,
    });
  }

  private complain(error: unknown, words: string): void {
    const { service, index } = this;
    this.tools.logger.error({ service, index, error: systemWords(error) }, words);
  }

  private setTimer(delay: number, act: () => void): void {
    this.clearTimer();
    this.timer = this.tools.clock.after(Math.max(0, delay), act);
  }

  private clearTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private persist(): void {
    const record: InstanceRecord = {
      service: this.service,
      index: this.index,
      birth: this.exits.birth,
      bootId: this.tools.table.bootId(),
      generation: this.generation,
      run: this.run,
      state: this.state,
      reason: this.reason,
      since: this.since,
      restartCount: this.restartCount,
      history: this.history,
      nextStartAt: this.nextStartAt,
      joins: this.shim.joins,
      lastExit: this.lastExit,
    };
    try {
      this.directory.write("state.json", JSON.stringify(record));
    } catch (error) {
      // A full disk must not keep a service from being restarted; the shim's files say what is needed to find it again.
      this.complain(error, "cannot keep the instance's state");
    }
  }

  private restore(record: InstanceRecord): void {
    this.since = record.since;
    this.restartCount = record.restartCount;
    this.history = record.history;
    const rebooted = record.bootId !== this.tools.table.bootId();
    const settled = record.state === "exited" || record.state === "fatal" || record.state === "backoff";
    if (settled && !(rebooted && this.definition.spec.autostart)) {
      this.state = record.state;
      this.reason = record.reason;
      this.nextStartAt = record.nextStartAt;
    }
    this.exits.restore(record.birth, record.lastExit);
  }

  private takeOver(fate: Found, record: InstanceRecord | undefined): void {
    if (fate.found === "none") return;
    const { spec, revision } = this.definition;
    const kept = record?.run?.generation === fate.generation ? record.run : undefined;
    const process = "process" in fate ? fate.process : null;
    const { table } = this.tools;
    this.run = kept ?? {
      generation: fate.generation,
      revision,
      spec,
      wrapped: false,
      launchedAt: process === null ? this.tools.clock.now() : table.createTime(process.startTicks) * SECOND,
      oomBefore: 0,
      process,
      hookDone: true,
    };
    this.run.process = process;
    if (fate.found === "running") {
      this.state = "running";
      if (!this.run.hookDone || record?.state === "starting") {
        this.state = "starting";
        if (this.run.hookDone) this.awaitAlive(this.run);
      }
      if (this.shim.process === null) this.lostShim();
      this.tools.changed(this);
      return;
    }
    if (fate.found === "launching") {
      this.state = "starting";
      this.setTimer(LAUNCH_DEADLINE, () => this.launchOverdue());
      return;
    }
    this.state = "running";
    if (fate.found === "ended") this.ended(fate.status, null);
    else this.lostWhileAway(fate);
  }

  /** After a restart of the machine the policy has no say: what ran and is still wanted comes back. */
  private lostWhileAway(fate: Extract<Found, { found: "lost" }>): void {
    const { run } = this;
    if (run === null || !fate.rebooted) {
      this.ended(null, fate.why);
      return;
    }
    const words = this.describe(run, null, fate.why);
    this.run = null;
    this.history = NO_HISTORY;
    this.record(words, { generation: run.generation, startedAt: run.launchedAt, by: null });
    this.state = "stopped";
  }
}

function pidsOf(processes: ProcessIdentity[]): string {
  return processes.map(({ pid }) => pid).join(", ");
}

function done(message: string): ActResult {
  return { outcome: "done", message, count: 1 };
}

function refused(message: string): ActResult {
  return { outcome: "refused", message, count: 0 };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
