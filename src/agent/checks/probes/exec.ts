// Runs a command as the service's user, in its directory and environment; its exit code is the answer. It has a process group of its
// own and never outlives its look.
import type { ChildProcess } from "node:child_process";
import type { ExecCheck } from "../../../contract/checks.ts";
import { inDirectory } from "../../supervisor/become-user.ts";
import { sendQuietly } from "../../supervisor/containment-groups.ts";
import { systemWords } from "../../supervisor/system-words.ts";
import { spawnPiped } from "../../processes/spawn-piped.ts";
import { sanitize } from "../../spool/sanitize.ts";
import type { Outcome } from "../judge.ts";
import { failure, type Probe, type Subject, unlessShort } from "./probe.ts";

/** Characters of what it says that are looked at, and of its last line that are told. */
const OUTPUT_LIMIT = 4096;
const MESSAGE_LIMIT = 200;
/** Milliseconds for what it said right before its end to be read. */
const LAST_WORDS = 100;

export function openExecProbe(check: ExecCheck, subject: Subject): Probe {
  const argv = typeof check.command === "string" ? ["/bin/sh", "-c", check.command] : check.command;
  return {
    look(done) {
      const launch = subject.launch();
      if (!launch.ok) {
        queueMicrotask(() => done(failure(launch.words)));
        return () => undefined;
      }
      const command = inDirectory(launch.become, launch.directory, argv);
      const child = spawnPiped(command.program, command.args, { cwd: command.directory, env: launch.env });
      let said = "";
      let open = true;
      const hear = (text: string): void => {
        said = (said + text).slice(-OUTPUT_LIMIT);
      };
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", hear);
      const end = (): void => {
        open = false;
        child.stdout.destroy();
        child.stderr.destroy();
      };
      child.on("error", (error) => {
        if (!open) return;
        end();
        done(unlessShort(error, () => `${argv[0]}: ${systemWords(error)}`));
      });
      const exited = (): void => {
        if (!open) return;
        end();
        done(outcomeOf(child, lastLine(subject.hide(said))));
      };
      child.on("close", exited);
      // What it left running may hold its pipes for ever.
      child.on("exit", () => setTimeout(exited, LAST_WORDS).unref());
      return () => {
        if (!open) return;
        end();
        const lives = child.exitCode === null && child.signalCode === null;
        if (child.pid !== undefined && lives) sendQuietly(-child.pid, "SIGKILL");
      };
    },
  };
}

function outcomeOf({ exitCode, signalCode }: ChildProcess, line: string | null): Outcome {
  if (exitCode === 0) return { ok: true, message: line };
  const words = signalCode === null ? `exit ${exitCode}` : `killed by ${signalCode}`;
  return failure(line === null ? words : `${words}: ${line}`);
}

function lastLine(said: string): string | null {
  const line = sanitize(said.trimEnd().split("\n").at(-1) ?? "").trim();
  return line === "" ? null : line.slice(0, MESSAGE_LIMIT);
}
