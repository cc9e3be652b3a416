// How servers come into the fleet and leave it: join tokens, registration, renaming, taking back, removal. The store first, then
// everybody who looks.
import { randomUUID } from "node:crypto";
import { MINUTE } from "../../base/units.ts";
import type { Clock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { TailherdEvent } from "../../contract/events.ts";
import type { JoinToken, RegisterRequest, RegisterResult, ServerNode, ServerPatch } from "../../contract/server.ts";
import { fingerprintOf, isPublicKey } from "../../runtime/link/keys.ts";
import { VERSION } from "../../runtime/version.ts";
import { hashSecret, makeSecret } from "../auth/secrets.ts";
import type { EventFeed } from "../live/event-feed.ts";
import type { Actor, DefinitionPut, HubIdentity, Store, StoredServer } from "../store/store.ts";
import type { MetricsStore } from "../metrics/metrics-store.ts";
import type { Deployment } from "../services/deployment.ts";
import type { ServiceEdits } from "../services/service-edits.ts";
import type { Agents } from "./agents.ts";
import type { Observed } from "./observed.ts";
import type { ServerBook } from "./server-book.ts";

/** How often a renaming is tried when definitions that name the server change meanwhile. */
const RENAME_ATTEMPTS = 5;

export interface EnrolmentParts {
  store: Store;
  clock: Clock;
  identity: HubIdentity;
  book: ServerBook;
  agents: Agents;
  observed: Observed;
  deployment: Deployment;
  edits: ServiceEdits;
  metrics: MetricsStore;
  events: EventFeed;
}

/** What a request to come in shows: a join token, or that an admin asks (whom nothing limits). */
export type Entry = { kind: "admin" } | { kind: "join_token"; secretHash: string };

export class Enrolment {
  private readonly parts: EnrolmentParts;

  constructor(parts: EnrolmentParts) {
    this.parts = parts;
  }

  /** A fresh join token; its secret is answered once. Throws `not_found` when it is for a server that there is not. */
  async makeToken(
    request: { uses: number; expires_in_minutes: number; tags: string[]; server_id?: string | undefined },
    actor: Actor,
  ): Promise<JoinToken & { secret: string }> {
    const { store, clock, book, identity } = this.parts;
    const secret = `${makeSecret("thj_")}.${fingerprintOf(identity.public_key)}`;
    const now = clock.now();
    const token: JoinToken = {
      id: randomUUID(),
      tags: request.tags,
      uses: request.uses,
      uses_left: request.uses,
      created_at: new Date(now).toISOString(),
      created_by: actor.principal,
      expires_at: new Date(now + request.expires_in_minutes * MINUTE).toISOString(),
      server_id: request.server_id === undefined ? null : book.require(request.server_id).id,
    };
    await store.createJoinToken({ ...token, secret_hash: hashSecret(secret) }, actor);
    return { ...token, secret };
  }

  /**
   * Lets a server in. Rejects with `unauthenticated` when the token does not count (any more), which says no more than that, and with
   * `name_taken`. A bare node that an admin registers again under its name keeps its id, as the predecessor's scripts expect.
   */
  async register(request: RegisterRequest, entry: Entry, actor: Actor): Promise<RegisterResult> {
    const { store, book, deployment, identity } = this.parts;
    if (request.public_key !== undefined && !isPublicKey(request.public_key)) {
      const issues = [{ path: "public_key", message: "must be an Ed25519 key (SPKI, base64url)" }];
      throw new TailherdError("invalid", `Cannot enrol "${request.name}": public_key is no key`, { issues });
    }
    const token = entry.kind === "admin" ? undefined : await store.findJoinToken(entry.secretHash);
    if (entry.kind === "join_token" && token === undefined) throw notThisToken();
    const before = this.known(request, token, entry);
    const credential = request.public_key === undefined ? makeSecret("ths_") : "";
    const server = this.serverOf(request, { before, token, credential, actor });
    const { outcome } = await store.enrolServer(server, entry.kind === "admin" ? null : entry.secretHash, actor);
    if (outcome === "token_spent") throw notThisToken();
    if (outcome === "name_taken") throw nameTaken(request.name);
    if (before !== undefined) this.parts.agents.expel(server.id, "it was enrolled again");
    book.put(server);
    deployment.reconsiderServer(server.id);
    this.announce("server.enrolled", server, actor);
    const { id, public_key } = identity;
    const hub = { id, public_key, version: VERSION };
    return { success: true, server_id: server.id, message: `Server "${server.name}" is enrolled`, credential, hub };
  }

  /**
   * Renames a server or changes its tags. What is placed by tags moves; what is placed by the name stays, since its definition gets
   * the new one. Rejects with `not_found`, `name_taken`.
   */
  async change(idOrName: string, patch: ServerPatch, actor: Actor): Promise<ServerNode> {
    for (let attempt = 1; ; attempt++) {
      const server = this.parts.book.require(idOrName);
      const { name = server.name, tags = server.tags } = patch;
      const naming = name === server.name ? [] : await this.parts.edits.renamingServer(server.name, name);
      try {
        return await this.put({ ...server, name, tags: [...new Set(tags)] }, "server.change", actor, naming);
      } catch (error) {
        // Somebody changed one of the definitions since they were read.
        const overtaken = error instanceof TailherdError && error.code === "revision_conflict";
        if (!overtaken || attempt === RENAME_ATTEMPTS) throw error;
      }
    }
  }

  /** Takes back a server's key or credential and ends its link. Rejects with `refused` for the hub's own machine. */
  async revoke(idOrName: string, actor: Actor): Promise<ServerNode> {
    const server = this.demandOther(idOrName, "revoke");
    const node = await this.put({ ...server, public_key: null, credential_hash: null }, "server.revoke", actor);
    this.parts.agents.expel(server.id, "its key was taken back");
    return node;
  }

  /** Forgets a server; what runs there goes on, and is nobody's any more. */
  async remove(idOrName: string, actor: Actor): Promise<StoredServer> {
    const { store, book, agents, deployment, observed, metrics } = this.parts;
    const server = this.demandOther(idOrName, "remove");
    await store.deleteServer(server.id, actor);
    book.remove(server.id);
    observed.forgetServer(server.id);
    deployment.reconsiderServer(server.id);
    agents.expel(server.id, "it was removed from the fleet");
    await metrics.forget(server.id);
    this.announce("server.removed", server, actor);
    return server;
  }

  private async put(
    server: StoredServer,
    act: string,
    actor: Actor,
    definitions: readonly DefinitionPut[] = [],
  ): Promise<ServerNode> {
    const { store, book, deployment, agents, edits } = this.parts;
    const put = await store.putServer(server, act, actor, definitions);
    if (put.outcome === "name_taken") throw nameTaken(server.name);
    book.put(server);
    // In the same turn: between the two its services would seem to belong nowhere.
    const adopted = edits.adoptRenamed(put.records, actor);
    deployment.reconsiderServer(server.id);
    await adopted;
    // Tags decide what is placed there: the agent gets the whole of it, and lets go of the rest.
    if (agents.isOpen(server.id)) await deployment.pushAll(server.id);
    const node = book.get(server.id);
    if (node === undefined) throw new TailherdError("not_found", `There is no server "${server.name}" any more`);
    return node;
  }

  /** The server that comes back: the one its token was made for, or a bare one that an admin registers again under its name. */
  private known(request: RegisterRequest, token: JoinToken | undefined, entry: Entry): StoredServer | undefined {
    const { book } = this.parts;
    if (token?.server_id != null) {
      const server = book.storedOf(token.server_id);
      if (server === undefined) throw notThisToken();
      return server;
    }
    const named = book.named(request.name);
    return entry.kind === "admin" && named?.kind === "bare" && request.public_key === undefined ? named : undefined;
  }

  private serverOf(
    request: RegisterRequest,
    about: { before: StoredServer | undefined; token: JoinToken | undefined; credential: string; actor: Actor },
  ): StoredServer {
    const { before, token, credential, actor } = about;
    const tags = [...new Set([...(before?.tags ?? []), ...(token?.tags ?? []), ...request.tags])];
    return {
      id: before?.id ?? randomUUID(),
      name: before?.name ?? request.name,
      host: request.host,
      ip: request.ip === "" ? actor.from : request.ip,
      tags,
      services: request.services,
      metadata: request.metadata,
      kind: request.public_key === undefined ? "bare" : "agent",
      public_key: request.public_key ?? null,
      credential_hash: credential === "" ? null : hashSecret(credential),
      agent_version: request.agent_version ?? null,
      heartbeat_interval: request.heartbeat_interval === undefined ? null : request.heartbeat_interval * 1000,
      created_at: before?.created_at ?? this.parts.clock.now(),
      last_seen: before?.last_seen ?? null,
      last_metrics: before?.last_metrics ?? {},
      joined_with: token?.id ?? null,
      legacy: before?.legacy ?? null,
    };
  }

  private demandOther(idOrName: string, act: string): StoredServer {
    const server = this.parts.book.require(idOrName);
    if (server.kind !== "hub") return server;
    throw new TailherdError("refused", `Cannot ${act} "${server.name}": it is the hub's own machine`);
  }

  private announce(type: "server.enrolled" | "server.removed", { id, name }: StoredServer, actor: Actor): void {
    const at = new Date(this.parts.clock.now()).toISOString();
    const common = { id: `${type}:${id}:${at}`, at, service: null, server_id: id, index: null, by: actor.principal };
    const event: TailherdEvent = { ...common, type, name };
    this.parts.events.add(event);
  }
}

function notThisToken(): TailherdError {
  return new TailherdError(
    "unauthenticated",
    "Cannot enrol: this join token does not let anybody in (make another one)",
  );
}

function nameTaken(name: string): TailherdError {
  return new TailherdError(
    "name_taken",
    `Cannot use the name "${name}": another server has it; choose another, or make a join token for that server to enrol it again`,
  );
}
