// Why a launch did not become the program, in the system's words.
import { statSync } from "node:fs";
import type { ServiceSpec } from "../../contract/service.ts";
import { type Account, findAccount, ownAccount } from "./accounts.ts";
import { fromHome, GAVE_UP } from "./launch-script.ts";
import { systemWords } from "./system-words.ts";

export interface LaunchFailure {
  cause: "failed_to_start" | "hook_failed";
  words: string;
}

/** Null when it is not a failure of the launch after all: a program may end with 125 to 127 by itself. */
export function launchFailure(
  spec: ServiceSpec,
  status: number,
  reason: { generation: number; words: string[] } | undefined,
  generation: number,
  lastLine: string | undefined,
): LaunchFailure | null {
  const told = reason?.generation === generation ? reason.words : [];
  if (status === GAVE_UP) {
    if (told[0] === "cd") return { cause: "failed_to_start", words: directoryProblem(spec) ?? deniedWords(spec) };
    if (told[0] === "hook") return { cause: "hook_failed", words: `pre_start failed: exit ${told[1] ?? "unknown"}` };
    return null;
  }
  const fallback = status === 126 ? "permission denied" : "command not found";
  return { cause: "failed_to_start", words: lastLine === undefined ? fallback : withoutShell(lastLine) };
}

/** What is wrong with its working directory as far as the agent can see; another user may be let in less far. */
export function directoryProblem(spec: ServiceSpec): string | undefined {
  const { path } = directoryOf(spec);
  try {
    return statSync(path).isDirectory() ? undefined : `working directory ${path}: not a directory`;
  } catch (error) {
    return `working directory ${path}: ${systemWords(error)}`;
  }
}

function deniedWords(spec: ServiceSpec): string {
  const { path, account } = directoryOf(spec);
  return `working directory ${path}: permission denied for ${account.name}`;
}

function directoryOf(spec: ServiceSpec): { path: string; account: Account } {
  const account = (spec.user === null ? undefined : findAccount(spec.user)) ?? ownAccount();
  return { path: fromHome(spec.working_dir ?? account.home, account), account };
}

/** "setsid: failed to execute nosuch: No such file or directory" without where in our shell text it happened. */
function withoutShell(line: string): string {
  return line
    .replace(/^\S*(?:setsid|tailherd-shim|\/launch|\bsh): (?:(?:line )?\d+: )?/, "")
    .replace(/^(?:(?:eval|exec|\d+): )+/, "")
    .replace(/^failed to execute /, "");
}
