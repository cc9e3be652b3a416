// Servers and the tokens that let them in, in SQLite. Bodies are JSON; what is looked up is a column beside it.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { JoinToken } from "../../contract/server.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor, HubIdentity, StoredJoinToken, StoredServer } from "./store.ts";

interface TokenRow {
  id: string;
  secret_hash: string;
  tags: string;
  uses: number;
  uses_left: number;
  created_at: number;
  created_by: string;
  expires_at: number;
  server_id: string | null;
}

/** Methods that change something run inside a transaction of the writer. */
export class SqliteServers {
  private readonly audit: AuditWriter;
  private readonly now: () => number;
  private readonly statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync, audit: AuditWriter, now: () => number) {
    this.statements = prepare(db);
    this.audit = audit;
    this.now = now;
  }

  list(): StoredServer[] {
    return this.statements.servers.all().map((row) => toServer(row as { body: string }));
  }

  put(server: StoredServer, act: string, actor: Actor): { outcome: "stored" | "name_taken" } {
    const holder = this.statements.named.get(server.name) as { id: string } | undefined;
    if (holder !== undefined && holder.id !== server.id) return { outcome: "name_taken" };
    const before = this.read(server.id);
    this.write(server);
    this.audit(actor, act, server.name, before && auditOf(before), auditOf(server));
    return { outcome: "stored" };
  }

  enrol(
    server: StoredServer,
    tokenHash: string | null,
    actor: Actor,
  ): { outcome: "stored" | "name_taken" | "token_spent" } {
    if (tokenHash !== null) {
      const used = this.statements.useToken.get(tokenHash, this.now(), server.id) as { id: string } | undefined;
      if (used === undefined) return { outcome: "token_spent" };
    }
    const stored = this.put(server, "server.enrol", actor);
    // The use is given back with the rest: nobody came in.
    if (stored.outcome === "name_taken" && tokenHash !== null) this.statements.returnUse.run(tokenHash);
    return stored;
  }

  delete(id: string, actor: Actor): boolean {
    const before = this.read(id);
    if (before === undefined) return false;
    this.statements.deleteServer.run(id);
    this.audit(actor, "server.remove", before.name, auditOf(before), null);
    return true;
  }

  noteSeen(servers: readonly Pick<StoredServer, "id" | "last_seen" | "last_metrics">[]): void {
    for (const { id, last_seen, last_metrics } of servers) {
      const before = this.read(id);
      if (before !== undefined) this.write({ ...before, last_seen, last_metrics });
    }
  }

  hubIdentity(make: () => HubIdentity): HubIdentity {
    const row = this.statements.identity.get() as { body: string } | undefined;
    if (row !== undefined) return JSON.parse(row.body) as HubIdentity;
    const identity = make();
    this.statements.insertIdentity.run(JSON.stringify(identity), this.now());
    return identity;
  }

  listTokens(): JoinToken[] {
    return this.statements.tokens.all().map((row) => {
      const { secret_hash: _, ...token } = toToken(row as unknown as TokenRow);
      return token;
    });
  }

  findToken(secretHash: string): StoredJoinToken | undefined {
    const row = this.statements.tokenOf.get(secretHash, this.now()) as unknown as TokenRow | undefined;
    return row === undefined ? undefined : toToken(row);
  }

  createToken(token: StoredJoinToken, actor: Actor): void {
    const { id, secret_hash, tags, uses, uses_left, created_by, server_id } = token;
    const [created, expires] = [Date.parse(token.created_at), Date.parse(token.expires_at)];
    const list = JSON.stringify(tags);
    this.statements.dropTokens.run(this.now());
    this.statements.insertToken.run(id, secret_hash, list, uses, uses_left, created, created_by, expires, server_id);
    this.audit(actor, "join_token.create", id, null, { uses, tags, expires_at: token.expires_at, server_id });
  }

  deleteToken(id: string, actor: Actor): boolean {
    if (this.statements.deleteToken.run(id).changes === 0) return false;
    this.audit(actor, "join_token.delete", id, { id }, null);
    return true;
  }

  private read(id: string): StoredServer | undefined {
    const row = this.statements.server.get(id) as { body: string } | undefined;
    return row === undefined ? undefined : toServer(row);
  }

  private write(server: StoredServer): void {
    const { id, name, credential_hash, created_at } = server;
    this.statements.upsert.run(id, name, credential_hash, JSON.stringify(server), created_at);
  }
}

function prepare(
  db: DatabaseSync,
): Record<
  | "servers"
  | "server"
  | "named"
  | "upsert"
  | "deleteServer"
  | "identity"
  | "insertIdentity"
  | "tokens"
  | "tokenOf"
  | "useToken"
  | "returnUse"
  | "insertToken"
  | "deleteToken"
  | "dropTokens",
  StatementSync
> {
  return {
    servers: db.prepare("SELECT body FROM server ORDER BY position"),
    server: db.prepare("SELECT body FROM server WHERE id = ?"),
    named: db.prepare("SELECT id FROM server WHERE name = ?"),
    upsert: db.prepare(
      `INSERT INTO server (id, name, credential_hash, body, created_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, credential_hash = excluded.credential_hash, body = excluded.body`,
    ),
    deleteServer: db.prepare("DELETE FROM server WHERE id = ?"),
    identity: db.prepare("SELECT body FROM document WHERE name = 'hub_identity'"),
    insertIdentity: db.prepare("INSERT INTO document (name, body, updated_at) VALUES ('hub_identity', ?, ?)"),
    tokens: db.prepare("SELECT * FROM join_token ORDER BY created_at DESC, id"),
    tokenOf: db.prepare("SELECT * FROM join_token WHERE secret_hash = ? AND expires_at > ? AND uses_left > 0"),
    useToken: db.prepare(
      `UPDATE join_token SET uses_left = uses_left - 1
       WHERE secret_hash = ? AND expires_at > ? AND uses_left > 0 AND (server_id IS NULL OR server_id = ?) RETURNING id`,
    ),
    returnUse: db.prepare("UPDATE join_token SET uses_left = uses_left + 1 WHERE secret_hash = ?"),
    insertToken: db.prepare(
      `INSERT INTO join_token (id, secret_hash, tags, uses, uses_left, created_at, created_by, expires_at, server_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    deleteToken: db.prepare("DELETE FROM join_token WHERE id = ?"),
    // A week after its end nobody asks any more who came in with it.
    dropTokens: db.prepare("DELETE FROM join_token WHERE expires_at < ? - 604800000"),
  };
}

function toServer(row: { body: string }): StoredServer {
  return JSON.parse(row.body) as StoredServer;
}

function toToken(row: TokenRow): StoredJoinToken {
  return {
    ...row,
    tags: JSON.parse(row.tags) as string[],
    created_at: new Date(row.created_at).toISOString(),
    expires_at: new Date(row.expires_at).toISOString(),
  };
}

/** What the audit keeps of a server: nothing that proves who somebody is, and nothing that changes by itself. */
function auditOf({ id, name, host, ip, tags, kind, public_key, credential_hash }: StoredServer): object {
  const enrolled = public_key !== null || credential_hash !== null || kind === "hub";
  return { id, name, host, ip, tags, kind, enrolled };
}
