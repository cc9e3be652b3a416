// Opens the hub's database file, or refuses in words that name it: never a silent empty one in its place, which would stop every
// service of the fleet.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TailherdError } from "../../contract/errors.ts";
import { DamagedError, findDamage, refuseDamaged, refuseDamagedHeader, refuseMissing } from "./database-damage.ts";
import { APPLICATION_ID, migrate, SCHEMA_VERSION, schemaVersion } from "./migrations.ts";
import { storeError } from "./sqlite-errors.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";

/** The hub's database in a data directory. */
export function databasePath(dataDir: string): string {
  return join(dataDir, "hub.db");
}

/** Opens the database, makes it where there is none yet, and brings it to this version. Throws `TailherdError` naming the file. */
export function openDatabase(file: string, now: number): DatabaseSync {
  const attempted = `Cannot open the hub's database ${file}`;
  let db: DatabaseSync | undefined;
  try {
    if (!existsSync(file)) createDatabase(file);
    refuseDamagedHeader(file);
    // Not closed when it cannot be configured: a close moves the log into the file, and what is kept is what was found.
    db = new DatabaseSync(file);
    configure(db);
    refuseForeign(db, file);
    const damage = findDamage(db, file);
    if (damage !== undefined) throw new DamagedError(damage);
    migrate(db);
    return db;
  } catch (error) {
    if (error instanceof DamagedError || sqliteTrouble(error, file) === "damaged") {
      throw refuseDamaged({ file, error, now, db });
    }
    if (db?.isOpen) db.close();
    if (sqliteTrouble(error, file) === "held") {
      throw new TailherdError("degraded", `${attempted}: another process has it open`, { cause: error });
    }
    throw storeError(error, attempted, file);
  }
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
function configure(db: DatabaseSync): void {
  db.exec(
    "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY",
  );
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
function createDatabase(file: string): void {
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
    throw storeError(error, `Cannot make the hub's database ${file}`, file);
  }
}
