// The settings in SQLite: a single JSON document, also kept in memory.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { settingsSchema, type Settings } from "../../contract/settings.ts";
import type { AuditWriter } from "./sqlite-audit.ts";
import type { Actor } from "./store.ts";

interface Documents {
  settings: Settings;
}

/** `put` runs inside a transaction of the writer. */
export class SqliteDocuments {
  private readonly audit: AuditWriter;
  private readonly now: () => number;
  private readonly select: StatementSync;
  private readonly upsert: StatementSync;
  private stored: Documents = initial();
  private stale = true;

  constructor(db: DatabaseSync, audit: AuditWriter, now: () => number) {
    this.audit = audit;
    this.now = now;
    this.select = db.prepare("SELECT name, body FROM document WHERE name = 'settings'");
    this.upsert = db.prepare(
      `INSERT INTO document (name, body, updated_at) VALUES (?, ?, ?)
       ON CONFLICT (name) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at`,
    );
  }

  /** To be called after each commit. */
  committed(): void {
    if (this.stale) this.load();
  }

  /** Reads everything; throws where a stored document cannot be read. */
  load(): void {
    this.stored = this.read();
    this.stale = false;
  }

  /** A copy that the caller may change. */
  get<N extends keyof Documents>(name: N): Documents[N] {
    return structuredClone(this.stored[name]);
  }

  put<N extends keyof Documents>(name: N, body: Documents[N], act: string, actor: Actor): void {
    const before = this.read()[name];
    this.stale = true;
    this.upsert.run(name, JSON.stringify(body), this.now());
    this.audit(actor, act, name, before, body);
  }

  private read(): Documents {
    const rows = this.select.all() as { name: string; body: string }[];
    return { ...initial(), ...Object.fromEntries(rows.map((row) => [row.name, JSON.parse(row.body) as unknown])) };
  }
}

function initial(): Documents {
  return { settings: settingsSchema.parse({}) };
}
