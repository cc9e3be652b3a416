// Rules of remote commands: where one may go, what its end means, and what it is called.
import { COMMAND_EXPIRES, type CommandResult } from "../../contract/commands.ts";
import { SECOND } from "../../base/units.ts";
import type { OperationTarget } from "../../contract/operations.ts";
import type { ServerNode } from "../../contract/server.ts";
import type { OperationPlan } from "../store/store.ts";

/** An operation's plan that sends commands. */
export type CommandPlan = Extract<OperationPlan, { what: "command" }>;

/** Milliseconds that a result may take to come after a command's time is over. */
const SLACK = 30 * SECOND;

/** Why a server cannot do it, as far as the hub knows; undefined when it may. What only the agent knows it says itself. */
export function commandRefusal(
  server: Pick<ServerNode, "name" | "kind" | "connected" | "locked" | "allow_run" | "revoked">,
  plan: Pick<CommandPlan, "action" | "service_name">,
  hasService: boolean,
): string | undefined {
  const { name } = server;
  if (server.kind === "bare") return `${name} only sends heartbeats: there is no agent that could do it`;
  if (server.revoked) return `${name} is not of the fleet any more: its key was taken back`;
  if (plan.service_name !== null && !hasService) return `"${plan.service_name}" is not placed on ${name}`;
  if (plan.action !== "run" || !server.connected) return undefined;
  if (server.locked) return `the agent of ${name} is locked: it runs only what its own file declares`;
  if (!server.allow_run) return `the agent of ${name} was started without --allow-run`;
  return undefined;
}

/** What a result makes of a target. An exit code other than 0 is a failure: it counts, and is done again by a retry. */
export function endOfResult(
  { outcome, exit_code, message }: CommandResult,
  cancelling: boolean,
): Pick<OperationTarget, "state" | "message" | "exit_code"> {
  if (outcome === "unknown") return { state: "unknown", message, exit_code };
  if (outcome === "done" && (exit_code ?? 0) === 0) return { state: "done", message, exit_code };
  const ended = cancelling && exit_code === null;
  return { state: ended ? "cancelled" : "failed", message, exit_code };
}

/** Milliseconds from its sending in which a command may still begin; 0: the agent only says whether it has. */
export function expiresIn(sentAt: number, now: number, cancelling: boolean): number {
  return cancelling ? 0 : Math.max(0, Math.min(COMMAND_EXPIRES, sentAt + COMMAND_EXPIRES - now));
}

/** When its end should have been heard of, Unix milliseconds. */
export function heardOfBy(sentAt: number, { timeout }: Pick<CommandPlan, "timeout">): number {
  return sentAt + COMMAND_EXPIRES + timeout * SECOND + SLACK;
}

/** What it is, for people: "run uptime", "restart web". */
export function titleOf({ action, argv, service_name }: Pick<CommandPlan, "action" | "argv" | "service_name">): string {
  if (action === "ping") return "ping";
  if (action !== "run") return `${action.replace("_service", "")} ${service_name}`;
  const line = (argv ?? []).join(" ");
  return `run ${line.length > 120 ? `${line.slice(0, 119)}…` : line}`;
}
