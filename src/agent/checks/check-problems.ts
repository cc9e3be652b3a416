// Checks that can never pass as they are defined: told when a definition is saved, rather than by restarts.
import { existsSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { SpecProblem } from "../../contract/agent.ts";
import type { Check, NotifyCheck } from "../../contract/checks.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import { portsOf } from "../../contract/sockets.ts";
import { findProgram, findTool } from "../supervisor/find-program.ts";
import { programOf } from "../supervisor/shell-words.ts";
import { forbiddenWords } from "./addresses.ts";

/** In what the service is started. */
interface Surroundings {
  directory: string;
  env: Record<string, string>;
}

/** Warnings, by check: the service starts all the same. */
export function checkProblems(spec: ServiceSpec, surroundings: Surroundings): SpecProblem[] {
  return spec.checks.flatMap((check, at) =>
    problemsOf(check, spec, surroundings).map(([field, message]): SpecProblem => ({
      path: `checks.${at}.${field}`,
      message,
      severity: "warning",
    })),
  );
}

type Found = [field: string, words: string][];

function problemsOf(check: Check, spec: ServiceSpec, surroundings: Surroundings): Found {
  switch (check.kind) {
    case "http":
      return [
        ...portProblem(check.port, spec),
        ...urlProblem(check.url),
        ...missingFile(check.tls?.ca_file, surroundings),
      ];
    case "tcp":
      return check.host === null ? portProblem(check.port, spec) : hostProblem("host", check.host);
    case "exec":
      return programProblem(check.command, surroundings);
    case "heartbeat": {
      if (check.file === null) return [];
      const directory = dirname(below(check.file, surroundings));
      return existsSync(directory) ? [] : [["file", `can never be touched: there is no directory ${directory}`]];
    }
    case "notify":
      return notifyProblems(check, spec);
    case "log":
    default:
      return [];
  }
}

/** Programs that mostly start another one and wait for it. */
const STARTERS = new Set("sh bash dash ash ksh zsh npm npx pnpm yarn make sudo su".split(" "));

function notifyProblems({ role }: NotifyCheck, spec: ServiceSpec): Found {
  const found: Found = [];
  if (findTool("perl") === undefined)
    found.push(["kind", "can never pass: perl, which listens for it, is not installed"]);
  const program = basename((spec.argv === null ? programOf(spec.start_cmd ?? "") : spec.argv[0]) ?? "");
  if (role === "liveness" && STARTERS.has(program)) {
    found.push(["kind", `may never pass: WATCHDOG_PID is the pid of ${program}, and what that starts may not heed it`]);
  }
  return found;
}

function portProblem(port: number | null, spec: ServiceSpec): Found {
  const ports = portsOf(spec);
  if (port === null || ports.length === 0 || ports.includes(port)) return [];
  return [["port", `${port} is none of the service's ports (${ports.join(", ")})`]];
}

function urlProblem(url: string | null): Found {
  return url === null ? [] : hostProblem("url", new URL(url).hostname);
}

function hostProblem(field: string, host: string): Found {
  const words = forbiddenWords(host);
  return words === undefined ? [] : [[field, `can never pass: ${words}`]];
}

function missingFile(file: string | null | undefined, surroundings: Surroundings): Found {
  if (file === null || file === undefined) return [];
  const path = below(file, surroundings);
  return existsSync(path) ? [] : [["tls.ca_file", `can never pass: there is no file ${path}`]];
}

function programProblem(command: string | string[], { env, directory }: Surroundings): Found {
  const program = typeof command === "string" ? programOf(command) : command[0];
  // A line that is more than one command is the shell's business.
  if (program === undefined) return [];
  const found = findProgram(program, env.PATH ?? "", directory);
  if (found.outcome === "missing") return [["command", `can never pass: there is no program ${program}`]];
  if (found.outcome === "not_executable") return [["command", `can never pass: ${found.path} is not executable`]];
  return [];
}

function below(path: string, { directory }: Surroundings): string {
  return isAbsolute(path) ? path : join(directory, path);
}
