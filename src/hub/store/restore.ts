// Puts a backup in the place of the hub's database: `tailherd restore FILE`, while no hub runs.
import { copyFileSync, chmodSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { Clock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import { openDataDir } from "../../runtime/data-dir.ts";
import { DamagedError, findDamage, refuseDamagedHeader } from "./database-damage.ts";
import { databasePath, refuseForeign, syncFile } from "./database-file.ts";
import { migrate } from "./migrations.ts";
import { storeError } from "./sqlite-errors.ts";
import { sqliteTrouble } from "./sqlite-trouble.ts";
import { stamp } from "./stamp.ts";

/** What came back, for people. */
export interface Restored {
  services: number;
  /** When something in the backup was changed last, ISO 8601; null where nothing ever was. */
  last_change: string | null;
  /** Where the database that stood there before is kept; null where there was none. */
  kept: string | null;
}

/**
 * Checks a backup wholly, then puts it in place in one step: a crash at any point leaves the old database or the restored one.
 * Sessions of the backup are ended. Throws `TailherdError`: `refused` when a hub runs on the directory, `not_found`, `degraded` (not
 * a database of ours, damaged, from a newer program), `disk_full`; nothing is changed then.
 */
export function restoreBackup({ file, dataDir, clock }: { file: string; dataDir: string; clock: Clock }): Restored {
  if (!existsSync(file)) throw new TailherdError("not_found", `Cannot restore ${file}: there is no such file`);
  using _held = openDataDir(dataDir);
  const target = databasePath(dataDir);
  const fresh = `${target}.restoring`;
  try {
    rmSync(fresh, { force: true });
    copyFileSync(file, fresh);
    chmodSync(fresh, 0o600);
    const facts = makeReady(fresh, file);
    const kept = setAside(target, `${target}.before-restore-${stamp(clock.now())}`);
    renameSync(fresh, target);
    syncFile(target);
    return { ...facts, kept };
  } catch (error) {
    rmSync(fresh, { force: true });
    if (error instanceof DamagedError || sqliteTrouble(error, file) === "damaged") {
      const words = `Cannot restore ${file}: it is damaged (${(error as Error).message}); give another backup`;
      throw new TailherdError("degraded", words, { cause: error });
    }
    throw storeError(error, `Cannot restore ${file}`, target);
  }
}

/** Checks the copy and brings it to this program's version; the backup itself is never opened. */
function makeReady(fresh: string, file: string): Omit<Restored, "kept"> {
  refuseDamagedHeader(fresh);
  const db = new DatabaseSync(fresh);
  try {
    refuseForeign(db, file);
    const damage = findDamage(db, fresh, { whole: true });
    if (damage !== undefined) throw new DamagedError(damage);
    migrate(db);
    db.exec("DELETE FROM session");
    db.exec("PRAGMA journal_mode = DELETE");
    const last = db.prepare("SELECT max(at) AS at FROM audit").get()?.at;
    return {
      services: Number(db.prepare("SELECT count(*) AS n FROM service").get()?.n),
      last_change: typeof last === "number" ? new Date(last).toISOString() : null,
    };
  } finally {
    db.close();
    for (const side of ["-wal", "-shm", "-journal"]) rmSync(`${fresh}${side}`, { force: true });
  }
}

/** Keeps what stands there under another name, while it also stays in place until the rename over it. */
function setAside(target: string, kept: string): string | null {
  const log = `${target}-wal`;
  // A log left beside would be taken for the restored database's own.
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) > 0) moveLogIn(target, `${kept}-wal`);
  rmSync(log, { force: true });
  if (!existsSync(target)) return null;
  linkSync(target, kept);
  return kept;
}

/** Moves the log into the old database, or, where that one is too damaged for it, out of the way. */
function moveLogIn(target: string, kept: string): void {
  try {
    using db = new DatabaseSync(target);
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA wal_checkpoint(TRUNCATE)");
  } catch {
    renameSync(`${target}-wal`, kept);
  }
}
