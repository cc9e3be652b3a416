// Remembers the values that are taken out of an instance's output, for the agent after us: it reads on before anybody tells it.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";
import type { Logger } from "../../runtime/logger.ts";

const keptSchema = z.object({ now: z.array(z.string()), before: z.array(z.string()) });

/** Values of the last start and of the one before, whose output may not be read yet. */
export class SecretsFile {
  private readonly file: string;
  private kept: z.infer<typeof keptSchema> = { now: [], before: [] };

  constructor(file: string) {
    this.file = file;
  }

  get values(): string[] {
    return [...this.kept.now, ...this.kept.before];
  }

  /** What cannot be read is told to the logger: after a power loss, when nothing of the instance runs, it may be damaged. */
  load(logger: Logger): void {
    try {
      this.kept = keptSchema.parse(JSON.parse(readFileSync(this.file, "utf8")));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      logger.warn({ file: this.file }, "secrets in output are not hidden until the next start: their file is damaged");
    }
  }

  /** Throws when it cannot be written; the values count all the same. */
  save(values: readonly string[]): void {
    const last = this.kept;
    if (last.now.join("\0") === values.join("\0") && last.before.length === 0) return;
    this.kept = { now: [...values], before: last.now.filter((value) => !values.includes(value)) };
    if (this.values.length === 0) return rmSync(this.file, { force: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(this.kept), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
