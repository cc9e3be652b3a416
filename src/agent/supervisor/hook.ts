// Runs a pre_stop hook: a shell line as the service's user, in its directory and environment, for a limited time.
import { spawn } from "node:child_process";
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { sendQuietly } from "./containment-groups.ts";
import { systemWords } from "./system-words.ts";

export interface HookContext {
  directory: string;
  env: Record<string, string>;
  account: { uid: number; gid: number };
}

/** Words for its failure, or undefined when it ended with 0. */
export function runHook(
  line: string,
  context: HookContext,
  seconds: number,
  clock: Clock,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const ids = process.getuid?.() === 0 ? { uid: context.account.uid, gid: context.account.gid } : {};
    const child = spawn("/bin/sh", ["-c", line], {
      cwd: context.directory,
      env: context.env,
      detached: true,
      stdio: "ignore",
      ...ids,
    });
    const timer = clock.after(seconds * SECOND, () => {
      if (child.pid !== undefined) sendQuietly(-child.pid, "SIGKILL");
      resolve(`took longer than ${seconds} s`);
    });
    child.on("error", (error) => {
      timer.cancel();
      resolve(systemWords(error));
    });
    child.on("exit", (code, signal) => {
      timer.cancel();
      resolve(code === 0 ? undefined : signal === null ? `exit ${code}` : `killed by ${signal}`);
    });
  });
}
