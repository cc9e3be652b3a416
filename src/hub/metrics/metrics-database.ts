// The SQLite file of the metrics: tables, and opening it whatever state it is in. A damaged one is set aside and an empty one takes
// its place, since metrics may be lost and nothing else of the hub may wait for them.
import { chmodSync, closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { sqliteTrouble, troubleWords } from "../store/sqlite-trouble.ts";
import { stamp } from "../store/stamp.ts";

/** "THme" in the file's header. */
const APPLICATION_ID = 0x54486d65;
const VERSION = 1;
/** Milliseconds that the process of a hub that was just killed may take to end. */
const PATIENCE = 500;

/** Bits of a key that are the server's number; what stands above is an hour, or a period and a label. */
export const SERVER_BITS = 20;
/** Bits of a rollup's key that are the label's number. */
export const LABEL_BITS = 28;

const SCHEMA = `
  -- Numbers are never given twice: a forgotten server's data must not become another's.
  CREATE TABLE server (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
  -- Series within a server, see series-name.ts.
  CREATE TABLE label (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL UNIQUE) STRICT;

  -- A sealed hour of a server. id: hour since 1970 << 20 | server; body: chunk.ts; top: JSON of its lists of processes, by zstd.
  CREATE TABLE hour (id INTEGER PRIMARY KEY, samples INTEGER NOT NULL, top BLOB, body BLOB NOT NULL) STRICT;
  -- What has come for an hour since it was sealed, or before; hour: as the id of hour.
  CREATE TABLE part (seq INTEGER PRIMARY KEY, hour INTEGER NOT NULL, samples INTEGER NOT NULL, top TEXT, body BLOB NOT NULL) STRICT;
  CREATE INDEX part_hour ON part (hour);

  -- Buckets of a series of a server in a period (rollup.ts). id: period since 1970 << 48 | label << 20 | server, so that one metric
  -- of all servers is read in one go, and old periods are dropped in one go.
  CREATE TABLE fine (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE coarse (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
`;

/** An open database; `setAside` is the path of a damaged one that was in its place. */
export interface OpenedDatabase {
  db: DatabaseSync;
  setAside: string | null;
}

/** Opens the file, making it where there is none. Throws only what the disk or another process is to blame for. */
export function openMetricsDatabase(file: string, now: number): OpenedDatabase {
  try {
    return { db: connect(file), setAside: null };
  } catch (error) {
    if (!isDamage(error, file)) throw unavailable(error, `Cannot open the metrics ${file}`, file);
  }
  const setAside = putAside(file, now);
  try {
    return { db: connect(file), setAside };
  } catch (error) {
    throw unavailable(error, `Cannot make new metrics ${file}`, file);
  }
}

/** Renames a damaged file and its log, and returns where it is now. The database must be closed. */
export function putAside(file: string, now: number): string {
  const kept = `${file}.damaged-${stamp(now)}`;
  for (const side of ["", "-wal"]) if (existsSync(file + side)) renameSync(file + side, kept + side);
  rmSync(`${file}-journal`, { force: true });
  return kept;
}

/** The disk or another process does not allow it now, or it asks for too much. A `TailherdError` on the other side of the process. */
export class UnavailableError extends Error {
  readonly code: "disk_full" | "degraded" | "refused";

  constructor(code: UnavailableError["code"], message: string, options?: { cause: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The error as people read it; mistakes of ours stay as they are. `attempted` are the words before the colon. */
export function unavailable(error: unknown, attempted: string, file: string): unknown {
  const trouble = sqliteTrouble(error, file);
  if (error instanceof UnavailableError || trouble === "other") return error;
  const code = trouble === "disk_full" ? "disk_full" : "degraded";
  return new UnavailableError(code, `${attempted}: ${troubleWords(trouble, error)}`, { cause: error });
}

/** A file that cannot be used as it is. */
class UnusableError extends Error {}

/** Whether the file itself is to blame for an error. */
export function isDamage(error: unknown, file: string): boolean {
  return error instanceof UnusableError || sqliteTrouble(error, file) === "damaged";
}

function connect(file: string): DatabaseSync {
  const isNew = !existsSync(file) || statSync(file).size === 0;
  // 0600 before there is anything in it; SQLite gives its side files the same mode.
  if (isNew) closeSync(openSync(file, "a", 0o600));
  chmodSync(file, 0o600);
  const db = new DatabaseSync(file, { timeout: PATIENCE });
  try {
    if (isNew) db.exec("PRAGMA auto_vacuum = INCREMENTAL");
    // Exclusive, as the hub's own database and for the same reasons; FULL, because the log is deleted after a commit.
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096",
    );
    const version = Number(db.prepare("PRAGMA user_version").get()?.user_version);
    if (version === 0) {
      db.exec(`BEGIN; ${SCHEMA} PRAGMA user_version = ${VERSION}; PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
    } else {
      const id = Number(db.prepare("PRAGMA application_id").get()?.application_id);
      if (id !== APPLICATION_ID || version !== VERSION) throw new UnusableError("it is not of this program's format");
    }
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
