// Who may come in: tokens, sign-in links, sessions, tickets.
import { randomUUID } from "node:crypto";
import { DAY } from "../../../base/units.ts";
import { TailherdError } from "../../../contract/errors.ts";
import type { Token } from "../../../contract/transfer.ts";
import { cookieName, readCookie, sessionCookie } from "../../auth/cookies.ts";
import { hashSecret, makeSecret } from "../../auth/secrets.ts";
import { Answer, type HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "GET /api/whoami"
  | "GET /api/tokens"
  | "POST /api/tokens"
  | "DELETE /api/tokens/{id}"
  | "POST /api/sign-in-links"
  | "POST /api/session"
  | "DELETE /api/session"
  | "POST /api/ws-ticket";

const SESSION_LIFETIME = 30 * DAY;

/** Handlers of access. */
export function accessHandlers(parts: HubParts): HandlersOf<Keys> {
  const { store, clock, authenticator, open, failures, signIns, tickets } = parts;
  const revoked = async (): Promise<void> => {
    authenticator.forget();
    await open.sweep();
  };
  return {
    "GET /api/whoami": ({ identity }) => identity.principal,
    "GET /api/tokens": () => store.listTokens(),
    async "POST /api/tokens"({ body, actor }) {
      const secret = makeSecret("th_");
      const now = clock.now();
      const { expires_in_days: days } = body;
      const token: Token = {
        id: randomUUID(),
        name: body.name,
        role: body.role,
        created_at: new Date(now).toISOString(),
        created_by: actor.principal,
        expires_at: days === null ? null : new Date(now + days * DAY).toISOString(),
        last_used_at: null,
      };
      const created = await store.createToken({ ...token, secret_hash: hashSecret(secret) }, actor);
      if (created.outcome === "exists") {
        throw new TailherdError("name_taken", `Cannot make the token "${body.name}": there is one of that name`);
      }
      return new Answer({ ...token, secret }, { status: 201 });
    },
    async "DELETE /api/tokens/{id}"({ params, actor }) {
      const existed = await store.deleteToken(params.id, actor);
      if (!existed) throw new TailherdError("not_found", `There is no token with the id "${params.id}"`);
      await revoked();
      return { success: true, message: "The token was revoked" };
    },
    async "POST /api/sign-in-links"({ actor }) {
      await store.recordAudit("sign-in link", "session", actor);
      const { url, expiresAt } = parts.signInLink(actor.principal);
      return { url, expires_at: new Date(expiresAt).toISOString() };
    },
    async "POST /api/session"({ body, connection, actor }) {
      const { door, from } = connection;
      if (door.kind !== "tcp") {
        throw new TailherdError("refused", "Cannot make a session here: over the unix socket you are admin already");
      }
      if (failures.isExhausted(from)) {
        throw new TailherdError("rate_limited", "Cannot sign in: too many wrong codes; wait a minute");
      }
      const signIn = signIns.use(body.code);
      if (signIn === undefined) {
        failures.count(from);
        throw new TailherdError("unauthenticated", "Cannot sign in: the link was used, or is older than 10 minutes");
      }
      const secret = makeSecret();
      const now = clock.now();
      const name = `session ${randomUUID().slice(0, 8)}`;
      const session = {
        secret_hash: hashSecret(secret),
        name,
        role: signIn.role,
        created_at: now,
        expires_at: now + SESSION_LIFETIME,
      };
      await store.createSession(session, { principal: `${name} (link of ${signIn.by})`, from: actor.from });
      const cookie = sessionCookie(door.port, secret, SESSION_LIFETIME / 1000);
      const reason = "signed in with a one-time link";
      return new Answer(
        { kind: "session" as const, name, role: signIn.role, reason },
        { headers: { "set-cookie": cookie } },
      );
    },
    async "DELETE /api/session"({ connection, incoming, actor }) {
      const { door } = connection;
      const done = { success: true, message: "Signed out" };
      if (door.kind !== "tcp") return done;
      const secret = readCookie(incoming.headers.cookie, cookieName(door.port));
      if (secret !== undefined) {
        await store.deleteSession(hashSecret(secret), actor);
        await revoked();
      }
      return new Answer(done, { headers: { "set-cookie": sessionCookie(door.port, "", 0) } });
    },
    "POST /api/ws-ticket": ({ identity }) => ({ ticket: tickets.make(identity).code }),
  };
}
