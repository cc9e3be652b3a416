// Which commands this agent has begun: noted on the disk before anything of them happens, and remembered for a day, so that none
// runs twice however often it is sent and whenever the agent dies (P11). One JSON line for each beginning and each end.
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { COMMAND_IDS_KEPT } from "../../contract/commands.ts";
import type { Logger } from "../../runtime/logger.ts";
import { isSystemError, systemWords } from "../supervisor/system-words.ts";

/** Lines after which the file is written anew with what still counts. */
const WORTH_REWRITING = 5000;

interface Known {
  /** When it was noted, Unix milliseconds. */
  at: number;
  ended: boolean;
}

interface Line {
  id: string;
  /** Of a beginning. */
  at?: number;
  /** Of an end. */
  ended?: true;
}

export class CommandIds {
  private readonly known: Map<string, Known>;
  private readonly directory: string;
  private readonly clock: Clock;
  private file: FileHandle | undefined;
  private lines: number;
  private writing: Promise<unknown> = Promise.resolve();

  private constructor(options: {
    directory: string;
    clock: Clock;
    known: Map<string, Known>;
    file: FileHandle | undefined;
  }) {
    this.directory = options.directory;
    this.clock = options.clock;
    this.known = options.known;
    this.file = options.file;
    this.lines = 2 * options.known.size;
  }

  /** Reads what the agent before noted. Lines that cannot be read are told, and the file is kept beside. */
  static async open(directory: string, clock: Clock, logger: Logger): Promise<CommandIds> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const path = pathIn(directory);
    const { known, damaged } = readIds(path, clock.now());
    if (damaged > 0) {
      const beside = `${path}.damaged-${new Date(clock.now()).toISOString().replaceAll(":", "")}`;
      copyFileSync(path, beside);
      logger.warn({ lines: damaged, kept: beside }, "some ids of commands cannot be read");
    }
    const file = await writeAnew(directory, known).catch((error: unknown) => {
      // An agent on a full disk is an agent still; it takes no commands until it can note them.
      logger.error({ error: systemWords(error) }, "cannot write the ids of commands");
      return undefined;
    });
    return new CommandIds({ directory, clock, known, file });
  }

  /** Commands that had begun, and whose end nobody noted. */
  get unfinished(): string[] {
    return [...this.known].flatMap(([id, { ended }]) => (ended ? [] : [id]));
  }

  has(id: string): boolean {
    return this.known.has(id);
  }

  /** Notes that it begins; resolves when that is on the disk for good. Rejects with the system's error when it is not: then it must not begin. */
  async begin(id: string): Promise<void> {
    const at = this.clock.now();
    this.known.set(id, { at, ended: false });
    try {
      await this.append({ id, at }, true);
    } catch (error) {
      this.known.delete(id);
      throw error;
    }
  }

  /** Notes its end; what is lost of that is told as unknown after the next start, which the hub then knows better. */
  async end(id: string): Promise<void> {
    const known = this.known.get(id);
    if (known === undefined) return;
    known.ended = true;
    await this.append({ id, ended: true }, false).catch(() => undefined);
    if (this.lines < WORTH_REWRITING) return;
    await this.queue(() => this.rewrite()).catch(() => undefined);
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined);
    await this.file?.close();
  }

  private append(line: Line, sync: boolean): Promise<void> {
    return this.queue(async () => {
      // A line of its own even after one that was torn by a full disk.
      this.file ??= await open(pathIn(this.directory), "a", 0o600);
      await this.file.appendFile(`\n${JSON.stringify(line)}\n`);
      this.lines += 1;
      if (sync) await this.file.datasync();
    });
  }

  private queue<T>(act: () => Promise<T>): Promise<T> {
    const done = this.writing.then(act, act);
    this.writing = done.catch(() => undefined);
    return done;
  }

  private async rewrite(): Promise<void> {
    const old = this.clock.now() - COMMAND_IDS_KEPT;
    for (const [id, { at, ended }] of this.known) if (ended && at < old) this.known.delete(id);
    const before = this.file;
    this.file = await writeAnew(this.directory, this.known);
    this.lines = 2 * this.known.size;
    await before?.close();
  }
}

function pathIn(directory: string): string {
  return join(directory, "ids.jsonl");
}

/** Written beside, synced, renamed; the open file to go on with. */
async function writeAnew(directory: string, known: ReadonlyMap<string, Known>): Promise<FileHandle> {
  const path = pathIn(directory);
  const fresh = `${path}.new`;
  const lines = [...known].flatMap(([id, { at, ended }]): Line[] => [
    { id, at },
    ...(ended ? [{ id, ended } as const] : []),
  ]);
  const file = await open(fresh, "w", 0o600);
  await file.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  await file.sync();
  await rename(fresh, path);
  const parent = await open(directory, "r");
  try {
    await parent.sync();
  } finally {
    await parent.close();
  }
  return file;
}

function readIds(path: string, now: number): { known: Map<string, Known>; damaged: number } {
  const known = new Map<string, Known>();
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return { known, damaged: 0 };
    throw error;
  }
  const lines = text.split("\n");
  // What follows the last line break was torn as it was written: it was answered to nobody.
  const whole = lines.slice(0, -1).filter((line) => line !== "");
  let damaged = 0;
  for (const each of whole) {
    const line = parse(each);
    if (line === undefined) damaged += 1;
    else if (line.ended === true) finish(known, line.id);
    else known.set(line.id, { at: line.at ?? now, ended: false });
  }
  for (const [id, { at, ended }] of known) if (ended && at < now - COMMAND_IDS_KEPT) known.delete(id);
  return { known, damaged };
}

function finish(known: Map<string, Known>, id: string): void {
  const one = known.get(id);
  if (one !== undefined) one.ended = true;
}

function parse(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line;
    return typeof line.id === "string" ? line : undefined;
  } catch {
    return undefined;
  }
}
