// Command lines of processes that are not ours may hold anything, passwords too: only who may inspect processes reads more of them
// than which program it is.
import { roleAllows } from "../../contract/roles.ts";
import type { Identity } from "./identity.ts";

/** May the caller read command lines of foreign processes? */
export function seesCommands({ principal }: Identity): boolean {
  return roleAllows(principal.role, "process.inspect");
}

/** The same holder of a port without the arguments of its command line, unless it is a service of ours. */
export function hideArguments<T extends { command: string | null; service: string | null }>(holder: T): T {
  return holder.service === null ? { ...holder, command: programOf(holder.command) } : holder;
}

/** "postgres" of "postgres -D /srv/data"; null stays null. */
export function programOf(command: string | null): string | null {
  return command === null ? null : (command.trim().split(/\s/, 1)[0] ?? "");
}
