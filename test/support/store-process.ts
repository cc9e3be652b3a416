// Starts `fixtures/store-server.ts` and speaks with it.
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { endChild } from "./processes.ts";

const server = join(import.meta.dirname, "../fixtures/store-server.ts");

/** An answer; a request that the process died over has none. */
export type Reply = { result: unknown } | { error: { code: string; message: string } } | "died";

/** A store in a process of its own. */
export class StoreProcess implements AsyncDisposable {
  readonly child: ChildProcess;
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private next = 1;

  private constructor(child: ChildProcess) {
    this.child = child;
    child.on("exit", () => {
      for (const settle of this.waiting.values()) settle("died");
    });
  }

  /** Resolves when it is open; `wrap` is a command line to start it by. */
  static async start(file: string, wrap: string[] = []): Promise<StoreProcess> {
    const [command, ...args] = [...wrap, process.execPath, server, file];
    assert.ok(command !== undefined);
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
    const started = new StoreProcess(child);
    const ready = new Promise<Reply>((resolve) => started.waiting.set(0, resolve));
    child.stdin?.on("error", () => {}); // it died; its requests are settled by "exit"
    assert.ok(child.stdout !== null);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, ...reply } = JSON.parse(line) as { id: number; result: unknown };
      started.waiting.get(id)?.(reply);
      started.waiting.delete(id);
    });
    assert.deepEqual(await ready, { result: "ready" });
    return started;
  }

  request(act: string, args: { name?: string; op?: string } = {}): Promise<Reply> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.resolve("died");
    const id = this.next++;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.child.stdin?.write(`${JSON.stringify({ id, act, ...args })}\n`);
    });
  }

  /** The result of a request that must go well. */
  async result(act: string, args: { name?: string; op?: string } = {}): Promise<unknown> {
    const reply = await this.request(act, args);
    assert.ok(reply !== "died" && "result" in reply, JSON.stringify(reply));
    return reply.result;
  }

  /** The code of the refusal of a request that must not go well. */
  async refusal(act: string, args: { name?: string; op?: string } = {}): Promise<string> {
    const reply = await this.request(act, args);
    assert.ok(reply !== "died" && "error" in reply, JSON.stringify(reply));
    return reply.error.code;
  }

  kill(): Promise<void> {
    return endChild(this.child, "SIGKILL");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
