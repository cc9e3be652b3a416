// The hub's end of the metrics' process: starts it when there is something to do, ends it when there has been nothing for a while,
// and lets no call wait for ever.
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Clock, Timer } from "../../base/clock.ts";
import { MINUTE, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ProcessMethods, ProcessReply } from "./process-messages.ts";

interface Call {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  deadline: Timer;
}

/** An idle process costs some megabytes; starting one costs tens of milliseconds. */
const IDLE = 20 * SECOND;
/** A process that has not answered by then never will. */
const DEADLINE = 2 * MINUTE;
/** A heap that stays small, and one that fails before it takes the machine's memory. */
const FLAGS = ["--max-semi-space-size=1", "--max-old-space-size=512", "--disable-warning=ExperimentalWarning"];

/** Not there, there and at work or idle, or ending; a call while it ends waits for the next one. */
export class ProcessLink {
  private readonly file: string;
  private readonly clock: Clock;
  private child: ChildProcess | undefined;
  private readonly calls = new Map<number, Call>();
  private number = 0;
  private idle: Timer | undefined;
  private ending: Promise<void> = Promise.resolve();

  constructor(options: { file: string; clock: Clock }) {
    this.file = options.file;
    this.clock = options.clock;
  }

  /** Whether the process is there. */
  get isRunning(): boolean {
    return this.child !== undefined;
  }

  /** Rejects with a `TailherdError`: of the method, `timed_out`, or why the process ended. */
  async call<M extends Exclude<keyof ProcessMethods, "end">>(
    method: M,
    args: ProcessMethods[M]["args"],
  ): Promise<ProcessMethods[M]["result"]> {
    await this.ending;
    this.idle?.cancel();
    const child = (this.child ??= this.start());
    return (await this.ask(child, method, args)) as ProcessMethods[M]["result"];
  }

  /** Ends the process once it has answered all calls. */
  async end(): Promise<void> {
    this.idle?.cancel();
    const child = this.child;
    if (child === undefined) return await this.ending;
    this.child = undefined;
    const gone = once(child, "exit");
    this.ending = this.ask(child, "end", {}).then(
      async () => void (await gone),
      () => kill(child, gone),
    );
    await this.ending;
  }

  private ask(child: ChildProcess, method: keyof ProcessMethods, args: object): Promise<unknown> {
    const id = ++this.number;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const deadline = this.clock.after(DEADLINE, () => this.giveUp(child));
    this.calls.set(id, { resolve, reject, deadline });
    child.ref();
    child.channel?.ref();
    // A process that cannot be told anything is about to be known as gone.
    child.send({ id, method, ...args }, () => {});
    return promise;
  }

  private start(): ChildProcess {
    // The build puts it beside the file that this one is bundled into.
    const built = process.env.TAILHERD_BUILT === "1";
    const entry = new URL(built ? "./metrics-process.js" : "./metrics-process.ts", import.meta.url);
    const child = fork(fileURLToPath(entry), [this.file], {
      serialization: "advanced",
      execArgv: FLAGS,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // Nothing of the hub's environment is its business; one arena of malloc is enough for it.
      env: { MALLOC_ARENA_MAX: "1" },
    });
    const gone = (why: string): void =>
      this.lose(child, new TailherdError("degraded", `Cannot use the metrics: their process ${why}`));
    child.on("message", (reply: ProcessReply) => this.settle(child, reply));
    child.on("error", (error) => gone(`cannot be run (${error.message})`));
    child.on("exit", (code, signal) => gone(`has ended (${signal ?? code})`));
    return child;
  }

  private settle(child: ChildProcess, reply: ProcessReply): void {
    const call = this.calls.get(reply.id);
    this.calls.delete(reply.id);
    call?.deadline.cancel();
    if ("error" in reply) {
      const { code, message } = reply.error;
      call?.reject(
        new TailherdError(code ?? "degraded", code === null ? `Cannot use the metrics: ${message}` : message),
      );
    } else call?.resolve(reply.result);
    if (this.calls.size > 0 || child !== this.child) return;
    child.unref();
    child.channel?.unref();
    this.idle?.cancel();
    this.idle = this.clock.after(IDLE, () => void this.end());
  }

  private giveUp(child: ChildProcess): void {
    this.lose(child, new TailherdError("timed_out", `The metrics' process has not answered in ${DEADLINE / SECOND} s`));
    this.ending = kill(child, once(child, "exit"));
  }

  /** The process is gone: all that was asked fails, and the next call starts another. */
  private lose(child: ChildProcess, error: unknown): void {
    if (child === this.child) this.child = undefined;
    else if (this.child !== undefined) return;
    for (const call of this.calls.values()) {
      call.deadline.cancel();
      call.reject(error);
    }
    this.calls.clear();
  }
}

async function kill(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  child.kill("SIGKILL");
  await gone;
}
