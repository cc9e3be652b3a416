// Runs commands and measures how long they take.
import { spawn, type ChildProcess, type SpawnOptions } from "node:child_process";

/** Milliseconds to wait for the end of output that a daemon may have inherited and never closes. */
const INHERITED = 300;

/** How a command ended. */
export interface Ended {
  /** Milliseconds from the call to its end. */
  ms: number;
  stdout: string;
}

/** A command line without a shell. */
export type CommandLine = [program: string, ...args: string[]];

/** Runs a command to its end; rejects with its words when it fails. */
export async function run(command: CommandLine, options: SpawnOptions = {}): Promise<Ended> {
  const [program, ...args] = command;
  const started = performance.now();
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const closed = new Promise((resolve) => child.on("close", resolve));
  const exited = await new Promise<{ code: number | null; ms: number }>((resolve, reject) => {
    child.on("error", reject);
    // "exit" and not "close": what a daemon inherits of the streams is not the command's time.
    child.on("exit", (code) => resolve({ code, ms: performance.now() - started }));
  });
  await Promise.race([closed, pause(INHERITED)]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (exited.code !== 0) {
    throw new Error(`Cannot run ${command.slice(0, 4).join(" ")}: exit ${exited.code}\n${stdout}${stderr}`);
  }
  return { ms: exited.ms, stdout };
}

/** Starts a process that stays; what it prints is thrown away. */
export async function start(command: CommandLine, options: SpawnOptions = {}): Promise<ChildProcess & { pid: number }> {
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: "ignore", ...options });
  await new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("spawn", resolve);
  });
  if (child.pid === undefined) throw new Error(`Cannot start ${program}: it has no pid`);
  return child as ChildProcess & { pid: number };
}

/** Waits until something holds, looking every `every` milliseconds; rejects after `patience`. Resolves to the time waited. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  { every = 2, patience = 60_000 } = {},
): Promise<number> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > patience) throw new Error(`Waited ${patience / 1000} s until ${what}`);
    await pause(every);
  }
  return performance.now() - started;
}

export async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}
