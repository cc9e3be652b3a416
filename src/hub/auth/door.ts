// The doors of the hub and what is known of a caller before any credential is looked at: only what the kernel says of the
// connection. No header takes part (`X-Forwarded-For`, `Tailscale-User-Login` and their like are text that anyone can write).
import type { IncomingMessage } from "node:http";

/**
 * Where a connection came in. socket: the unix socket in the data directory, whose mode admits the hub's user and root only.
 * tcp: a listening address; nobody until a token or a session says otherwise. (Tailscale's doors become further kinds here: its
 * addresses, whose peers `whois` names, and the socket of `tailscale serve`.)
 */
export type Door = { kind: "socket" } | { kind: "tcp"; port: number };

/** What the kernel knows of a connection. */
export interface ConnectionFacts {
  door: Door;
  /** The peer's address, for the audit and for rate limits: "socket", "127.0.0.1". */
  from: string;
}

/** What a request claims; each claim has to be proved. */
export interface RequestFacts {
  authorization: string | undefined;
  cookie: string | undefined;
}

/** Reads the facts of the connection that a request came over. */
export function connectionFacts(request: IncomingMessage, door: Door): ConnectionFacts {
  if (door.kind === "socket") return { door, from: "socket" };
  // IPv4 callers of a dual-stack listener come as ::ffff:127.0.0.1.
  const address = request.socket.remoteAddress?.replace(/^::ffff:/, "") ?? "unknown";
  return { door, from: address };
}

/** Picks the claims out of a request's headers. */
export function requestFacts(request: IncomingMessage): RequestFacts {
  return { authorization: request.headers.authorization, cookie: request.headers.cookie };
}
