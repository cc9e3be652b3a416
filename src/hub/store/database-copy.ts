// Consistent copies of a database that is in use: backups for people, and the rotating good copy that a damaged database is
// replaced by (P8).
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { backup, DatabaseSync } from "node:sqlite";
import type { Clock, Timer } from "../../base/clock.ts";
import { HOUR, MIB, MINUTE } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Logger } from "../../runtime/logger.ts";
import { findDamage, goodCopyPath } from "./database-damage.ts";
import { syncFile } from "./database-file.ts";

/** Pages copied in one step; between steps the loop and writers go on. */
const STEP = 128;
/** A first step meets a write once in ten times on a store that does nothing but write. */
const ATTEMPTS = 50;

/** Writes a consistent, checked copy to a file that does not exist yet, readable by its owner only: on the disk when it resolves. */
export async function copyDatabase(db: DatabaseSync, file: string): Promise<void> {
  if (existsSync(file)) throw new TailherdError("refused", `Cannot write a backup to ${file}: the file exists`);
  try {
    await copyPages(db, file);
    const copy = new DatabaseSync(file);
    try {
      // One file that any SQLite opens, without a log beside it.
      copy.exec("PRAGMA journal_mode = DELETE");
      const damage = findDamage(copy, file);
      if (damage !== undefined) throw new Error(`The copy is damaged: ${damage}`);
    } finally {
      copy.close();
    }
    syncFile(file);
  } catch (error) {
    // Somebody else's file of that name, made in the meantime, is not ours to take away.
    if ((error as { code?: string }).code !== "EEXIST") rmSync(file, { force: true });
    throw error;
  }
}

async function copyPages(db: DatabaseSync, file: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    closeSync(openSync(file, "wx", 0o600));
    try {
      await backup(db, file, { rate: STEP });
      return;
    } catch (error) {
      // node:sqlite goes on when a step meets a write under way, except at the first step: then it throws "not an error".
      if ((error as { errcode?: number }).errcode !== 0 || attempt === ATTEMPTS) throw error;
      rmSync(file, { force: true });
    }
  }
}

/** Time from a change to its copy; longer for a large database (its history), whose copying costs more. */
const DELAY = 5 * MINUTE;
const DELAY_LARGE = HOUR;
const LARGE = 8 * MIB;

/** Keeps FILE.good: made some minutes after something was entered, never at start-up, and only from a database found whole. */
export class GoodCopy {
  private readonly file: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly copy: (file: string) => Promise<void>;
  private timer: Timer | undefined;

  constructor(options: { file: string; clock: Clock; logger: Logger; copy: (file: string) => Promise<void> }) {
    this.file = options.file;
    this.clock = options.clock;
    this.logger = options.logger;
    this.copy = options.copy;
    const made = statSync(goodCopyPath(this.file), { throwIfNoEntry: false })?.mtimeMs;
    if (made === undefined || made < statSync(this.file).mtimeMs) this.changed();
  }

  /** Something was entered: a copy is made before long. */
  changed(): void {
    if (this.timer !== undefined) return;
    const delay = statSync(this.file).size > LARGE ? DELAY_LARGE : DELAY;
    this.timer = this.clock.after(delay, () => void this.make());
  }

  close(): void {
    this.timer?.cancel();
  }

  private async make(): Promise<void> {
    this.timer = undefined;
    const good = goodCopyPath(this.file);
    const fresh = `${good}.new`;
    try {
      rmSync(fresh, { force: true });
      await this.copy(fresh);
      renameSync(fresh, good);
      syncFile(good);
    } catch (error) {
      this.logger.warn(
        { file: good, err: error },
        "Cannot renew the good copy of the hub's database; the last one stays",
      );
      this.changed();
    }
  }
}
