// Which runs this agent has begun, and up to when each task was looked at: noted on the disk before anything of a run happens, so that
// none runs twice for one due time, whenever the agent dies. What waits in the same turn is one write: a thousand tasks may be due at
// once.
import { mkdirSync, readFileSync } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { DAY, MINUTE } from "../../base/units.ts";
import { type AgentRun, agentRunSchema } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import { isSystemError, systemWords } from "../supervisor/system-words.ts";

/** Lines added after which the file is written anew with what still counts. */
const WORTH_REWRITING = 20_000;
/** Milliseconds that the ids of runs that somebody asked for are remembered. */
const IDS_KEPT = DAY;
/**
 * Milliseconds that runs of due times are. The times themselves keep those apart; only who asks for a missed time might ask for one
 * that has run, and the hub, which looks at its records just before it asks, knows what ended longer ago.
 */
const DUES_KEPT = 10 * MINUTE;

/** One line of the file. */
type Line =
  /** `queued`: behind another run of its task, until `going` says that its turn has come. */
  | { begun: AgentRun; at: number; queued?: true }
  | { going: string }
  /** `unrun`: its turn never came. `of`: of a run whose beginning is in no line before it. */
  | { ended: string; at: number; unrun?: true; of?: DueOf }
  | { task: string; passed: number }
  /** How often the clock was set back: due times come again then. */
  | { passes: number };

/** A time at which a task was due. */
const dueOfSchema = z.object({ task: z.string(), due_at: z.string() });
type DueOf = z.infer<typeof dueOfSchema>;

/** A run that is over: when it ended, Unix milliseconds; and what it was for, unless somebody asked for it as of now. */
interface Over {
  at: number;
  of?: DueOf;
}

export class RunNotes {
  /** How often the clock was set back. */
  passes = 0;
  private readonly path: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly passed = new Map<string, number>();
  private readonly open = new Map<string, AgentRun>();
  private readonly queued = new Set<string>();
  private readonly over = new Map<string, Over>();
  private file: FileHandle | undefined;
  private lines = 0;
  private waiting: string[] = [];
  private next: Promise<void> | undefined;
  private writing: Promise<void> = Promise.resolve();

  private constructor(directory: string, clock: Clock, logger: Logger) {
    this.path = join(directory, "notes.jsonl");
    this.clock = clock;
    this.logger = logger;
  }

  /** Reads what the agent before noted. */
  static async open(directory: string, clock: Clock, logger: Logger): Promise<RunNotes> {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const notes = new RunNotes(directory, clock, logger);
    notes.read();
    await notes.rewrite().catch((error: unknown) => {
      // An agent on a full disk is an agent still; it runs no tasks until it can note them.
      logger.error({ error: systemWords(error) }, "cannot write the notes on tasks");
    });
    return notes;
  }

  /** Runs that had begun, and whose end nobody noted. */
  get unfinished(): AgentRun[] {
    return [...this.open.values()];
  }

  has(id: string): boolean {
    return this.open.has(id) || this.over.has(id);
  }

  /** Does it wait for its turn, or did when the agent before ended? */
  isQueued(id: string): boolean {
    return this.queued.has(id);
  }

  /** Has a run for this time begun, as far as is remembered? */
  hasDue(task: string, dueAt: string): boolean {
    const isIt = ({ task: of, due_at }: DueOf): boolean => of === task && due_at === dueAt;
    return (
      [...this.open.values()].some((run) => run.trigger !== "manual" && isIt(run)) ||
      [...this.over.values()].some(({ of }) => of !== undefined && isIt(of))
    );
  }

  /** Up to when a task was looked at, Unix milliseconds; undefined for one that never was. */
  passedOf(task: string): number | undefined {
    return this.passed.get(task);
  }

  /** Notes that a task was looked at up to here. On the disk for good with the next beginning. */
  pass(task: string, passed: number): void {
    if (this.passed.get(task) === passed) return;
    this.passed.set(task, passed);
    void this.append({ task, passed }).catch(() => undefined);
  }

  setBack(): void {
    this.passes += 1;
    void this.append({ passes: this.passes }).catch(() => undefined);
  }

  forget(task: string): void {
    this.passed.delete(task);
  }

  /** Notes that it begins; resolves when that is on the disk for good. Rejects with the system's error when it is not: then it must not begin. */
  async begin(run: AgentRun, queued = false): Promise<void> {
    this.open.set(run.id, run);
    if (queued) this.queued.add(run.id);
    try {
      await this.append({ begun: run, at: this.clock.now(), ...(queued && { queued }) });
    } catch (error) {
      this.open.delete(run.id);
      this.queued.delete(run.id);
      throw error;
    }
  }

  /** Notes that the turn of a queued one has come; as `begin`. */
  async go(id: string): Promise<void> {
    await this.append({ going: id });
    this.queued.delete(id);
  }

  /** Notes its end, `ran` unless its turn never came; what is lost of that is told as unknown after the next start, which the hub then knows better. */
  async end(id: string, ran = true): Promise<void> {
    const at = this.clock.now();
    this.ended(id, at, ran);
    await this.append({ ended: id, at, ...(!ran && { unrun: true }) }).catch(() => undefined);
    if (this.lines < WORTH_REWRITING) return;
    this.writing = this.writing.then(() => this.rewrite()).catch(() => undefined);
  }

  private ended(id: string, at: number, ran: boolean): void {
    const run = this.open.get(id);
    this.open.delete(id);
    this.queued.delete(id);
    if (run === undefined || !ran) return;
    const { trigger, task, due_at } = run;
    this.over.set(id, trigger === "manual" ? { at } : { at, of: { task, due_at } });
  }

  /** Resolves when nothing waits to be written. */
  settled(): Promise<void> {
    return this.writing;
  }

  async close(): Promise<void> {
    await this.settled();
    await this.file?.close();
  }

  private append(line: Line): Promise<void> {
    this.waiting.push(`\n${JSON.stringify(line)}\n`);
    if (this.next !== undefined) return this.next;
    const written = this.writing.then(async () => {
      // Whatever comes in this turn of the loop shares one write.
      await new Promise<void>((resolve) => void setImmediate(resolve));
      this.next = undefined;
      await this.write();
    });
    this.next = written;
    this.writing = written.catch(() => undefined);
    return written;
  }

  private async write(): Promise<void> {
    const lines = this.waiting;
    this.waiting = [];
    this.file ??= await open(this.path, "a", 0o600);
    // A line of its own even after one that was torn by a full disk.
    await this.file.appendFile(lines.join(""));
    await this.file.datasync();
    this.lines += lines.length;
  }

  private async rewrite(): Promise<void> {
    const now = this.clock.now();
    for (const [id, { at, of }] of this.over) {
      if (at < now - (of === undefined ? IDS_KEPT : DUES_KEPT)) this.over.delete(id);
    }
    const lines: Line[] = [
      { passes: this.passes },
      ...[...this.passed].map(([task, passed]) => ({ task, passed })),
      ...[...this.open.values()].map((begun) => ({
        begun,
        at: now,
        ...(this.queued.has(begun.id) && { queued: true as const }),
      })),
      ...[...this.over].map(([ended, over]) => ({ ended, ...over })),
    ];
    const fresh = `${this.path}.new`;
    const file = await open(fresh, "w", 0o600);
    await file.writeFile(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    await file.sync();
    await rename(fresh, this.path);
    await this.file?.close();
    this.file = file;
    this.lines = 0;
  }

  private read(): void {
    let text: string;
    try {
      text = readFileSync(this.path, "utf8");
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return;
      throw error;
    }
    let damaged = 0;
    for (const each of text.split("\n")) if (each !== "" && !this.take(each)) damaged += 1;
    if (damaged > 0) this.logger.warn({ lines: damaged }, "some notes on tasks cannot be read");
  }

  private take(text: string): boolean {
    let line: Partial<
      Record<"begun" | "queued" | "going" | "ended" | "unrun" | "of" | "at" | "task" | "passed" | "passes", unknown>
    >;
    try {
      line = JSON.parse(text) as typeof line;
    } catch {
      return false;
    }
    const { begun, queued, going, ended, unrun, of, at, task, passed, passes } = line;
    const run = agentRunSchema.safeParse(begun);
    if (run.success) {
      this.open.set(run.data.id, run.data);
      if (queued === true) this.queued.add(run.data.id);
    } else if (typeof going === "string") this.queued.delete(going);
    else if (typeof ended === "string" && typeof at === "number") {
      const due = dueOfSchema.safeParse(of);
      // One that was written anew has no begin before it.
      if (!this.open.has(ended) && unrun !== true) this.over.set(ended, { at, ...(due.success && { of: due.data }) });
      this.ended(ended, at, unrun !== true);
    } else if (typeof task === "string" && typeof passed === "number") this.passed.set(task, passed);
    else if (typeof passes === "number") this.passes = passes;
    else return false;
    return true;
  }
}
