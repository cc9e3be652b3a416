// Who calls, as the hub carries it through a request: the principal, where it came from, and what its right hangs on.
import { TailherdError } from "../../contract/errors.ts";
import { MACHINE_RIGHT, roleAllows, type Action } from "../../contract/roles.ts";
import type { Principal } from "../../contract/transfer.ts";
import type { Actor } from "../store/store.ts";

/** What was shown; a connection that stays open is closed when it stops counting. */
export type Credential =
  | { kind: "door" }
  | { kind: "token"; secretHash: string; id: string }
  | { kind: "session"; secretHash: string }
  | { kind: "join_token"; secretHash: string }
  /** A bare server's; `id` is the server's. */
  | { kind: "server"; secretHash: string; id: string };

/** A caller. */
export interface Identity {
  principal: Principal;
  /** "socket", or the peer's address. */
  from: string;
  credential: Credential;
}

/** The caller as the audit names it. */
export function actorOf(identity: Identity): Actor {
  return { principal: identity.principal.name, from: identity.from };
}

/** Throws `unauthenticated` or `forbidden` unless the caller may do this. */
export function demand(identity: Identity, action: Action): void {
  const { role, name, kind } = identity.principal;
  if (roleAllows(role, action)) return;
  if (kind === "join_token" || kind === "server") {
    if (MACHINE_RIGHT[kind] === action) return;
    throw new TailherdError("forbidden", `Not allowed: ${name} may only ${MACHINE_RIGHT[kind]}`);
  }
  if (role === null) {
    throw new TailherdError(
      "unauthenticated",
      "Cannot tell who you are: sign in with a link of `tailherd open`, or send a bearer token",
    );
  }
  throw new TailherdError("forbidden", `Not allowed: ${name} is ${role}, and the role may not ${action}`);
}
