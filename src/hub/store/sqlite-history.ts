// Events and exits in SQLite: what agents and the hub told, each once, in the order in which the hub heard it.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { ExitRecord } from "../../contract/status.ts";

interface Row {
  seq: number;
  body: string;
}

/** Rows that one transaction drops at most, so that a large clean-up does not hold the loop. */
const DROP_STEP = 2000;

/** Methods that change something run inside a transaction of the writer. */
export class SqliteHistory {
  private readonly db: DatabaseSync;
  private readonly insert: StatementSync;
  private readonly exitsOf: StatementSync;
  private readonly drops: StatementSync[];
  private readonly pages: Record<"after" | "before" | "afterOf" | "beforeOf", StatementSync>;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.insert = db.prepare(
      `INSERT INTO event (id, at, service, type, body) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING RETURNING seq`,
    );
    this.exitsOf = db.prepare(
      "SELECT seq, body FROM event WHERE service = ? AND type = 'instance.exited' ORDER BY seq DESC LIMIT ?",
    );
    this.pages = {
      after: db.prepare("SELECT seq, body FROM event WHERE seq > ? ORDER BY seq LIMIT ?"),
      before: db.prepare("SELECT seq, body FROM event WHERE seq < ? ORDER BY seq DESC LIMIT ?"),
      afterOf: db.prepare("SELECT seq, body FROM event WHERE service = ? AND seq > ? ORDER BY seq LIMIT ?"),
      beforeOf: db.prepare("SELECT seq, body FROM event WHERE service = ? AND seq < ? ORDER BY seq DESC LIMIT ?"),
    };
    this.drops = ["event", "audit"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE at < ? LIMIT ${DROP_STEP})`),
    );
  }

  /** Those that were not known yet, with their seq. */
  append(events: TailherdEvent[]): StoredEvent[] {
    const stored: StoredEvent[] = [];
    for (const event of events) {
      const { id, at, service, type } = event;
      const row = this.insert.get(id, Date.parse(at), service, type, JSON.stringify(event));
      if (row !== undefined) stored.push({ seq: Number(row.seq), event });
    }
    return stored;
  }

  list(query: { after?: number; before?: number; service?: string; limit: number }): StoredEvent[] {
    const { after, before, service, limit } = query;
    const edge = after ?? before ?? Number.MAX_SAFE_INTEGER;
    const page =
      after === undefined
        ? this.pages[service === undefined ? "before" : "beforeOf"]
        : this.pages[service === undefined ? "after" : "afterOf"];
    const values: SQLInputValue[] = service === undefined ? [edge, limit] : [service, edge, limit];
    return (page.all(...values) as unknown as Row[]).map(toEvent);
  }

  exits(service: string, limit: number): (ExitRecord & { index: number })[] {
    return (this.exitsOf.all(service, limit) as unknown as Row[]).flatMap((row) => {
      const { event } = toEvent(row);
      return event.type === "instance.exited" ? [{ ...event.exit, index: event.index ?? 0 }] : [];
    });
  }

  /** Drops some of what is older and gives its pages back to the file system; false when nothing is left to drop. */
  dropSome(time: number): boolean {
    const dropped = this.drops.map((drop) => Number(drop.run(time).changes));
    if (dropped.some((changes) => changes > 0)) this.db.exec("PRAGMA incremental_vacuum");
    return dropped.some((changes) => changes >= DROP_STEP);
  }
}

function toEvent(row: Row): StoredEvent {
  return { seq: row.seq, event: JSON.parse(row.body) as TailherdEvent };
}
