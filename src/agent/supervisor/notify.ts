// What one instance says by sd_notify: its socket, from before its first start until nothing of it is wanted, and what was said in this
// generation. Checks of kind notify look at it.
import type { Timer } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { SECOND } from "../../base/units.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import { parseNotices } from "../checks/notify/notice.ts";
import { TOLD_A_SECOND } from "../checks/notify/helper.ts";
import { type Place, placeOf } from "../checks/notify/place.ts";
import { hear, type Hearing, NOTHING_SAID, type Said, wordsOf } from "../checks/notify/said.ts";
import { findAccount, ownAccount } from "./accounts.ts";
import type { InstanceLife } from "./instance-life.ts";
import type { Run } from "./instance-record.ts";

/** Milliseconds between two rows that differ in nothing but its words. */
const TOLD_EACH = SECOND;

/** What the agent after this one must know: when it last gave a sign of life would be of another clock. */
type KeptSaid = Omit<Said, "alive">;

/** What the environment of a start tells of sd_notify. */
export interface NotifyEnvironment {
  socket: string;
  /** Seconds; null: no watchdog. */
  watchdog: number | null;
}

export class Notify {
  private said: Said = NOTHING_SAID;
  private place: Place | undefined;
  /** The definition's user that the place is for. */
  private user: string | null = null;
  /** When this generation began, or this agent took it over; of the monotonic clock, as all times here. */
  private begun = 0;
  /** Since when it is listened on. */
  private since: number | null = null;
  /** For a while nobody listened to this generation. */
  private missed = false;
  private problem: string | null = null;
  private tooFast = false;
  private tellTimer: Timer | undefined;
  private toldAt = Number.NEGATIVE_INFINITY;
  private readonly heard = new Emitter<void>();
  private readonly life: InstanceLife;

  constructor(life: InstanceLife) {
    this.life = life;
  }

  isWanted(spec: ServiceSpec): boolean {
    return watchOf(spec) !== null;
  }

  isTold(run: Run): boolean {
    return run.notify !== null;
  }

  /** Resolves when its socket is listened on, or it is not worth waiting for that. */
  async settled(): Promise<void> {
    if (this.since === null) await this.life.tools.notify.sockets.settled(this.life.directory.key);
  }

  /** A start is ordered: nothing was said yet. What its environment is to tell; null: nothing. */
  begin(): NotifyEnvironment | null {
    this.said = NOTHING_SAID;
    this.begun = this.life.tools.clock.monotonic();
    this.missed = false;
    this.tooFast = false;
    const watch = watchOf(this.life.desired.spec);
    return watch === null || this.place === undefined ? null : { socket: this.place.path, watchdog: watch.watchdog };
  }

  /** Goes on with what an agent before started and heard. */
  resume(run: Run, said: KeptSaid | null): void {
    if (run.notify === null) return;
    this.said = { ...NOTHING_SAID, ...said };
    this.begun = this.life.tools.clock.monotonic();
    this.missed = true;
  }

  /** No more is heard; the socket stays for the next agent. */
  close(): void {
    this.tellTimer?.cancel();
    this.tellTimer = undefined;
    this.since = null;
  }

  /** Removes the socket. */
  release(): void {
    if (this.place === undefined) return;
    this.close();
    this.place = undefined;
    this.problem = null;
    this.life.tools.notify.sockets.free(this.life.directory.key);
  }

  /** What the next agent must know of it; null where it says nothing. */
  kept(): KeptSaid | null {
    const { alive: _, ...kept } = this.said;
    return this.life.run?.notify == null ? null : kept;
  }

  /** How a run is heard, as of now. */
  hearing(run: Run): Hearing {
    const { said, problem } = this;
    const late = this.since !== null && this.since > this.begun;
    const since = this.since === null ? null : Math.max(this.since, this.begun);
    const now = this.life.tools.clock.monotonic();
    return { said, told: run.notify, since, missed: this.missed || late, problem, now };
  }

  /** Hears when something was said, or when it is listened to or not. */
  onHeard(listener: () => void): Disposable {
    return this.heard.on(listener);
  }

  /** Resolves when all is heard that was said until now; false where nobody can know. */
  caughtUp(): Promise<boolean> {
    return this.life.tools.notify.sockets.caughtUp(this.life.directory.key);
  }

  open(): void {
    const { life } = this;
    const { sockets, agentDir, owner } = life.tools.notify;
    const { user } = life.run?.notify == null ? life.desired.spec : life.run.spec;
    if (this.place !== undefined && this.problem === null && this.user === user) return;
    this.release();
    const account = user === null ? ownAccount() : findAccount(user);
    // Its start says so.
    if (account === undefined) return;
    const found = placeOf(life.directory.key, account, { agentDir, owner, self: ownAccount().uid });
    this.problem = found.ok ? null : found.words;
    if (!found.ok) return;
    this.place = found.place;
    this.user = user;
    sockets.open(life.directory.key, found.place, {
      said: (text, count) => this.take(text, count),
      listening: () => {
        this.since = life.tools.clock.monotonic();
        this.problem = null;
        this.heard.emit();
      },
      deaf: (problem) => {
        this.since = null;
        this.missed = true;
        this.problem = problem;
        this.heard.emit();
      },
    });
  }

  private take(text: string, count: number): void {
    const { life, said } = this;
    if (life.closed) return;
    const now = life.tools.clock.monotonic();
    this.said = parseNotices(text).reduce((before, notice) => hear(before, notice, now), said);
    if (count > 1 && !this.tooFast) {
      this.tooFast = true;
      const words = `by sd_notify it says more than ${TOLD_A_SECOND} things a second: of what comes faster only the newest counts`;
      life.output.note(words);
    }
    this.heard.emit();
    const { ready, triggered } = this.said;
    if (ready !== said.ready || triggered !== said.triggered) life.persistSoon();
    if (wordsOf(this.said) !== wordsOf(said)) this.tellSoon();
  }

  /** Its words are kept and told, at most so often. */
  private tellSoon(): void {
    if (this.tellTimer !== undefined) return;
    const { life } = this;
    const now = life.tools.clock.monotonic();
    this.tellTimer = life.tools.clock.after(Math.max(0, this.toldAt + TOLD_EACH - now), () => {
      this.tellTimer = undefined;
      this.toldAt = life.tools.clock.monotonic();
      life.persistSoon();
      life.changed();
    });
  }
}

/** What a definition wants of sd_notify; null: nothing. `watchdog`: seconds within which it has to ping. */
export function watchOf({ checks }: ServiceSpec): { watchdog: number | null } | null {
  const notify = checks.filter((check) => check.kind === "notify");
  if (notify.length === 0) return null;
  const within = notify.filter(({ role }) => role === "liveness").map((check) => check.within);
  return { watchdog: within.length === 0 ? null : Math.min(...within) };
}
