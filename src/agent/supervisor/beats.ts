// The calls of one instance's heartbeat URL: its secret, made once and kept with its state, and when it called last in this generation.
// Checks of kind heartbeat that name no file look at it.
import { Emitter } from "../../base/emitter.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import type { Calls } from "../checks/beat/calls.ts";
import { beatUrl, makeSecret } from "../checks/beat/request.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";

/** What the environment of a start tells of heartbeats; the secret in it is for nobody else. */
export interface BeatEnvironment {
  url: string;
  /** The port in it. */
  port: number;
}

export class Beats {
  private secret: string | null = null;
  /** When this generation began, or this agent took it over; of the monotonic clock, as all times here. */
  private begun = 0;
  private last: number | null = null;
  private listening: Disposable | undefined;
  private readonly heard = new Emitter<void>();
  private readonly life: InstanceLife;

  constructor(life: InstanceLife) {
    this.life = life;
  }

  isWanted({ checks }: ServiceSpec): boolean {
    return checks.some((check) => check.kind === "heartbeat" && check.url);
  }

  isTold(run: Run): boolean {
    return run.beat !== null;
  }

  /** Resolves when the port for the calls is listened on, or it is not worth waiting for that. */
  async settled(): Promise<void> {
    await this.life.tools.beats.settled();
  }

  /** A start is ordered. What its environment is to tell; null: nothing. */
  begin(): BeatEnvironment | null {
    this.last = null;
    this.begun = this.life.tools.clock.monotonic();
    const { port } = this.life.tools.beats;
    // Before the very first port was picked nothing can be told: it counts from the next start.
    return this.secret === null || port === null ? null : { url: beatUrl(port, this.secret), port };
  }

  /** What an agent before kept. */
  restore(secret: string | null): void {
    this.secret = secret;
  }

  /** What a start told whose record was lost. */
  presumed(): Run["beat"] {
    const { port } = this.life.tools.beats;
    return this.secret === null || port === null ? null : { port };
  }

  /** Goes on with what an agent before started: when that called last is of another clock. */
  resume(): void {
    this.begun = this.life.tools.clock.monotonic();
  }

  open(): void {
    if (this.listening !== undefined) return;
    const { tools } = this.life;
    this.secret ??= makeSecret();
    tools.beats.hear(this.secret, () => {
      this.last = tools.clock.monotonic();
      this.heard.emit();
    });
    this.listening = tools.beats.onChange(() => {
      this.heard.emit();
      if (!this.life.closed) this.life.changed();
    });
    tools.beats.open();
  }

  /** No more is heard; the secret stays for the next agent. */
  close(): void {
    this.listening?.[Symbol.dispose]();
    this.listening = undefined;
  }

  /** Whoever calls from now on is nobody. */
  release(): void {
    this.close();
    if (this.secret !== null) this.life.tools.beats.free(this.secret);
  }

  /** What the next agent must know. */
  kept(): string | null {
    return this.secret;
  }

  /** How the calls of a run are heard, as of now. */
  hearing({ beat }: Run): Calls {
    const { clock, beats } = this.life.tools;
    const since = beats.since === null ? null : Math.max(beats.since, this.begun);
    const moved = beat !== null && beats.port !== null && beat.port !== beats.port;
    const problem = moved ? `port ${beat.port}, which it was told to call, is not kept any more` : beats.problem;
    return { told: beat !== null, since, last: this.last, problem, now: clock.monotonic() };
  }

  /** Hears when it called, or is listened to or not. */
  onHeard(listener: () => void): Disposable {
    return this.heard.on(listener);
  }

  /** Resolves when all calls until now are heard; false where nobody can know. */
  caughtUp(): Promise<boolean> {
    return this.life.tools.beats.caughtUp();
  }
}
