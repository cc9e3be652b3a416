// Turns a connection and a request into a caller with a reason. The only place that decides who somebody is.
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Principal } from "../../contract/transfer.ts";
import type { Store } from "../store/store.ts";
import { cookieName, readCookie } from "./cookies.ts";
import type { ConnectionFacts, RequestFacts } from "./door.ts";
import type { FailureLimit } from "./failure-limit.ts";
import type { Credential, Identity } from "./identity.ts";
import { hashSecret } from "./secrets.ts";

/** What `createAuthenticator` needs. */
export interface AuthenticatorOptions {
  store: Store;
  clock: Clock;
  failures: FailureLimit;
  /** Everybody is admin; only where every listener is loopback. */
  noAuth: boolean;
  /** The bare server that has this credential (SHA-256, hex). */
  serverWith: (credentialHash: string) => { id: string; name: string } | undefined;
  /** Value of TAILHERD_ADMIN_TOKEN. */
  adminToken: string | undefined;
}

/** Decides who calls. */
export interface Authenticator {
  /** Rejects with `unauthenticated` for a wrong credential and `rate_limited` for too many of them. */
  authenticate(connection: ConnectionFacts, request: RequestFacts): Promise<Identity>;
  /** Whether a credential that was right still is; asks the store, not the memory. */
  stillCounts(credential: Credential): Promise<boolean>;
  /** Forgets what is remembered of a credential that was taken back. */
  forget(): void;
}

/** How long a credential that was right is remembered; a change in the store behind our back counts after this. */
const REMEMBERED = 2 * SECOND;
const MAX_REMEMBERED = 1000;

interface Known {
  principal: Principal;
  credential: Credential;
  until: number;
}

/** Makes the one function that says who calls. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { store, clock, failures } = options;
  const adminHash = options.adminToken === undefined ? undefined : hashSecret(options.adminToken);
  const remembered = new Map<string, Known>();

  const remember = (key: string, principal: Principal, credential: Credential): Known => {
    const oldest = remembered.size >= MAX_REMEMBERED ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    const known = { principal, credential, until: clock.now() + REMEMBERED };
    remembered.set(key, known);
    return known;
  };

  const byToken = async (secretHash: string): Promise<Known | undefined> => {
    if (secretHash === adminHash) {
      const principal: Principal = {
        kind: "token",
        name: "TAILHERD_ADMIN_TOKEN",
        role: "admin",
        reason: "showed the admin token of the hub's environment",
      };
      return remember(`t${secretHash}`, principal, { kind: "door" });
    }
    const token = await store.findToken(secretHash);
    if (token === undefined) return await byMachine(secretHash);
    if (isOver(token.expires_at, clock.now())) return undefined;
    await store.touchToken(token.id, clock.now());
    const principal: Principal = {
      kind: "token",
      name: `token ${token.name}`,
      role: token.role,
      reason: `showed the token "${token.name}", made by ${token.created_by}`,
    };
    return remember(`t${secretHash}`, principal, { kind: "token", secretHash, id: token.id });
  };

  const byMachine = async (secretHash: string): Promise<Known | undefined> => {
    const server = options.serverWith(secretHash);
    if (server !== undefined) {
      const principal: Principal = {
        kind: "server",
        name: `server ${server.name}`,
        role: null,
        reason: "showed the credential of its registration",
      };
      return remember(`t${secretHash}`, principal, { kind: "server", secretHash, id: server.id });
    }
    const joining = await store.findJoinToken(secretHash);
    if (joining === undefined) return undefined;
    const principal: Principal = {
      kind: "join_token",
      name: `join token ${joining.id.slice(0, 8)}`,
      role: null,
      reason: `showed a join token made by ${joining.created_by}`,
    };
    // Not remembered: whether it counts is asked anew each time, and used up in the same transaction that lets the server in.
    return { principal, credential: { kind: "join_token", secretHash }, until: 0 };
  };

  const bySession = async (secretHash: string): Promise<Known | undefined> => {
    const session = await store.findSession(secretHash);
    if (session === undefined || session.expires_at <= clock.now()) return undefined;
    const principal: Principal = {
      kind: "session",
      name: session.name,
      role: session.role,
      reason: "signed in with a one-time link",
    };
    return remember(`s${secretHash}`, principal, { kind: "session", secretHash });
  };

  const recall = (key: string): Known | undefined => {
    const known = remembered.get(key);
    if (known !== undefined && known.until > clock.now()) return known;
    remembered.delete(key);
    return undefined;
  };

  const knownToken = async (secretHash: string, from: string): Promise<Known> => {
    const known = recall(`t${secretHash}`);
    if (known !== undefined) return known;
    if (failures.isExhausted(from)) {
      throw new TailherdError("rate_limited", "Cannot check who you are: too many wrong attempts; wait a minute");
    }
    const found = await byToken(secretHash);
    if (found !== undefined) return found;
    failures.count(from);
    throw new TailherdError("unauthenticated", "Cannot let you in: not a token of this hub, or an expired one");
  };

  return {
    async authenticate({ door, from }, { authorization, cookie }) {
      if (door.kind === "socket") return { principal: localAdmin(), from, credential: { kind: "door" } };
      if (authorization !== undefined) {
        const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
        if (secret === undefined) {
          throw new TailherdError("unauthenticated", 'Cannot read the Authorization header: it must be "Bearer TOKEN"');
        }
        const { principal, credential } = await knownToken(hashSecret(secret), from);
        return { principal, from, credential };
      }
      if (options.noAuth) return { principal: everybody(), from, credential: { kind: "door" } };
      const secret = readCookie(cookie, cookieName(door.port));
      if (secret === undefined) return { principal: nobody(), from, credential: { kind: "door" } };
      const secretHash = hashSecret(secret);
      const found = recall(`s${secretHash}`) ?? (await bySession(secretHash));
      // An old cookie is no guess, and its owner cannot help sending it: it makes them nobody, so that they can sign in.
      if (found === undefined) return { principal: nobody(), from, credential: { kind: "door" } };
      return { principal: found.principal, from, credential: found.credential };
    },

    async stillCounts(credential) {
      if (credential.kind === "door") return true;
      if (credential.kind === "server") return options.serverWith(credential.secretHash)?.id === credential.id;
      if (credential.kind === "join_token") return (await store.findJoinToken(credential.secretHash)) !== undefined;
      if (credential.kind === "token") {
        const token = await store.findToken(credential.secretHash);
        return token !== undefined && !isOver(token.expires_at, clock.now());
      }
      const session = await store.findSession(credential.secretHash);
      return session !== undefined && session.expires_at > clock.now();
    },

    forget: () => remembered.clear(),
  };
}

function isOver(expiresAt: string | null, now: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now;
}

function localAdmin(): Principal {
  const uid = process.getuid?.() ?? 0;
  return {
    kind: "local",
    name: `uid ${uid} on the socket`,
    role: "admin",
    reason: "came over the unix socket, which only the hub's user and root can open",
  };
}

function everybody(): Principal {
  return { kind: "anonymous", name: "anyone on this machine", role: "admin", reason: "the hub runs with --no-auth" };
}

function nobody(): Principal {
  return { kind: "anonymous", name: "nobody", role: null, reason: "showed no token and no session" };
}
