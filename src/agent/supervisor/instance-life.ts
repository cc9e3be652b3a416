// All that is known of one instance, and the only place where its state changes:
//
//   stopped ──start──► starting ──lives 200 ms──► running ──stop──► stopping ──nothing left──► stopped
//      ▲                 │   ▲                      │
//      │                 │   └──── due ── backoff ◄─┤ ended, the policy restarts it (at once: straight to starting)
//      │                 └──ended──────────┐        ├─► exited   ended, the policy leaves it so
//      └──stop── backoff, exited, fatal    └───────►┴─► fatal    cannot start, or gave up; the reason says why
//
//   external: a process that something else started matches its keywords; set and left only by `matched`.
//   starting stays until the startup checks have passed, and running becomes unhealthy while a liveness check fails: health.ts.
//   Any start becomes waiting while something that it depends on is not there yet: dependencies.ts; then it goes on by itself.
//
// `run` is the generation that was ordered and whose end has not been dealt with; a start is ordered only while there is none,
// and the shim runs one at a time: that is "at most one" (P5). Starts are in starting.ts, ends in ending.ts, stops in
// stopping.ts, what shim and launch tell in told.ts, what an agent before left in taking-over.ts.
import type { Clock, Timer } from "../../base/clock.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { DesiredState } from "../../contract/service.ts";
import type { ExitRecord, InstanceState } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { WantedService } from "../desired/own-file.ts";
import type { BeatServer } from "../checks/beat/beat-server.ts";
import type { CheckTools } from "../checks/check-run.ts";
import type { NotifySockets } from "../checks/notify/notify-sockets.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { OutputLog } from "../spool/output-log.ts";
import type { Contained, Containment } from "./containment.ts";
import type { Dependencies } from "./dependencies.ts";
import { Ears } from "./ears.ts";
import { ExitLog } from "./exit-log.ts";
import { Health } from "./health.ts";
import type { EndWords } from "./exit-words.ts";
import type { InstanceRecord, Run } from "./instance-record.ts";
import type { Pace } from "./pace.ts";
import { NO_HISTORY, type RestartHistory } from "./restart-policy.ts";
import type { ProcessIdentity, RunDirectory } from "./run-directory.ts";
import { ShimLink } from "./shim-link.ts";
import type { Shims } from "./shims.ts";
import { systemWords } from "./system-words.ts";

/** What all instances of an agent share. */
export interface InstanceTools {
  table: ProcessTable;
  containment: Containment;
  shims: Shims;
  clock: Clock;
  logger: Logger;
  server: { id: string; name: string };
  random: () => number;
  checks: CheckTools;
  dependencies: Dependencies;
  /** For sd_notify: who listens, and what names the places. */
  notify: { sockets: NotifySockets; agentDir: string; owner: string };
  /** For calls of heartbeat URLs. */
  beats: BeatServer;
  /** Spreads launches over turns of the event loop. */
  pace: Pace;
  /** Something of its status changed. */
  changed: (instance: InstanceLife) => void;
  event: (event: TailherdEvent) => void;
  /** Bytes of memory at the last sample. */
  memoryOf: (instance: InstanceLife) => number | null;
}

/** Milliseconds within which what the shim's files tell too is kept: a crash and its restart are one write, after the restart. */
const KEEP_WITHIN = 5;

/** Which instance it is, and what is its own. */
export interface InstanceOptions {
  directory: RunDirectory;
  output: OutputLog;
  definition: WantedService;
  index: number;
  /** Carried in the environment of all its processes. */
  marker: string;
  tools: InstanceTools;
}

/** A stop that is under way. */
export interface StopUnderWay {
  by: string | null;
  how: "stopped" | "killed";
  /** Nobody asked for it but a check that failed: which and why. */
  unhealthy?: string;
  /** To be called when the end of the main process was told. */
  ended: () => void;
}

export class InstanceLife {
  readonly service: string;
  readonly index: number;
  readonly directory: RunDirectory;
  readonly output: OutputLog;
  readonly marker: string;
  readonly tools: InstanceTools;
  readonly shim: ShimLink;
  readonly exits: ExitLog;
  readonly health: Health;
  readonly ears: Ears;

  state: InstanceState = "stopped";
  reason: string | null = null;
  /** Since when it is in this state, Unix milliseconds. */
  since: number;
  generation = 0;
  restartCount = 0;
  nextStartAt: number | null = null;
  limitsNote: string | null = null;
  run: Run | null = null;
  history: RestartHistory = NO_HISTORY;
  /** The saved definition and what is desired; what runs may be older. */
  desired: WantedService;
  /** Processes that something else started and that match; the oldest first. */
  external: ProcessIdentity[] = [];
  /** Set when so many match that the keywords cannot be meant: they are shown, not touched. */
  externalRefused: string | null = null;
  stopping: StopUnderWay | null = null;
  /** The run whose pre_start hook took too long and was ended: a shim that is left may tell of it as of any other end. */
  lateHook: Run | null = null;
  /** Who asked for what is being done now. */
  actor: string | null = null;
  /** Nothing is looked at or done any more. */
  closed = false;
  private timer: Timer | undefined;
  private keeping: Timer | undefined;

  constructor(options: InstanceOptions) {
    this.directory = options.directory;
    this.output = options.output;
    this.desired = options.definition;
    this.service = options.definition.spec.name;
    this.index = options.index;
    this.marker = options.marker;
    this.tools = options.tools;
    this.since = this.tools.clock.now();
    this.shim = new ShimLink(this.directory, this.tools);
    this.health = new Health(this);
    this.ears = new Ears(this);
    this.exits = new ExitLog({
      service: this.service,
      index: this.index,
      serverId: this.tools.server.id,
      output: this.output,
      file: this.directory.ends,
      clock: this.tools.clock,
      event: this.tools.event,
      isSilent: () => this.run === null,
      complain: (error, words) => this.complain(error, words),
      changed: () => {
        this.persist();
        this.changed();
      },
    });
  }

  /** Why the last generation ended. */
  get lastExit(): ExitRecord | null {
    return this.exits.last;
  }

  get contained(): Contained {
    const { shim, directory, marker, run } = this;
    return { key: directory.key, marker, shim: shim.process, main: run?.process ?? null, keepsShim: shim.holds };
  }

  /** What is desired of this instance. */
  get wish(): DesiredState {
    const { desired, stopped_instances } = this.desired;
    return stopped_instances.includes(this.index) ? "stopped" : desired;
  }

  get alive(): boolean {
    return this.run?.process != null;
  }

  /** Something of it runs, or will when what is being done now is done. */
  get isReloadable(): boolean {
    return this.run !== null || this.state === "external";
  }

  /** The one way from state to state: keeps it, and tells it. */
  enter(state: InstanceState, reason: string | null): void {
    const from = this.state;
    if (from === state && reason === this.reason) return;
    const now = this.tools.clock.now();
    if (from !== state) this.since = now;
    this.state = state;
    this.reason = reason;
    if (state !== "backoff") this.nextStartAt = null;
    // Nobody will serve those who wait: they should be refused, as without held sockets.
    if (state === "exited" || state === "fatal") this.shim.letGo();
    this.health.entered(state);
    this.ears.settle();
    if (state === "starting") this.persistSoon();
    else this.persist();
    this.changed();
    if (from === state) return;
    this.tools.event({
      type: "instance.state",
      id: `state:${crypto.randomUUID()}`,
      at: new Date(now).toISOString(),
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

  /** Its row is to be told. */
  changed(): void {
    this.tools.changed(this);
  }

  /** Keeps an end, as of now or of `endedAt`, and tells it when what it wrote has been read. Before the state that follows is entered. */
  record(
    words: EndWords,
    run: { generation: number; startedAt: number | null; by: string | null; endedAt?: number },
  ): void {
    this.exits.record(words, { ...run, memory: this.tools.memoryOf(this) });
  }

  /** Ends what a generation left behind; before the next one, whatever the reason of its end. */
  async sweep(): Promise<void> {
    const { containment } = this.tools;
    const { contained } = this;
    if (this.run !== null || containment.leftovers(contained).length === 0) return;
    await containment.killAll(contained);
    this.shim.forgetIfGone();
  }

  /** There is one thing to wait for at a time: what was waited for before is forgotten. */
  setTimer(delay: number, act: () => void): void {
    this.clearTimer();
    this.timer = this.tools.clock.after(Math.max(0, delay), act);
  }

  clearTimer(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  complain(error: unknown, words: string): void {
    const { service, index } = this;
    this.tools.logger.error({ service, index, error: systemWords(error) }, words);
  }

  /** The same in a moment. What an agent that dies before it can has ordered, and the end before that, the shim's files tell. */
  persistSoon(): void {
    this.keeping ??= this.tools.clock.after(KEEP_WITHIN, () => this.persist());
  }

  /** What waited to be kept is kept now. */
  settle(): void {
    if (this.keeping !== undefined) this.persist();
  }

  /** Keeps what the next agent must know. */
  persist(): void {
    this.keeping?.cancel();
    this.keeping = undefined;
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
      shim: this.shim.kept(),
      joins: this.shim.joins,
      holding: this.shim.holding,
      lastExit: this.lastExit,
      endings: this.exits.endings,
      checks: this.health.kept(),
      said: this.ears.notify.kept(),
      heartbeatSecret: this.ears.beats.kept(),
    };
    try {
      this.directory.state.write(record);
    } catch (error) {
      // A full disk must not keep a service from being restarted; the shim's files say what is needed to find it again.
      this.complain(error, "cannot keep the instance's state");
    }
  }

  /** Takes over what an agent before kept, as far as it still means something. */
  restore(record: InstanceRecord): void {
    this.since = record.since;
    this.restartCount = record.restartCount;
    this.history = record.history;
    this.ears.beats.restore(record.heartbeatSecret);
    const rebooted = record.bootId !== this.tools.table.bootId();
    const settled = record.state === "exited" || record.state === "fatal" || record.state === "backoff";
    if (settled && !(rebooted && this.desired.spec.autostart)) {
      this.state = record.state;
      this.reason = record.reason;
      this.nextStartAt = record.nextStartAt;
    }
  }
}
