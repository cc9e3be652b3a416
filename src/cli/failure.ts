// How a command fails in a way that was foreseen: an exit code, words, and what to do.
import { ERRORS, EXIT, type ErrorCode } from "../contract/error-table.ts";
import type { FieldIssue, Problem } from "../contract/errors.ts";

/** 128 + SIGINT, as shells say it. */
export const EXIT_INTERRUPTED = 130;

/** A foreseen end of a command. Only `program.ts` catches it. */
export class CliFailure extends Error {
  readonly exitCode: number;
  /** What to do about it, a line each. */
  readonly hints: string[];
  readonly issues: FieldIssue[];
  /** The hub's code, or one of ours ("usage", "hub_unreachable"). */
  readonly code: string;

  constructor(
    message: string,
    options: { exitCode?: number; code?: string; hints?: string[]; issues?: FieldIssue[]; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "CliFailure";
    this.exitCode = options.exitCode ?? EXIT.failed;
    this.hints = options.hints ?? [];
    this.issues = options.issues ?? [];
    this.code = options.code ?? "failed";
  }
}

/** The command line is wrong: exit 2. */
export function usageFailure(message: string, ...hints: string[]): CliFailure {
  return new CliFailure(message, { exitCode: EXIT.usage, code: "usage", hints });
}

/** Exit code for what the hub refused with; codes of newer hubs are told by their status. */
function exitCodeOf(code: string, status: number): number {
  if (Object.hasOwn(ERRORS, code)) return ERRORS[code as ErrorCode].exit;
  if (status === 401 || status === 403) return EXIT.noPermission;
  return status === 404 ? EXIT.notFound : EXIT.failed;
}

/** Turns the hub's refusal into a failure of the command; `path` is what was asked. */
export function problemFailure(problem: Partial<Problem>, status: number, path = ""): CliFailure {
  const code = problem.code ?? "failed";
  const words = typeof problem.detail === "string" ? problem.detail : problem.title;
  return new CliFailure(words ?? `The hub answered with status ${status}`, {
    code,
    exitCode: exitCodeOf(code, status),
    issues: problem.issues ?? [],
    hints: hintsFor(code, path),
  });
}

/**
 * Our own refusals (the hub's and the agent's, when they run in this process) as failures; anything else stays what it is. Known by
 * its name, since loading the class would load the validators with it.
 */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== "TailherdError" || !("code" in error)) return error;
  const code = String(error.code);
  const issues = "issues" in error ? (error.issues as FieldIssue[]) : [];
  return new CliFailure(error.message, { code, exitCode: exitCodeOf(code, 0), issues, cause: error });
}

/** What lists the things of a path. */
const LISTS = [
  ["/api/tasks", "task ls"],
  ["/api/servers", "servers"],
  ["/api/operations", "rollout status"],
] as const;

function hintsFor(code: string, path: string): string[] {
  switch (code) {
    case "unauthenticated":
      return ["Give a token in TAILHERD_TOKEN (make one on the hub's machine: tailherd token add NAME)."];
    case "forbidden":
      return ["A token of a higher role is needed; see who you are with: tailherd doctor"];
    case "owned_by_file":
      return ["Change that file and run: tailherd apply"];
    case "revision_conflict":
      return ["Look at what changed, then try again."];
    case "not_found":
      return [`See what there is: tailherd ${LISTS.find(([of]) => path.startsWith(of))?.[1] ?? "ps"}`];
    default:
      return [];
  }
}
