// Finds damage in the hub's database before anything is read from it, keeps the damaged file, and words the refusal (P8).
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { MIB } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import { ENTERED_TABLES } from "./migrations.ts";
import { stamp } from "./stamp.ts";

/** Larger databases (their history, that is) are checked in part, so that start-up stays quick. */
const WHOLE_CHECK_LIMIT = 16 * MIB;

/** What is known to be wrong with the content, before it becomes a refusal. */
export class DamagedError extends Error {}

/** The copy that the hub makes of a database it has just found whole. */
export function goodCopyPath(file: string): string {
  return `${file}.good`;
}

/** Closes the database, keeps the damaged file beside its place, and says where it is, and what to go on with. */
export function refuseDamaged(found: {
  file: string;
  error: unknown;
  now: number;
  db: DatabaseSync | undefined;
}): TailherdError {
  const { file, error, now, db } = found;
  const said = error instanceof Error ? error.message : String(error);
  const kept = `${file}.damaged-${stamp(now)}`;
  setAside(file, kept, db);
  return new TailherdError(
    "degraded",
    `Cannot open the hub's database ${file}: ${said}; the damaged file is kept at ${kept}; ${wayOut(file, kept)}`,
    { cause: error },
  );
}

/** The log goes with the file, and is named so that SQLite finds it, should somebody try to rescue more. */
function setAside(file: string, kept: string, db: DatabaseSync | undefined): void {
  const sides = ["", "-wal"].filter((side) => existsSync(file + side));
  if (db?.isOpen) {
    try {
      // Closing moves the log into the file; what is kept is what was found.
      for (const side of sides) copyFileSync(file + side, kept + side, constants.COPYFILE_FICLONE);
      db.close();
      for (const side of sides) rmSync(file + side, { force: true });
      return;
    } catch {
      // No space for a copy: better the file with its log inside than none.
      for (const side of sides) rmSync(kept + side, { force: true });
      if (db.isOpen) db.close();
    }
  }
  for (const side of sides) if (existsSync(file + side)) renameSync(file + side, kept + side);
}

/** A directory that held a database before does not get an empty one unasked. */
export function refuseMissing(file: string): void {
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

/** What is wrong inside: undefined, or the first finding. Of a large database only what people entered is read, unless `whole`. */
export function findDamage(db: DatabaseSync, file: string, options: { whole?: boolean } = {}): string | undefined {
  const size = statSync(file).size;
  const pages = Number(db.prepare("PRAGMA page_count").get()?.page_count);
  const pageSize = Number(db.prepare("PRAGMA page_size").get()?.page_size);
  // Pages that are only in the log may lie beyond the end of the file.
  if (!hasLog(file) && size < pages * pageSize) return `it has ${size} bytes where ${pages * pageSize} should be`;
  const checks =
    options.whole === true || size <= WHOLE_CHECK_LIMIT
      ? ["PRAGMA quick_check(1)"]
      : ENTERED_TABLES.filter((table) => hasTable(db, table)).map((table) => `PRAGMA quick_check(${table})`);
  for (const check of checks) {
    const finding = String(db.prepare(check).get()?.quick_check ?? "ok").trim();
    if (finding !== "ok") return finding.replaceAll(/\s+/g, " ");
  }
  return undefined;
}

const MAGIC = "SQLite format 3\0";

/** Looks at the first bytes of the file and of its log: SQLite takes an empty file for a new database, and junk in the log for no log. */
export function refuseDamagedHeader(file: string): void {
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
