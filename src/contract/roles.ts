// Who may do what: one table. Every route and socket topic names an action; a role is a set of actions.
import { z } from "zod";

export const roleSchema = z.enum(["viewer", "operator", "admin"]);
export type Role = z.infer<typeof roleSchema>;

const VIEWER = [
  "service.read",
  "output.read",
  "event.read",
  "settings.read",
  "stats.read",
  "server.read",
  "operation.read",
  "task.read",
  "self.read",
] as const;
const OPERATOR = [
  ...VIEWER,
  "service.operate",
  /** Tasks that act on services; those that run a command need `server.run` as well. */
  "task.write",
] as const;
const ADMIN = [
  ...OPERATOR,
  /** Definitions are code that runs on the server, so changing them is an admin's act. */
  "service.write",
  /** Values of environment variables in definitions, where secrets stand; who may only read sees their names. */
  "environment.read",
  "settings.write",
  /** Command lines, directories and environments of foreign processes. */
  "process.inspect",
  "audit.read",
  "token.manage",
  /** Names, tags, removal of servers, and the tokens that let new ones in. */
  "server.write",
  /** Any program on any server that allows it. */
  "server.run",
  "server.enrol",
  "server.tell",
  "data.transfer",
] as const;

/** What a route can ask for; `public` needs no identity at all. */
export type Action = (typeof ADMIN)[number] | "public";

/** The one thing that a machine may do by what it shows: come in with a join token, tell of itself with its credential. */
export const MACHINE_RIGHT = { join_token: "server.enrol", server: "server.tell" } as const satisfies Record<
  string,
  Action
>;

const ALLOWED: Record<Role, ReadonlySet<string>> = {
  viewer: new Set(VIEWER),
  operator: new Set(OPERATOR),
  admin: new Set(ADMIN),
};

/** May a principal with this role do this? `public` is for everybody. */
export function roleAllows(role: Role | null, action: Action): boolean {
  return action === "public" || (role !== null && ALLOWED[role].has(action));
}
