// What one instance tells by itself, by sd_notify and by calls of its heartbeat URL: both are open from before a start until nothing of
// it is wanted, say how to tell in the environment of the start, and go on with what an agent before left.
import type { ServiceSpec } from "../../contract/service.ts";
import type { InstanceState } from "../../contract/status.ts";
import { type BeatEnvironment, Beats } from "./beats.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { InstanceRecord, Run } from "./instance-record.ts";
import { Notify, type NotifyEnvironment, watchOf } from "./notify.ts";

/** In these nothing of it runs, nor will by itself. */
const OVER: ReadonlySet<InstanceState> = new Set(["stopped", "exited", "fatal", "external"]);

/** What the environment of a start tells its program. */
export interface ToldAtStart {
  notify: NotifyEnvironment | null;
  beat: BeatEnvironment | null;
}

/** One way of telling. */
interface Way {
  /** Whether a definition has checks that want it. */
  isWanted(spec: ServiceSpec): boolean;
  /** Whether the environment of this run told of it. */
  isTold(run: Run): boolean;
  open(): void;
  settled(): Promise<void>;
  close(): void;
  release(): void;
}

export class Ears {
  readonly notify: Notify;
  readonly beats: Beats;
  private readonly life: InstanceLife;
  private readonly ways: readonly Way[];

  constructor(life: InstanceLife) {
    this.life = life;
    this.notify = new Notify(life);
    this.beats = new Beats(life);
    this.ways = [this.notify, this.beats];
  }

  /** Before a start that is asked for: resolves when all that this definition wants to hear can be heard. */
  async prepare(): Promise<void> {
    const wanted = this.ways.filter((way) => way.isWanted(this.life.desired.spec));
    for (const way of wanted) way.open();
    await Promise.all(wanted.map((way) => way.settled()));
  }

  /** A start is ordered: nothing was told yet. What its environment is to tell. */
  begin(): ToldAtStart {
    const { spec } = this.life.desired;
    for (const way of this.ways) {
      if (way.isWanted(spec)) way.open();
      else way.release();
    }
    return {
      notify: this.notify.begin(),
      beat: this.beats.isWanted(spec) ? this.beats.begin() : null,
    };
  }

  /** Goes on with what an agent before started and heard. */
  resume(run: Run, record: InstanceRecord | undefined): void {
    this.notify.resume(run, record?.said ?? null);
    this.beats.resume();
    for (const way of this.ways) if (way.isTold(run)) way.open();
  }

  /** What the start of a run that an agent could not keep told of all this, if it was made from the definition as it is now. */
  presumed(): Pick<Run, "notify" | "beat"> {
    const { spec } = this.life.desired;
    return { notify: watchOf(spec), beat: this.beats.isWanted(spec) ? this.beats.presumed() : null };
  }

  /** The state or the definition changed. */
  settle(): void {
    const { run, state, desired } = this.life;
    for (const way of this.ways) {
      if (run !== null && way.isTold(run)) continue;
      if (OVER.has(state) || !way.isWanted(desired.spec)) way.release();
      else way.open();
    }
  }

  /** No more is heard; what services were told stays good for the next agent. */
  close(): void {
    for (const way of this.ways) way.close();
  }

  /** Nothing is wanted of it any more. */
  release(): void {
    for (const way of this.ways) way.release();
  }
}
