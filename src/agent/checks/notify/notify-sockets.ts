// The sockets on which services speak sd_notify, and the one helper that listens on all of them: started with the first, ended with the
// last, replaced when it ends by itself. What is said while none listens is lost; who speaks does not wait for us.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import type { Clock, Timer } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import type { Logger } from "../../../runtime/logger.ts";
import { systemWords } from "../../supervisor/system-words.ts";
import { HELPER } from "./helper.ts";
import type { Place } from "./place.ts";

/** Milliseconds until a helper that ended is replaced: at first, and at most where each ends at once. */
const FIRST_DELAY = 50;
const LAST_DELAY = 30 * SECOND;
/** Milliseconds that a helper may take to say all it has heard: hundreds of times what that takes. */
const ANSWER = 10 * SECOND;
/** One that lived so long ended for a reason of its own. */
const STABLE = 60 * SECOND;
/** Milliseconds that a start waits for its socket, and the end for the helper's. */
const PATIENCE = 2 * SECOND;
/** Characters without a line's end that no helper of ours prints. */
const LINE_MAX = 1024 * 1024;

export const NO_PERL = "cannot listen for sd_notify: perl is not installed";

/** Hears of one socket. */
export interface Listener {
  /** A datagram came, or what became of `count` that came too fast. */
  said: (text: string, count: number) => void;
  /** It is listened on from now on. */
  listening: () => void;
  /** It is not; `problem`: words where that does not pass by itself. */
  deaf: (problem: string | null) => void;
}

interface Socket {
  place: Place;
  listener: Listener;
  /** Resolves when it is listened on, or cannot be. */
  settled: PromiseWithResolvers<void>;
  /** Told when all is told that was said until they asked; false: nobody knows. */
  asking: ((all: boolean) => void)[];
}

interface NotifySocketsOptions {
  /** The file that the helper's command line names. */
  script: string;
  /** Path of perl, looked for when a helper is to be started; undefined: there is none. */
  findPerl: () => string | undefined;
  clock: Clock;
  logger: Logger;
}

export class NotifySockets {
  private readonly options: NotifySocketsOptions;
  private readonly sockets = new Map<string, Socket>();
  private helper: { child: ChildProcess; since: number; ended: boolean } | undefined;
  private delay = FIRST_DELAY;
  private timer: Timer | undefined;
  private closed = false;

  constructor(options: NotifySocketsOptions) {
    this.options = options;
  }

  /** Listens at a place from now on, or as soon as it can; `key` is one word. */
  open(key: string, place: Place, listener: Listener): void {
    const socket = { place, listener, settled: Promise.withResolvers<void>(), asking: [] };
    this.sockets.set(key, socket);
    if (this.helper === undefined) this.startHelper();
    else this.bind(key, socket);
  }

  /** Resolves when it is listened on, or it is not worth waiting for that. */
  async settled(key: string): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.options.clock.after(PATIENCE, late.resolve);
    await Promise.race([this.sockets.get(key)?.settled.promise, late.promise]);
    timer.cancel();
  }

  /**
   * Resolves when all that was said until now has been told: silence is the service's only then. False where nobody can know; a helper
   * that does not answer is replaced, for it may be stopped, and who speaks would wait for it.
   */
  async caughtUp(key: string): Promise<boolean> {
    const { helper } = this;
    const socket = this.sockets.get(key);
    if (socket === undefined || helper === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.asking.push(resolve);
    const timer = this.options.clock.after(ANSWER, () => helper.child.kill("SIGKILL"));
    this.order(`sync ${key}`);
    const all = await promise;
    timer.cancel();
    return all;
  }

  /** Listens no more, and removes it. */
  free(key: string): void {
    const socket = this.sockets.get(key);
    if (socket === undefined) return;
    this.sockets.delete(key);
    letGo(socket);
    this.order(`free ${key}`);
    // Now, and where no helper does.
    rmSync(socket.place.path, { force: true });
    if (this.sockets.size === 0) this.endHelper();
  }

  /** Listens no more; the sockets stay for the next agent. */
  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    for (const socket of this.sockets.values()) letGo(socket);
    this.sockets.clear();
    const child = this.helper?.child;
    if (child === undefined) return;
    const gone = once(child, "close", { signal: AbortSignal.timeout(PATIENCE) });
    this.endHelper();
    await gone.catch(() => child.kill("SIGKILL"));
  }

  private startHelper(): void {
    this.timer?.cancel();
    this.timer = undefined;
    if (this.closed || this.helper !== undefined || this.sockets.size === 0) return;
    const perl = this.options.findPerl();
    if (perl === undefined) {
      for (const socket of this.sockets.values()) this.deafen(socket, NO_PERL);
      this.startLater(LAST_DELAY);
      return;
    }
    try {
      this.helper = this.spawnHelper(perl);
    } catch (error) {
      this.options.logger.error({ error: systemWords(error) }, "cannot start the helper that listens for sd_notify");
      this.startLater(this.delay);
      return;
    }
    for (const [key, socket] of this.sockets) this.bind(key, socket);
  }

  private spawnHelper(perl: string): { child: ChildProcess; since: number; ended: boolean } {
    const { script, clock } = this.options;
    writeFileSync(`${script}.new`, HELPER, { mode: 0o600 });
    renameSync(`${script}.new`, script);
    // In a session of its own: what a terminal tells this process is not for it. Nothing of our environment, which may hold PERL5OPT.
    const child = spawn(perl, [script], { env: {}, cwd: "/", detached: true, stdio: ["pipe", "pipe", "ignore"] });
    const helper = { child, since: clock.monotonic(), ended: false };
    // Each of these may come without the others, and `stdout` may be missing where there are no descriptors.
    child.on("error", () => this.lost(helper));
    child.on("close", () => this.lost(helper));
    child.stdin?.on("error", () => undefined);
    let unread = "";
    child.stdout?.setEncoding("latin1").on("data", (text: string) => {
      const lines = (unread + text).split("\n");
      unread = lines.pop() ?? "";
      if (unread.length > LINE_MAX) child.kill("SIGKILL");
      if (!helper.ended) for (const line of lines) this.answer(line);
    });
    return helper;
  }

  /** The end of stdin is the helper's end; it is not ours any more from now on. */
  private endHelper(): void {
    if (this.helper === undefined) return;
    this.helper.ended = true;
    this.helper.child.stdin?.end();
    this.helper = undefined;
  }

  private lost(helper: { since: number; ended: boolean }): void {
    if (helper.ended) return;
    helper.ended = true;
    this.helper = undefined;
    const { clock, logger } = this.options;
    logger.warn({}, "the helper that listens for sd_notify ended; another one is started");
    for (const socket of this.sockets.values()) this.deafen(socket, null);
    if (clock.monotonic() - helper.since > STABLE) this.delay = FIRST_DELAY;
    this.startLater(this.delay);
    this.delay = Math.min(LAST_DELAY, this.delay * 2);
  }

  private startLater(delay: number): void {
    this.timer?.cancel();
    this.timer = this.options.clock.after(delay, () => this.startHelper());
  }

  private bind(key: string, { place: { path, mode, uid, gid } }: Socket): void {
    this.order(`bind ${key} ${hex(path)} ${mode} ${uid} ${gid}`);
  }

  private order(line: string): void {
    this.helper?.child.stdin?.write(`${line}\n`);
  }

  private answer(line: string): void {
    const [what, key = "", first = "", text = ""] = line.split(" ", 4);
    const socket = this.sockets.get(key);
    if (socket === undefined) return;
    if (what === "said") {
      socket.listener.said(Buffer.from(text, "hex").toString("utf8"), Number(first));
    } else if (what === "bound") {
      socket.listener.listening();
      socket.settled.resolve();
    } else if (what === "synced") {
      socket.asking.shift()?.(true);
    } else if (what === "failed") {
      this.deafen(socket, `cannot listen for sd_notify: ${line.slice(`failed ${key} `.length)}`);
    }
  }

  private deafen(socket: Socket, problem: string | null): void {
    for (const answer of socket.asking.splice(0)) answer(false);
    socket.listener.deaf(problem);
    if (problem !== null) socket.settled.resolve();
  }
}

/** Nobody is to wait for it any more. */
function letGo({ settled, asking }: Socket): void {
  settled.resolve();
  for (const answer of asking.splice(0)) answer(false);
}

function hex(text: string): string {
  return Buffer.from(text).toString("hex");
}
