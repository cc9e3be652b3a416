// The tables of the metrics' database: hours and the parts that wait to be sealed into them, and rollups; blobs that are damaged
// count as missing.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { HOUR } from "../../base/units.ts";
import { DamagedBytesError } from "./bytes.ts";
import { Chunk } from "./chunk.ts";
import { grainOf, type Grain } from "./grain.ts";
import { LABEL_BITS, SERVER_BITS } from "./metrics-database.ts";
import { Names } from "./names.ts";
import { decodeBuckets, LEVELS, type Buckets } from "./rollup.ts";
import { seriesOfText } from "./series-name.ts";

const SERVERS = 2 ** SERVER_BITS;

/** The number of a server's hour, by which tables find it. */
export function hourKey(hour: number, server: number): number {
  return hour * SERVERS + server;
}

/** The inverse of `hourKey`; `hour` is Unix time divided by an hour. */
export function hourOfKey(key: number): { hour: number; server: number } {
  return { hour: Math.floor(key / SERVERS), server: key % SERVERS };
}

/** The smallest key of a rollup's period, or of a label in it, or the server's own. Beyond what a double counts. */
export function rollupKey(period: number, label = 0, server = 0): bigint {
  return (BigInt(period) << BigInt(LABEL_BITS + SERVER_BITS)) | (BigInt(label) << BigInt(SERVER_BITS)) | BigInt(server);
}

/** Rows as the tables hold them. */
export interface HourRow {
  samples: number;
  top: Uint8Array | null;
  body: Uint8Array;
}
export interface PartRow {
  samples: number;
  top: string | null;
  body: Uint8Array;
}

export type LevelName = keyof typeof LEVELS;

/** Prepared access to the tables. */
export class Hours {
  readonly db: DatabaseSync;
  readonly servers: Names;
  readonly labels: Names;
  /** Keys of hours that have parts, with how many. */
  readonly pending = new Map<number, number>();
  /** Blobs that could not be read. */
  damaged = 0;
  private readonly grains = new Map<number, Grain>();
  private readonly statements: ReturnType<typeof prepare>;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.statements = prepare(db);
    this.servers = new Names(db, "server");
    this.labels = new Names(db, "label");
    for (const row of db.prepare("SELECT hour, count(*) AS parts FROM part GROUP BY hour").iterate()) {
      this.pending.set(Number(row.hour), Number(row.parts));
    }
  }

  /** Runs `act` in a transaction; what it threw is thrown on, with nothing of it stored. */
  transaction(act: () => void): void {
    this.db.exec("BEGIN IMMEDIATE");
    try {
      act();
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      throw error;
    }
  }

  hour(key: number): HourRow | undefined {
    return this.statements.hour.get(key) as unknown as HourRow | undefined;
  }

  /** The blobs of an hour and of its parts, oldest first. */
  bodies(key: number): Uint8Array[] {
    const row = this.statements.body.get(key);
    const parts = this.parts(key).map(({ body }) => body);
    return row === undefined ? parts : [row.body as Uint8Array, ...parts];
  }

  /** In the order in which they came. */
  parts(key: number): PartRow[] {
    return this.pending.has(key) ? (this.statements.parts.all(key) as unknown as PartRow[]) : [];
  }

  putHour(key: number, { samples, top, body }: HourRow): void {
    this.statements.putHour.run(key, samples, top, body);
  }

  putPart(key: number, { samples, top, body }: PartRow): void {
    this.statements.putPart.run(key, samples, top, body);
  }

  dropParts(key: number): void {
    this.statements.dropParts.run(key);
  }

  /** The opened blob; undefined, and counted, when it is damaged. */
  chunk(body: Uint8Array): Chunk | undefined {
    return this.read(() => new Chunk(body));
  }

  /** What `act` reads of blobs; undefined, and counted, when they are damaged. */
  read<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) throw error;
      this.damaged += 1;
      return undefined;
    }
  }

  buckets(level: LevelName, period: number, label: number, server: number): Buckets | undefined {
    const row = this.statements[level].get.get(rollupKey(period, label, server));
    return row === undefined ? undefined : this.decode(level, period, row.body);
  }

  putBuckets(level: LevelName, key: bigint, body: Uint8Array): void {
    this.statements[level].put.run(key, body);
  }

  /** Of all servers that have one. */
  *bucketsOfAll(level: LevelName, period: number, label: number): Iterable<{ server: number; buckets: Buckets }> {
    const rows = this.statements[level].range.iterate(rollupKey(period, label), rollupKey(period, label + 1));
    for (const { server, body } of rows) {
      const buckets = this.decode(level, period, body);
      if (buckets !== undefined) yield { server: Number(server), buckets };
    }
  }

  /** The grain of a label's metric. */
  readonly grainOf = (label: number): Grain => {
    let grain = this.grains.get(label);
    if (grain === undefined) {
      grain = grainOf(seriesOfText(this.labels.textOf(label) ?? "").metric);
      this.grains.set(label, grain);
    }
    return grain;
  };

  /** Hours of a server that have parts. */
  pendingHours(server: number): number[] {
    return [...this.pending.keys()].map(hourOfKey).flatMap((each) => (each.server === server ? [each.hour] : []));
  }

  private decode(level: LevelName, period: number, body: unknown): Buckets | undefined {
    const { bucket, period: length } = LEVELS[level];
    return this.read(() => decodeBuckets(body as Uint8Array, (period * length) / bucket));
  }
}

function prepare(
  db: DatabaseSync,
): Record<"hour" | "body" | "parts" | "putHour" | "putPart" | "dropParts", StatementSync> &
  Record<LevelName, Record<"get" | "put" | "range", StatementSync>> {
  const level = (name: LevelName): Record<"get" | "put" | "range", StatementSync> => ({
    get: db.prepare(`SELECT body FROM ${name} WHERE id = ?`),
    put: db.prepare(`INSERT OR REPLACE INTO ${name} (id, body) VALUES (?, ?)`),
    range: db.prepare(`SELECT id & ${SERVERS - 1} AS server, body FROM ${name} WHERE id >= ? AND id < ?`),
  });
  return {
    body: db.prepare("SELECT body FROM hour WHERE id = ?"),
    hour: db.prepare("SELECT samples, top, body FROM hour WHERE id = ?"),
    parts: db.prepare("SELECT samples, top, body FROM part WHERE hour = ? ORDER BY seq"),
    putHour: db.prepare("INSERT OR REPLACE INTO hour (id, samples, top, body) VALUES (?, ?, ?, ?)"),
    putPart: db.prepare("INSERT INTO part (hour, samples, top, body) VALUES (?, ?, ?, ?)"),
    dropParts: db.prepare("DELETE FROM part WHERE hour = ?"),
    fine: level("fine"),
    coarse: level("coarse"),
  };
}

/** The hour, since 1970, of a time. */
export function hourOf(at: number): number {
  return Math.floor(at / HOUR);
}
