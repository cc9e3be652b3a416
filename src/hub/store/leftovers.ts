// Removes what a killed hub left half-written in its data directory: copies of the database that nobody will ever finish.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../runtime/logger.ts";

/** What SQLite puts beside a file that it is writing. */
const SIDE = "(?:-journal|-wal|-shm)?";
const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
/** Whole names of ours, so that nothing is taken that somebody put there: a backup on its way out, a renewed good copy, a restore. */
const LEFTOVER = new RegExp(`^(?:backup-${UUID}\\.tmp|hub\\.db\\.good\\.new|hub\\.db\\.restoring)${SIDE}$`);

/** The name of a backup while it is being written and sent; `id` is a UUID. */
export function unsentBackup(dataDir: string, id: string): string {
  return join(dataDir, `backup-${id}.tmp`);
}

/** The caller holds the directory, so nobody is writing them. What cannot be removed is told and stays; links are not followed. */
export function removeLeftovers(dataDir: string, logger: Logger): void {
  for (const entry of readdirSync(dataDir, { withFileTypes: true })) {
    if (!entry.isFile() || !LEFTOVER.test(entry.name)) continue;
    const file = join(dataDir, entry.name);
    try {
      rmSync(file);
      logger.info({ file }, "Removed what a hub that was killed had not finished");
    } catch (error) {
      logger.warn({ file, err: error }, "Cannot remove what a hub that was killed had not finished");
    }
  }
}
