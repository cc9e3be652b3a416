// The main thread's end of the metrics' worker: starts it when there is something to do, ends it when there has been nothing for a
// while, and lets no call wait for ever.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Clock, Timer } from "../../base/clock.ts";
import { MINUTE, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { WorkerMethods, WorkerReply } from "./worker-messages.ts";

interface Call {
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
  deadline: Timer;
}

/** An idle thread costs some megabytes; starting one costs tens of milliseconds. */
const IDLE = 20 * SECOND;
/** A thread that has not answered by then never will. */
const DEADLINE = 2 * MINUTE;
const LIMITS = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 512, stackSizeMb: 1 };

/** Not there, there and at work or idle, or ending; a call while it ends waits for the next one. */
export class WorkerLink {
  private readonly file: string;
  private readonly clock: Clock;
  private worker: Worker | undefined;
  private readonly calls = new Map<number, Call>();
  private number = 0;
  private idle: Timer | undefined;
  private ending: Promise<void> = Promise.resolve();

  constructor(options: { file: string; clock: Clock }) {
    this.file = options.file;
    this.clock = options.clock;
  }

  /** Whether the thread is there. */
  get isRunning(): boolean {
    return this.worker !== undefined;
  }

  /** Rejects with a `TailherdError`: of the method, `timed_out`, or why the thread ended. */
  async call<M extends Exclude<keyof WorkerMethods, "end">>(
    method: M,
    args: WorkerMethods[M]["args"],
    transfer: ArrayBuffer[] = [],
  ): Promise<WorkerMethods[M]["result"]> {
    await this.ending;
    this.idle?.cancel();
    const worker = (this.worker ??= this.start());
    return (await this.ask(worker, method, args, transfer)) as WorkerMethods[M]["result"];
  }

  /** Ends the thread once it has answered all calls. */
  async end(): Promise<void> {
    this.idle?.cancel();
    const worker = this.worker;
    if (worker === undefined) return await this.ending;
    this.worker = undefined;
    const gone = once(worker, "exit");
    this.ending = this.ask(worker, "end", {}, []).then(
      async () => void (await gone),
      async () => void (await worker.terminate()),
    );
    await this.ending;
  }

  private ask(worker: Worker, method: keyof WorkerMethods, args: object, transfer: ArrayBuffer[]): Promise<unknown> {
    const id = ++this.number;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const deadline = this.clock.after(DEADLINE, () => this.giveUp(worker));
    this.calls.set(id, { resolve, reject, deadline });
    worker.ref();
    worker.postMessage({ id, method, ...args }, transfer);
    return promise;
  }

  private start(): Worker {
    // The build puts the worker beside the file that this one is bundled into.
    const built = process.env.TAILHERD_BUILT === "1";
    const entry = new URL(built ? "./metrics-worker.js" : "./metrics-worker.ts", import.meta.url);
    const worker = new Worker(entry, {
      workerData: { file: this.file },
      name: "metrics",
      resourceLimits: LIMITS,
      execArgv: [],
    });
    worker.on("message", (reply: WorkerReply) => this.settle(worker, reply));
    worker.on("error", (error) => this.lose(worker, error));
    worker.on("exit", () => this.lose(worker, new TailherdError("degraded", "The metrics' thread has ended")));
    return worker;
  }

  private settle(worker: Worker, reply: WorkerReply): void {
    const call = this.calls.get(reply.id);
    this.calls.delete(reply.id);
    call?.deadline.cancel();
    if ("error" in reply) {
      const { code, message } = reply.error;
      call?.reject(
        new TailherdError(code ?? "degraded", code === null ? `Cannot use the metrics: ${message}` : message),
      );
    } else call?.resolve(reply.result);
    if (this.calls.size > 0 || worker !== this.worker) return;
    worker.unref();
    this.idle?.cancel();
    this.idle = this.clock.after(IDLE, () => void this.end());
  }

  private giveUp(worker: Worker): void {
    this.lose(worker, new TailherdError("timed_out", `The metrics' thread has not answered in ${DEADLINE / SECOND} s`));
    this.ending = worker.terminate().then(() => undefined);
  }

  /** The thread is gone: all that was asked fails, and the next call starts another. */
  private lose(worker: Worker, error: unknown): void {
    if (worker === this.worker) this.worker = undefined;
    else if (this.worker !== undefined) return;
    for (const call of this.calls.values()) {
      call.deadline.cancel();
      call.reject(error);
    }
    this.calls.clear();
  }
}
