// A JSON file that survives a crash at any moment: written beside, synced, renamed; the version before it is kept for the case
// that the disk damages this one (P8).
import { link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { z } from "zod";
import { systemWords } from "../supervisor/system-words.ts";

/** fresh: there was none. recovered: the file was damaged (kept under `damagedFile`) and the one before it was read. */
export type KeptRead<T> =
  | { outcome: "fresh" }
  | { outcome: "read"; value: T }
  | { outcome: "recovered"; value: T; damagedFile: string }
  | { outcome: "lost"; damagedFile: string };

export class KeptFile<T> {
  private readonly path: string;
  private readonly schema: z.ZodType<T>;
  private writing: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  /** What is on the disk for good; undefined when that is not known. */
  private kept: string | undefined;

  constructor(path: string, schema: z.ZodType<T>) {
    this.path = path;
    this.schema = schema;
  }

  /** Reads it; a damaged one is set aside, never deleted, and the version before it takes its place. */
  async read(now: number): Promise<KeptRead<T>> {
    const current = await this.parse(this.path);
    if (current.outcome === "read") {
      this.kept = JSON.stringify(current.value);
      return current;
    }
    const damagedFile = `${this.path}.damaged-${new Date(now).toISOString().replaceAll(":", "")}`;
    if (current.outcome === "damaged") await rename(this.path, damagedFile);
    const previous = await this.parse(this.previous);
    if (previous.outcome === "read") {
      return current.outcome === "damaged" ? { outcome: "recovered", value: previous.value, damagedFile } : previous;
    }
    return current.outcome === "damaged" ? { outcome: "lost", damagedFile } : { outcome: "fresh" };
  }

  /**
   * Resolves when what `value` answers is on the disk for good. It is asked when the write begins: writes that wait together become
   * one, and one after a write that failed does not hold what that one held.
   */
  write(value: () => T): Promise<void> {
    if (this.next !== undefined) return this.next;
    const written = this.writing.then(() => {
      this.next = undefined;
      return this.writeNow(JSON.stringify(value()));
    });
    this.next = written;
    this.writing = written.catch(() => undefined);
    return written;
  }

  /** Resolves when nothing waits to be written. */
  settled(): Promise<void> {
    return this.writing;
  }

  private get previous(): string {
    return `${this.path}.previous`;
  }

  private async parse(path: string): Promise<{ outcome: "read"; value: T } | { outcome: "none" | "damaged" }> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return { outcome: "none" };
      throw new Error(`Cannot read ${path}: ${systemWords(error)}`, { cause: error });
    }
    try {
      const parsed = this.schema.safeParse(JSON.parse(text));
      return parsed.success ? { outcome: "read", value: parsed.data } : { outcome: "damaged" };
    } catch {
      return { outcome: "damaged" };
    }
  }

  private async writeNow(text: string): Promise<void> {
    // Also what a full disk could not take is kept already, when nothing changed.
    if (text === this.kept) return;
    this.kept = undefined;
    const directory = dirname(this.path);
    const fresh = join(directory, `.${basename(this.path)}.new`);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(fresh, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rm(this.previous, { force: true });
    await link(this.path, this.previous).catch(() => undefined);
    await rename(fresh, this.path);
    const handle = await open(directory, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    this.kept = text;
  }
}
