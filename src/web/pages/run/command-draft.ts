// What is typed in the form that tells servers to do something: the request it makes, who would refuse it, and the same as a line for
// a shell. Pure.
import type { RouteBodyInput } from "../../../contract/routes.ts";
import type { ServerNode } from "../../../contract/server.ts";
import { quoted } from "../../ui/quoted.ts";

/** shell: a line for `/bin/sh -c`. program: program and arguments, without a shell. The others as in the contract. */
export type WhatToDo = "shell" | "program" | "start_service" | "stop_service" | "restart_service" | "ping";

/** Texts as typed. */
export interface CommandDraft {
  what: WhatToDo;
  service: string;
  /** A line; or program and arguments, one a line. */
  line: string;
  /** Seconds. */
  timeout: string;
  width: string;
  /** Empty: it goes on whatever fails. */
  stopAfter: string;
  /** Seconds that offline servers are waited for; "0": refused. */
  queue: string;
}

export const FIRST_DRAFT: CommandDraft = {
  what: "shell",
  service: "",
  line: "",
  timeout: "60",
  width: "10",
  stopAfter: "",
  queue: "0",
};

export function isRun({ what }: CommandDraft): boolean {
  return what === "shell" || what === "program";
}

/** Does it name a service? */
export function isForService({ what }: CommandDraft): boolean {
  return what.endsWith("_service");
}

function argvOf({ what, line }: CommandDraft): string[] {
  if (what === "shell") return ["/bin/sh", "-c", line.trim()];
  return line.split("\n").filter((part) => part !== "");
}

/** The request; numbers that are none are left for the hub to refuse. */
export function requestOf(draft: CommandDraft, servers: readonly string[]): RouteBodyInput<"POST /api/commands"> {
  const { what, service, timeout, width, stopAfter, queue } = draft;
  return {
    action: what === "shell" || what === "program" ? "run" : what,
    ...(isRun(draft) && { argv: argvOf(draft), timeout: Number(timeout) }),
    ...(isForService(draft) && { service_name: service }),
    servers: [...servers],
    width: Number(width),
    stop_after_failures: stopAfter.trim() === "" ? null : Number(stopAfter),
    queue_for: Number(queue),
  };
}

/** Why it cannot be sent yet, in words; null when it can. */
export function missingOf(draft: CommandDraft): string | null {
  if (isForService(draft) && draft.service === "") return "no service is chosen";
  if (isRun(draft) && draft.line.trim() === "") return "there is nothing to run";
  return null;
}

/** The same as a line for a shell, to repeat it or put it in a script. Only `run` has one. */
export function cliOf(draft: CommandDraft, names: readonly string[]): string | null {
  if (!isRun(draft)) return null;
  const { timeout, width, stopAfter, queue } = draft;
  return [
    "tailherd run",
    ...names.map((name) => `-s ${quoted(name)}`),
    names.length > 1 && width.trim() !== FIRST_DRAFT.width && `--width ${quoted(width.trim())}`,
    names.length > 1 && stopAfter.trim() !== "" && `--stop-after ${quoted(stopAfter.trim())}`,
    timeout.trim() !== FIRST_DRAFT.timeout && `--timeout ${quoted(timeout.trim())}s`,
    queue !== "0" && `--queue ${queue}s`,
    "--",
    ...argvOf(draft).map(quoted),
  ]
    .filter((part) => part !== false)
    .join(" ");
}

/** Servers that would refuse it, by why: the hub decides, this tells it before. */
export function refusalsOf(
  draft: CommandDraft,
  servers: readonly Pick<ServerNode, "name" | "kind" | "state" | "locked" | "allow_run">[],
): { why: string; names: string[] }[] {
  const by = new Map<string, string[]>();
  for (const server of servers) {
    const why = refusalOf(draft, server);
    if (why !== null) by.set(why, [...(by.get(why) ?? []), server.name]);
  }
  return [...by].map(([why, names]) => ({ why, names }));
}

function refusalOf(
  draft: CommandDraft,
  { kind, state, locked, allow_run }: Pick<ServerNode, "kind" | "state" | "locked" | "allow_run">,
): string | null {
  if (kind === "bare") return "only sends heartbeats: there is no agent that could do it";
  if (isRun(draft) && locked) return "is locked: it runs only what its own file declares";
  if (isRun(draft) && !allow_run) return "was not started with --allow-run: no program can be run there from here";
  if (state === "offline" && draft.queue === "0") return "is offline";
  return null;
}
