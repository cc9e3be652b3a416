// The audit in SQLite: who changed what, from where, written in the transaction of the change itself.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { AuditEntry } from "../../contract/transfer.ts";
import type { Actor } from "./store.ts";

/** Adds an entry inside the running transaction. */
export type AuditWriter = (actor: Actor, action: string, target: string, before: unknown, after: unknown) => void;

interface Row {
  seq: number;
  at: number;
  principal: string;
  origin: string;
  action: string;
  target: string;
  before: string;
  after: string;
}

/** The audit's table. */
export class SqliteAudit {
  private readonly insert: StatementSync;
  private readonly page: StatementSync;
  private readonly now: () => number;

  constructor(db: DatabaseSync, now: () => number) {
    this.now = now;
    this.insert = db.prepare(
      "INSERT INTO audit (at, principal, origin, action, target, before, after) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    this.page = db.prepare("SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?");
  }

  readonly write: AuditWriter = (actor, action, target, before, after) => {
    const json = (value: unknown): string => JSON.stringify(value ?? null);
    this.insert.run(this.now(), actor.principal, actor.from, action, target, json(before), json(after));
  };

  /** Newest first. */
  list(before: number | undefined, limit: number): AuditEntry[] {
    const rows = this.page.all(before ?? Number.MAX_SAFE_INTEGER, limit) as unknown as Row[];
    return rows.map(({ origin, at, before, after, ...rest }) => ({
      ...rest,
      at: new Date(at).toISOString(),
      from: origin,
      before: JSON.parse(before) as unknown,
      after: JSON.parse(after) as unknown,
    }));
  }
}
