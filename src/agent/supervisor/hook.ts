// Runs a pre_stop hook: a shell line as the service's user, in its directory and environment, for a limited time. What it says is
// output of the service, as what a pre_start hook says.
import { spawn } from "node:child_process";
import { closeSync, constants, openSync } from "node:fs";
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { sendQuietly } from "./containment-groups.ts";
import { inDirectory } from "./become-user.ts";
import { systemWords } from "./system-words.ts";

export interface HookContext {
  directory: string;
  env: Record<string, string>;
  /** Makes it run as the service's user. */
  become: string[];
  stdoutFile: string;
  stderrFile: string;
}

/** Words for its failure, or undefined when it ended with 0; it is ended when its time is over or `hurry` is aborted. */
export function runHook(
  line: string,
  context: HookContext,
  seconds: number,
  { clock, hurry }: { clock: Clock; hurry: AbortSignal },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const command = inDirectory(context.become, context.directory, ["/bin/sh", "-c", line]);
    const files = [context.stdoutFile, context.stderrFile].map(openToAppend);
    const child = spawn(command.program, command.args, {
      cwd: command.directory,
      env: context.env,
      detached: true,
      stdio: ["ignore", ...files],
    });
    for (const file of files) if (file !== "ignore") closeSync(file);
    const end = (words: string): void => {
      timer.cancel();
      const lives = child.exitCode === null && child.signalCode === null;
      if (child.pid !== undefined && lives) sendQuietly(-child.pid, "SIGKILL");
      resolve(words);
    };
    const timer = clock.after(seconds * SECOND, () => end(`took longer than ${seconds} s`));
    hurry.addEventListener("abort", () => end("was not waited for"), { once: true });
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

/** A hook is worth more than what it says. */
function openToAppend(path: string): number | "ignore" {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  } catch {
    return "ignore";
  }
}
