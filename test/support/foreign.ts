// A process that has nothing to do with tailherd, for tests of what may be seen, stopped and adopted.
import { execFileSync } from "node:child_process";
import { isAlive, pidsWith } from "./processes.ts";

/** A `sleep` of nobody's, in a session of its own. */
export interface Foreign extends AsyncDisposable {
  pid: number;
  /** A word of its command line that no other process has. */
  mark: string;
}

/** Starts one; disposing kills it. */
export async function startForeign(
  word: string,
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Foreign> {
  // No program takes a word of ours, but sleep adds up its numbers: this one is longer than any test and like no other.
  const mark = `86${process.pid}.${Buffer.from(word).reduce((sum, byte) => sum * 7 + byte, 0)}`;
  // setsid forks, so that the process is not a child of this one, in which the agent runs.
  execFileSync("setsid", ["--fork", "sleep", mark], { stdio: "ignore", ...options });
  let pid: number | undefined;
  while (pid === undefined) {
    [pid] = pidsWith(mark);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const found = pid;
  return {
    pid: found,
    mark,
    async [Symbol.asyncDispose]() {
      if (isAlive(found)) process.kill(found, "SIGKILL");
    },
  };
}
