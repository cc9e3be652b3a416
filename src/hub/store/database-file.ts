// Opens the hub's database file, or refuses in words that name it (P8): what is damaged is found before anything is read from it,
// kept beside, and never silently replaced by an empty database, which would stop every service of the fleet.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { MIB } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import { APPLICATION_ID, ENTERED_TABLES, migrate, SCHEMA_VERSION, schemaVersion } from "./migrations.ts";
import { sqliteTrouble, storeError } from "./sqlite-errors.ts";

/** Larger databases (their history, that is) are checked in part, so that start-up stays quick. */
const WHOLE_CHECK_LIMIT = 16 * MIB;

/** The copy that the hub makes of a database it has just found whole. */
export function goodCopyPath(file: string): string {
  return `${file}.good`;
}

/** Opens the database, makes it where there is none yet, and brings it to this version. Throws `TailherdError` naming the file. */
export function openDatabase(file: string, now: number): DatabaseSync {
  const attempted = `Cannot open the hub's database ${file}`;
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(file)) createDatabase(file, now);
    refuseDamagedHeader(file);
    db = connect(file);
    refuseForeign(db, file);
    const damage = findDamage(db, file);
    if (damage !== undefined) throw new DamagedError(damage);
    migrate(db);
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    if (error instanceof DamagedError || sqliteTrouble(error, file) === "damaged")
      throw refuseDamaged(file, error, now);
    if (sqliteTrouble(error, file) === "held") {
      throw new TailherdError("degraded", `${attempted}: another process has it open`, { cause: error });
    }
    throw storeError(error, attempted, file);
  }
}

/** What is known to be wrong with the content, before it becomes a refusal. */
export class DamagedError extends Error {}

/** Keeps the damaged file beside its place, and says where, and what to go on with. */
export function refuseDamaged(file: string, error: unknown, now: number): TailherdError {
  const said = error instanceof Error ? error.message : String(error);
  const kept = `${file}.damaged-${stamp(now)}`;
  renameSync(file, kept);
  // Named so that SQLite finds the log with the file, should somebody try to rescue more.
  if (existsSync(`${file}-wal`)) renameSync(`${file}-wal`, `${kept}-wal`);
  return new TailherdError(
    "degraded",
    `Cannot open the hub's database ${file}: ${said}; the damaged file is kept at ${kept}; ${wayOut(file, kept)}`,
    { cause: error },
  );
}

/** A time as a part of a file's name: 20261123T204500Z. */
export function stamp(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** What is wrong inside: undefined, or the first finding. All of a small database is read, of a large one what people entered. */
export function findDamage(db: DatabaseSync, file: string): string | undefined {
  const size = statSync(file).size;
  const pages = Number(db.prepare("PRAGMA page_count").get()?.page_count);
  const pageSize = Number(db.prepare("PRAGMA page_size").get()?.page_size);
  // Pages that are only in the log may lie beyond the end of the file.
  if (!hasLog(file) && size < pages * pageSize) return `it has ${size} bytes where ${pages * pageSize} should be`;
  const checks =
    size <= WHOLE_CHECK_LIMIT
      ? ["PRAGMA quick_check(1)"]
      : ENTERED_TABLES.filter((table) => hasTable(db, table)).map((table) => `PRAGMA quick_check(${table})`);
  for (const check of checks) {
    const finding = String(db.prepare(check).get()?.quick_check ?? "ok").trim();
    if (finding !== "ok") return finding.replaceAll(/\s+/g, " ");
  }
  return undefined;
}

/** Refuses what is not a database of ours, or one of a newer program; such a file is not damaged and stays where it is. */
export function refuseForeign(db: DatabaseSync, file: string): void {
  const id = Number(db.prepare("PRAGMA application_id").get()?.application_id);
  if (id !== APPLICATION_ID) {
    throw new TailherdError(
      "degraded",
      `Cannot open the database ${file}: it is an SQLite database, but not tailherd's`,
    );
  }
  const version = schemaVersion(db);
  if (version > SCHEMA_VERSION) {
    throw new TailherdError(
      "degraded",
      `Cannot open the hub's database ${file}: a newer tailherd wrote it (format ${version}, this program knows ${SCHEMA_VERSION}); ` +
        "start that one, or restore a backup from before the upgrade with `tailherd restore FILE`",
    );
  }
}

/**
 * Exclusive, because one hub owns the file: no shared-memory file beside it (on a full tmpfs writing into one would be SIGBUS), no
 * locking calls at each read, and a second process gets an error, not a say.
 */
export function connect(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
    );
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** Puts a file's name, and with it the file, safely on the disk. */
export function syncFile(file: string): void {
  for (const path of [file, dirname(file)]) {
    const fd = openSync(path, "r");
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Whole or not at all: an empty or half-made file under the real name is always damage. */
function createDatabase(file: string, now: number): void {
  refuseMissing(file);
  const fresh = `${file}.new`;
  rmSync(fresh, { force: true });
  rmSync(`${fresh}-journal`, { force: true });
  // 0600 before there is anything in it; SQLite gives its side files the same mode.
  closeSync(openSync(fresh, "wx", 0o600));
  try {
    const db = new DatabaseSync(fresh);
    try {
      db.exec("PRAGMA auto_vacuum = INCREMENTAL");
      migrate(db);
    } finally {
      db.close();
    }
    syncFile(fresh);
    renameSync(fresh, file);
    syncFile(file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw storeError(error, `Cannot make the hub's database ${file} (${stamp(now)})`, file);
  }
}

/** A directory that held a database before does not get an empty one unasked. */
function refuseMissing(file: string): void {
  const prefix = `${basename(file)}.damaged-`;
  const damaged = readdirSync(dirname(file))
    .filter((name) => name.startsWith(prefix) && !name.endsWith("-wal"))
    .sort()
    .at(-1);
  if (damaged === undefined && !existsSync(goodCopyPath(file)) && !hasLog(file)) return;
  const kept = damaged === undefined ? undefined : join(dirname(file), damaged);
  throw new TailherdError(
    "degraded",
    `Cannot open the hub's database ${file}: it is missing, but this directory has held one` +
      `${kept === undefined ? "" : ` (damaged, kept at ${kept})`}; ${wayOut(file, kept)}`,
  );
}

function wayOut(file: string, kept: string | undefined): string {
  const good = goodCopyPath(file);
  const anew = [kept, good, `${file}-wal`].filter((path) => path !== undefined && existsSync(path)).join(" and ");
  const begin = `to begin with an empty hub instead, move ${anew} elsewhere`;
  if (!existsSync(good)) {
    return `there is no good copy yet: restore a backup with \`tailherd restore FILE\`; ${begin}`;
  }
  return `the last good copy is of ${statSync(good).mtime.toISOString()}: run \`tailherd restore ${good}\`; ${begin}`;
}

const MAGIC = "SQLite format 3\0";

/** Looks at the first bytes of the file and of its log: SQLite takes an empty file for a new database, and junk in the log for no log. */
function refuseDamagedHeader(file: string): void {
  const header = readStart(file, 100);
  if (header.length === 0) throw new DamagedError("it is empty");
  if (header.length < 100) throw new DamagedError(`it has only ${header.length} bytes`);
  if (header.toString("latin1", 0, 16) !== MAGIC)
    throw new DamagedError("it does not begin as an SQLite database does");
  if (!existsSync(`${file}-wal`)) return;
  const log = readStart(`${file}-wal`, 32);
  // All zeros is what a power cut leaves of a log of which nothing was acknowledged yet.
  if (log.every((byte) => byte === 0)) return;
  if (log.length < 32 || (log.readUInt32BE(0) & ~1) !== 0x37_7f_06_82) {
    throw new DamagedError(`its log ${file}-wal, with the latest changes, is not an SQLite log`);
  }
}

function readStart(path: string, bytes: number): Buffer {
  const fd = openSync(path, "r");
  try {
    const buffer = Buffer.alloc(bytes);
    return buffer.subarray(0, readSync(fd, buffer, 0, bytes, 0));
  } finally {
    closeSync(fd);
  }
}

function hasLog(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function hasTable(db: DatabaseSync, table: string): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(table) !== undefined;
}
