// For integration tests: a fixture in a process of its own that answers line by line.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { openSync, closeSync } from "node:fs";
import { createInterface, type Interface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The path of a fixture. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** A fixture one talks to by lines. Ended (SIGKILL) and awaited when disposed. */
export class TalkingFixture implements AsyncDisposable {
  readonly child: ChildProcess;
  private readonly lines: Interface;
  private readonly answers: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: Interface) {
    this.child = child;
    this.lines = lines;
    this.answers = lines[Symbol.asyncIterator]();
  }

  /** Resolves when the fixture said "ready". */
  static async start(name: string, args: string[]): Promise<TalkingFixture> {
    const child = spawn(process.execPath, [fixture(name), ...args], { stdio: ["pipe", "pipe", "inherit"] });
    const talking = new TalkingFixture(child, createInterface({ input: child.stdout }));
    const first = await talking.next();
    if (first !== "ready") throw new Error(`${name} said ${first} instead of "ready"`);
    return talking;
  }

  /** Sends a line and resolves with the answer to it. */
  async ask(line: string): Promise<unknown> {
    this.child.stdin?.write(`${line}\n`);
    return JSON.parse(await this.next());
  }

  /** Ends its input and waits until it is gone; answers its exit code. */
  async finish(): Promise<number | null> {
    this.child.stdin?.end();
    return this.gone();
  }

  /** SIGKILL, as the kernel does it. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.gone();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.lines.close();
  }

  private async gone(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }

  private async next(): Promise<string> {
    const { value, done } = await this.answers.next();
    if (done === true) throw new Error("the fixture ended without an answer");
    return value;
  }
}

/** A service: a fixture whose stdout and stderr are appended to files. `done` answers its exit code and what it said on fd 3. */
export function startService(
  name: string,
  args: string[],
  files: { stdout: string; stderr: string },
): { child: ChildProcess; done: Promise<{ code: number | null; said: string }> } {
  const stdout = openSync(files.stdout, "a");
  const stderr = openSync(files.stderr, "a");
  const child = spawn(process.execPath, [fixture(name), ...args], { stdio: ["ignore", stdout, stderr, "pipe"] });
  closeSync(stdout);
  closeSync(stderr);
  let said = "";
  child.stdio[3]?.on("data", (data: Buffer) => (said += data.toString()));
  const done = once(child, "close").then(() => ({ code: child.exitCode, said }));
  return { child, done };
}
