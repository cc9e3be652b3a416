// Tokens and sessions in SQLite; of their secrets only SHA-256, which also finds them.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { Role } from "../../contract/roles.ts";
import type { Token } from "../../contract/transfer.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor, StoredSession, StoredToken } from "./store.ts";

interface TokenRow {
  id: string;
  name: string;
  role: Role;
  secret_hash: string;
  created_at: number;
  created_by: string;
  expires_at: number | null;
  last_used_at: number | null;
}

/** Methods that change something run inside a transaction of the writer. */
export class SqliteAccess {
  private readonly audit: AuditWriter;
  private readonly now: () => number;
  private readonly statements: ReturnType<typeof prepare>;
  /** Token id to when it was last used, Unix ms: written with the next chance, not at each request. */
  private touched = new Map<string, number>();

  constructor(db: DatabaseSync, audit: AuditWriter, now: () => number) {
    this.statements = prepare(db);
    this.audit = audit;
    this.now = now;
  }

  listTokens(): Token[] {
    return (this.statements.tokens.all() as unknown as TokenRow[]).map((row) => {
      const { secret_hash: _, ...token } = this.toToken(row);
      return token;
    });
  }

  findToken(secretHash: string): StoredToken | undefined {
    const row = this.statements.tokenOf.get(secretHash) as unknown as TokenRow | undefined;
    return row === undefined ? undefined : this.toToken(row);
  }

  createToken(token: StoredToken, actor: Actor): { outcome: "stored" } | { outcome: "exists" } {
    if (this.statements.tokenNamed.get(token.name) !== undefined) return { outcome: "exists" };
    const { id, name, role, secret_hash, created_by } = token;
    const [created, expires, used] = [token.created_at, token.expires_at, token.last_used_at].map((time) =>
      time === null ? null : Date.parse(time),
    ) as [number, number | null, number | null];
    const values: SQLInputValue[] = [id, name, role, secret_hash, created, created_by, expires, used];
    this.statements.insertToken.run(...values);
    this.audit(actor, "token.create", name, null, { id, name, role, expires_at: token.expires_at });
    return { outcome: "stored" };
  }

  deleteToken(id: string, actor: Actor): boolean {
    const row = this.statements.deleteToken.get(id) as { name: string; role: string } | undefined;
    if (row === undefined) return false;
    this.touched.delete(id);
    this.audit(actor, "token.delete", row.name, { id, ...row }, null);
    return true;
  }

  touch(id: string, at: number): void {
    this.touched.set(id, at);
  }

  flushTouched(): void {
    for (const [id, at] of this.touched) this.statements.touch.run(at, id);
    this.touched.clear();
  }

  get hasTouched(): boolean {
    return this.touched.size > 0;
  }

  createSession(session: StoredSession, actor: Actor): void {
    const { secret_hash, name, role, created_at, expires_at } = session;
    this.statements.dropSessions.run(this.now());
    this.statements.insertSession.run(secret_hash, name, role, created_at, expires_at);
    this.audit(actor, "session.create", name, null, { name, role, expires_at: new Date(expires_at).toISOString() });
  }

  findSession(secretHash: string): StoredSession | undefined {
    const row = this.statements.sessionOf.get(secretHash) as unknown as StoredSession | undefined;
    return row === undefined ? undefined : { ...row };
  }

  deleteSession(secretHash: string, actor: Actor): void {
    const row = this.statements.deleteSession.get(secretHash) as { name: string; role: string } | undefined;
    if (row !== undefined) this.audit(actor, "session.delete", row.name, { ...row }, null);
  }

  private toToken(row: TokenRow): StoredToken {
    const iso = (time: number): string => new Date(time).toISOString();
    const used = this.touched.get(row.id) ?? row.last_used_at;
    return {
      ...row,
      created_at: iso(row.created_at),
      expires_at: row.expires_at === null ? null : iso(row.expires_at),
      last_used_at: used === null ? null : iso(used),
    };
  }
}

function prepare(
  db: DatabaseSync,
): Record<
  | "tokens"
  | "tokenOf"
  | "tokenNamed"
  | "insertToken"
  | "deleteToken"
  | "touch"
  | "dropSessions"
  | "insertSession"
  | "sessionOf"
  | "deleteSession",
  StatementSync
> {
  return {
    tokens: db.prepare("SELECT * FROM token ORDER BY created_at, id"),
    tokenOf: db.prepare("SELECT * FROM token WHERE secret_hash = ?"),
    tokenNamed: db.prepare("SELECT 1 FROM token WHERE name = ?"),
    insertToken: db.prepare(
      `INSERT INTO token (id, name, role, secret_hash, created_at, created_by, expires_at, last_used_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    deleteToken: db.prepare("DELETE FROM token WHERE id = ? RETURNING name, role"),
    touch: db.prepare("UPDATE token SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?"),
    dropSessions: db.prepare("DELETE FROM session WHERE expires_at < ?"),
    insertSession: db.prepare(
      "INSERT INTO session (secret_hash, name, role, created_at, expires_at) VALUES (?, ?, ?, ?, ?)",
    ),
    sessionOf: db.prepare("SELECT * FROM session WHERE secret_hash = ?"),
    deleteSession: db.prepare("DELETE FROM session WHERE secret_hash = ? RETURNING name, role"),
  };
}
