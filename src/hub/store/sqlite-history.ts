// Events and exits in SQLite: what agents and the hub told, each once, in the order in which the hub heard it.
import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { StoredEvent, TailherdEvent } from "../../contract/events.ts";
import type { EventFilter, StoredExit } from "./store.ts";

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
  private readonly pages = new Map<string, StatementSync>();

  constructor(db: DatabaseSync) {
    this.db = db;
    this.insert = db.prepare(
      `INSERT INTO event (id, at, service, server_id, type, body) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO NOTHING RETURNING seq`,
    );
    this.exitsOf = db.prepare(
      "SELECT seq, body FROM event WHERE service = ? AND type = 'instance.exited' ORDER BY seq DESC LIMIT ?",
    );
    this.drops = ["event", "audit"].map((table) =>
      db.prepare(`DELETE FROM ${table} WHERE seq IN (SELECT seq FROM ${table} WHERE at < ? LIMIT ${DROP_STEP})`),
    );
  }

  /** Those that were not known yet, with their seq. */
  append(events: TailherdEvent[]): StoredEvent[] {
    const stored: StoredEvent[] = [];
    for (const event of events) {
      const { id, at, service, server_id, type } = event;
      const row = this.insert.get(id, Date.parse(at), service ?? "", server_id, type, JSON.stringify(event));
      if (row !== undefined) stored.push({ seq: Number(row.seq), event });
    }
    return stored;
  }

  list(query: EventFilter & { after?: number; before?: number; limit: number }): StoredEvent[] {
    const { after, before, service, server, limit } = query;
    const [edge, order] = after === undefined ? ["seq < ?", "seq DESC"] : ["seq > ?", "seq"];
    const conditions = [
      edge,
      ...(service === undefined ? [] : ["service = ?"]),
      ...(server === undefined ? [] : ["server_id = ?"]),
    ];
    const values: SQLInputValue[] = [after ?? before ?? Number.MAX_SAFE_INTEGER];
    for (const value of [service, server]) if (value !== undefined) values.push(value);
    const page = this.page(`SELECT seq, body FROM event WHERE ${conditions.join(" AND ")} ORDER BY ${order} LIMIT ?`);
    return (page.all(...values, limit) as unknown as Row[]).map(toEvent);
  }

  exits(service: string, limit: number): StoredExit[] {
    return (this.exitsOf.all(service, limit) as unknown as Row[]).flatMap((row) => {
      const { event } = toEvent(row);
      return event.type === "instance.exited"
        ? [{ ...event.exit, index: event.index ?? 0, server_id: event.server_id }]
        : [];
    });
  }

  /** Prepared when first asked for: most combinations of filters never are. */
  private page(sql: string): StatementSync {
    const known = this.pages.get(sql) ?? this.db.prepare(sql);
    this.pages.set(sql, known);
    return known;
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
