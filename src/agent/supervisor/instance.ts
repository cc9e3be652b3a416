// One instance with all that can be asked of it: it wires the trades (starting, ending, stopping, what is told) around the one
// life that they share, and lets acts happen one after the other.
import { isDeepStrictEqual } from "node:util";
import { SECOND } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { InstanceState } from "../../contract/status.ts";
import { NOT_DECLARED, type WantedService } from "../desired/own-file.ts";
import { ActQueue } from "./act-queue.ts";
import { done, pidsOf, refused } from "./act-result.ts";
import { Ending } from "./ending.ts";
import { InstanceLife, type InstanceOptions } from "./instance-life.ts";
import { planNext } from "./reconcile.ts";
import type { Run } from "./instance-record.ts";
import { reload } from "./reloading.ts";
import type { ProcessIdentity } from "./run-directory.ts";
import { Starting } from "./starting.ts";
import { Stopping } from "./stopping.ts";
import { takeOver, takeOverUnordered } from "./taking-over.ts";
import { Told } from "./told.ts";

/** In these nothing of ours runs, nor is about to. */
const MAY_BE_EXTERNAL: ReadonlySet<InstanceState> = new Set(["stopped", "exited", "waiting", "external"]);

export class Instance extends InstanceLife {
  private readonly acts = new ActQueue<ActResult>();
  private readonly starting: Starting;
  private readonly ending: Ending;
  private readonly told: Told;
  private readonly stops: Stopping;

  constructor(options: InstanceOptions) {
    super(options);
    this.starting = new Starting(this, (lost) => this.ending.ended(null, lost));
    this.ending = new Ending(this, this.starting);
    this.told = new Told(this, this.starting, this.ending, () => this.meetUnordered());
    this.stops = new Stopping(this, { starting: this.starting, ending: this.ending, told: this.told });
    this.shim.failed = (failure) => this.ending.cannotHold(failure);
    this.health.condemned = (run, words) => this.startAgain(run, words);
  }

  /** Takes over what the agent before left: a running process, an end in the gap, a state. Then hears what is told. */
  adopt(): void {
    takeOver(this, { starting: this.starting, ending: this.ending, told: this.told });
  }

  /** What an agent before ordered right before it died may begin only now: it is what it is, wanted or not. */
  private meetUnordered(): void {
    if (takeOverUnordered(this, { starting: this.starting, ending: this.ending, told: this.told })) this.reconcile();
  }

  /** A definition and desired state as they are now; `reconcile` acts on them. */
  define(definition: WantedService): void {
    const size = definition.spec.logs.max_size;
    if (size !== this.desired.spec.logs.max_size) this.output.resize(size);
    this.desired = definition;
    this.followWithoutRestart();
    this.ears.settle();
    this.health.define();
  }

  /** A definition that differs from what runs in nothing but what counts at once needs no restart: it runs. */
  private followWithoutRestart(): void {
    const { run } = this;
    const { spec, revision } = this.desired;
    if (run === null || run.revision === revision) return;
    const { checks, reload, depends_on } = spec;
    if (!isDeepStrictEqual({ ...run.spec, checks, reload, depends_on }, spec)) return;
    run.revision = revision;
    run.spec = spec;
    this.persistSoon();
    this.changed();
  }

  /** Does what the difference between desired and observed asks for. */
  reconcile(): void {
    if (this.closed) return;
    const { spec, refused: words } = this.desired;
    if (words !== undefined) {
      if (this.run !== null || !this.isHeldBack(words)) void this.act("stop", "tailherd");
      return;
    }
    // The file of a locked agent declares it now.
    if (this.isHeldBack(NOT_DECLARED)) this.enter("stopped", null);
    const now = this.tools.clock.now();
    const waitsFor = this.tools.dependencies.waitsFor(spec);
    const plan = planNext(this.wish, { state: this.state, nextStartAt: this.nextStartAt, waitsFor }, now);
    switch (plan.act) {
      case "nothing":
        return;
      case "start":
        // Only matched by keywords, never started.
        if (spec.start_cmd === null && spec.argv === null) return;
        void this.act("start", "tailherd");
        return;
      case "wait_for":
        this.enter("waiting", plan.words);
        return;
      case "resume":
        this.starting.resume();
        return;
      case "wait":
        this.setTimer(plan.until - now, () => this.starting.due());
        return;
      case "stop":
        void this.act("stop", "tailherd");
        return;
      case "forget_start":
        this.clearTimer();
        this.shim.letGo();
        this.enter("stopped", null);
    }
  }

  /** Starts, stops, restarts, kills or reloads; one after the other, but a start does not hold up what ends it, nor a stop's grace a kill. */
  async act(action: ServiceAction, by: string): Promise<ActResult> {
    const ends = action !== "start" && action !== "reload";
    if (ends) this.starting.interrupt(`${action === "restart" ? "restarted" : "stopped"} by ${by}`);
    if (action === "kill") this.stops.hurry();
    return await this.acts.run(action, async () => {
      this.actor = by;
      this.starting.begin();
      try {
        return await this.perform(action, by);
      } finally {
        this.actor = null;
      }
    });
  }

  /** Something else's processes match its keywords, or none any more. */
  matched(processes: ProcessIdentity[], refusal: string | null): void {
    this.externalRefused = refusal;
    if (processes.length > 0 && MAY_BE_EXTERNAL.has(this.state)) {
      const differ = pidsOf(processes) !== pidsOf(this.external);
      this.external = processes;
      if (this.state !== "external") this.enter("external", refusal ?? "started by something else");
      else if (differ) this.changed();
    } else if (processes.length === 0) {
      this.external = [];
      if (this.state === "external") this.enter("stopped", null);
    }
  }

  /** Once an interval: sees what no shim will tell. */
  tick(): void {
    this.told.tick();
  }

  /** Lets go without touching the service. */
  async close(): Promise<void> {
    this.closed = true;
    this.clearTimer();
    this.health.close();
    this.ears.close();
    this.told.close();
    await this.exits.settled();
    this.settle();
    await this.output.close();
  }

  /** Stops it and deletes all it left. */
  async remove(by: string): Promise<void> {
    await this.act("stop", by);
    this.closed = true;
    this.clearTimer();
    this.health.end();
    this.ears.release();
    this.told.close();
    await this.exits.settled();
    this.shim.dismiss();
    const { containment } = this.tools;
    const gone = AbortSignal.timeout(5 * SECOND);
    if (!(await containment.whenEmpty(this.contained, gone))) await containment.killAll(this.contained);
    await this.output.remove();
    // A state that waits to be written would find no directory.
    this.settle();
    // A shim that was given up may have come since (a very busy machine): nobody would ever talk to it again.
    this.directory.order("quit");
    containment.remove(this.directory.key);
    this.directory.remove();
  }

  private async perform(action: ServiceAction, by: string): Promise<ActResult> {
    if (this.closed) return refused(`${this.service} is being removed`);
    if (this.desired.refused !== undefined) return this.holdBack(this.desired.refused, action, by);
    switch (action) {
      case "start":
        return this.starting.start();
      case "restart":
        return this.restart(by);
      case "reload":
        return reload(this, by);
      default:
        return this.stops.stop(by, action === "kill" ? "killed" : "stopped");
    }
  }

  /** A check says that it will not do; unless the policy says that it stays as it is, it is ended, and what follows is as after a crash. */
  private startAgain(run: Run, words: string): void {
    if (this.acts.isWaiting("check") || !this.ending.wouldRestart(run, words)) return;
    void this.acts.run("check", async () => {
      const isMeant = (): boolean => !this.closed && this.run === run && this.health.isCondemned(run);
      if (!isMeant() || !this.ending.wouldRestart(run, words)) return refused("it does well by now");
      await this.stops.stopUnhealthy(run, words);
      return done(`${this.service} was ended: ${words}`);
    });
  }

  private isHeldBack(words: string): boolean {
    return this.state === "fatal" && this.reason === words;
  }

  /** It may not run here: whatever is asked, what runs of it ends, and the state says why nothing does. */
  private async holdBack(words: string, action: ServiceAction, by: string): Promise<ActResult> {
    if (this.run !== null) await this.stops.stop(by, action === "kill" ? "killed" : "stopped");
    if (!this.isHeldBack(words)) this.enter("fatal", words);
    const runs = action === "start" || action === "restart" || action === "reload";
    return runs
      ? refused(`Cannot ${action} ${this.service}: ${words}`)
      : done(`${this.service} does not run: ${words}`);
  }

  private async restart(by: string): Promise<ActResult> {
    const { start_cmd, argv } = this.desired.spec;
    if (start_cmd === null && argv === null) {
      // Found by keywords only: what is stopped here could not be brought back.
      return refused(`Cannot restart ${this.service}: it has neither start_cmd nor argv, only keywords to find it by.`);
    }
    const running = this.run !== null;
    const stopped = await this.stops.stop(by, "stopped", { forRestart: true });
    if (stopped.outcome !== "done") return stopped;
    if (running) this.restartCount += 1;
    const started = await this.starting.start();
    // Nothing was tried: it is down, and nothing is under way any more.
    if (this.state === "stopping") {
      this.shim.letGo();
      this.enter("stopped", null);
    }
    return started;
  }
}
