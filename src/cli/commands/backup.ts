// `tailherd backup FILE` and `restore FILE`: the hub's database, copied while it runs and put back while it does not.
import { createWriteStream, existsSync } from "node:fs";
import { open, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Command } from "commander";
import { systemClock } from "../../base/clock.ts";
import type { Context } from "../context.ts";
import { CliFailure, EXIT_INTERRUPTED, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { confirm } from "../output/ask.ts";
import { formatBytes, formatTime } from "../output/values.ts";

export function defineBackup(command: Command, context: Context): void {
  command
    .argument("<file>", "where to write it")
    .option("--force", "overwrite a file that is there")
    .addHelpText(
      "after",
      `
Holds definitions, settings, tokens (hashed), events and the audit; not the output of services. The hub goes on meanwhile.

Example:
  tailherd backup /srv/backups/tailherd-$(date +%F).db`,
    )
    .action(async (given: string, options: { force?: boolean }) => {
      const file = resolve(context.io.cwd, given);
      if (existsSync(file) && options.force !== true)
        throw usageFailure(`Cannot back up to ${file}: it is there already`, "--force overwrites.");
      const bytes = await fetchTo(context, file);
      await context.emit({ file, bytes }, () => `Wrote ${formatBytes(bytes)} to ${file}.`);
    });
}

/** Under its name the file is either whole and on the disk, or not there. */
async function fetchTo(context: Context, file: string): Promise<number> {
  const unfinished = `${file}.${process.pid}.part`;
  // Ctrl-C leaves nothing half-written behind.
  using interrupt = new Interrupt();
  const { signal } = interrupt;
  const response = await context.client().open("GET /api/backup", { signal });
  try {
    await pipeline(response.body, createWriteStream(unfinished, { mode: 0o600, flags: "wx", flush: true }), { signal });
    await rename(unfinished, file);
    await syncDirectory(dirname(file));
    return (await stat(file)).size;
  } catch (error) {
    await rm(unfinished, { force: true });
    if (signal.aborted) {
      throw new CliFailure(`Did not back up to ${file}: interrupted`, { exitCode: EXIT_INTERRUPTED, cause: error });
    }
    throw new CliFailure(`Cannot back up to ${file}: ${(error as Error).message}`, { cause: error });
  }
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path);
  await directory.sync();
}

export function defineRestore(command: Command, context: Context): void {
  command
    .argument("<file>", "a file that backup wrote")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
The hub must not run: stop it first; services go on meanwhile. What is there now is kept beside, under another name.
At the next start services become as the backup has them: those it does not know are stopped.`,
    )
    .action(async (given: string, options: { yes?: boolean }) => {
      const file = resolve(context.io.cwd, given);
      if (options.yes !== true)
        await confirm(context, `Put ${file} in the place of the database in ${context.dataDir}?`);
      const { restoreBackup } = await import("../../hub/hub.ts");
      const restored = restoreBackup({ file, dataDir: context.dataDir, clock: systemClock });
      await context.emit(restored, () => {
        const until = restored.last_change === null ? "" : `, as of ${formatTime(restored.last_change)}`;
        const kept = restored.kept === null ? "" : `\nWhat was there is kept: ${restored.kept}`;
        return `Restored ${restored.services} services${until}.${kept}`;
      });
      context.note("Start the hub again: tailherd up");
    });
}
