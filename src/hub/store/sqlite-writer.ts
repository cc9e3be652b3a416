// The one place where the SQLite store writes: groups what is asked in the same moment into one commit, and knows whether
// writes go through now.
import type { DatabaseSync } from "node:sqlite";
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Logger } from "../../runtime/logger.ts";
import { storeError } from "./sqlite-errors.ts";
import { sqliteTrouble, troubleWords } from "./sqlite-trouble.ts";

/**
 * entered: on the disk before it is acknowledged (fsync), as for all that people entered.
 * observed: survives our own death at once, a power cut after the next `entered` write or a few seconds: events come in bursts
 * from the agent, and an fsync for each would delay restarts in the same process.
 */
export type Durability = "entered" | "observed";

interface Job {
  attempted: string;
  durability: Durability;
  act: () => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** How often a store that could not write tries again. */
const PROBE_INTERVAL = 2 * SECOND;
/** Quiet time after which the log is moved into the database file, so that one file holds everything. */
const CHECKPOINT_DELAY = 5 * SECOND;
/** Writes in one commit at most, so that a flood does not hold the loop. */
const MAX_GROUP = 500;

/** Runs write functions, in order, each all or nothing. Not a state machine, but has a mood: `problem` is null while writes go through. */
export class SqliteWriter {
  private readonly db: DatabaseSync;
  private readonly file: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly onCommit: (durability: Durability) => void;
  private queue: Job[] = [];
  private scheduled: NodeJS.Immediate | undefined;
  private problemWords: string | null = null;
  private probeTimer: Timer | undefined;
  private checkpointTimer: Timer | undefined;
  private closed = false;
  private damaged = false;
  private synchronous: Durability = "entered";

  constructor(options: {
    db: DatabaseSync;
    file: string;
    clock: Clock;
    logger: Logger;
    onCommit: (durability: Durability) => void;
  }) {
    this.db = options.db;
    this.file = options.file;
    this.clock = options.clock;
    this.logger = options.logger;
    this.onCommit = options.onCommit;
  }

  /** Why writes are refused now, or null. */
  get problem(): string | null {
    return this.problemWords;
  }

  /**
   * Runs `act` in a transaction and resolves to what it returned once that is committed. Rejects, with nothing of it stored, when
   * it throws or when the disk does not take it (`disk_full`, `degraded`). `attempted` are the words before the colon.
   */
  write<T>(attempted: string, act: () => T, durability: Durability = "entered"): Promise<T> {
    if (this.closed) return Promise.reject(new TailherdError("degraded", `${attempted}: the store is closed`));
    return new Promise<T>((resolve, reject) => {
      this.queue.push({ attempted, durability, act, resolve: resolve as (value: unknown) => void, reject });
      // After the poll phase: whatever arrived on any socket in this turn of the loop shares one commit and one fsync.
      this.scheduled ??= setImmediate(() => this.drain());
    });
  }

  /** Commits what waits and moves the log into the database file; nothing can be written after. */
  close(): void {
    this.closed = true;
    while (this.queue.length > 0) this.drain();
    clearImmediate(this.scheduled);
    this.probeTimer?.cancel();
    this.checkpointTimer?.cancel();
  }

  private drain(): void {
    this.scheduled = undefined;
    const jobs = this.queue.splice(0, MAX_GROUP);
    if (this.queue.length > 0) this.scheduled = setImmediate(() => this.drain());
    if (jobs.length === 0) return;
    const results = this.commit(jobs);
    // Settled only after all of them are committed: nobody sees a result that a failing commit takes back.
    for (const [index, job] of jobs.entries()) {
      const result = results[index];
      if (result === undefined || "error" in result) {
        job.reject(storeError(result?.error, job.attempted, this.file));
      } else {
        job.resolve(result.value);
      }
    }
  }

  private commit(jobs: Job[]): ({ value: unknown } | { error: unknown })[] {
    const results: ({ value: unknown } | { error: unknown })[] = [];
    try {
      this.setDurability(jobs.some((job) => job.durability === "entered") ? "entered" : "observed");
      this.db.exec("BEGIN IMMEDIATE");
      for (const job of jobs) results.push(this.runOne(job));
      this.db.exec("COMMIT");
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      this.failed(error);
      return jobs.map(() => ({ error }));
    }
    this.succeeded();
    return results;
  }

  /** One write inside the group's transaction; its own failure takes back only itself. */
  private runOne(job: Job): { value: unknown } | { error: unknown } {
    this.db.exec("SAVEPOINT one");
    try {
      const value = job.act();
      this.db.exec("RELEASE one");
      return { value };
    } catch (error) {
      // SQLite gives the whole transaction up on a full or failing disk; then the whole group failed.
      if (!this.db.isTransaction || sqliteTrouble(error, this.file) !== "other") throw error;
      this.db.exec("ROLLBACK TO one; RELEASE one");
      return { error };
    }
  }

  private setDurability(durability: Durability): void {
    if (durability === this.synchronous) return;
    this.db.exec(`PRAGMA synchronous = ${durability === "entered" ? "FULL" : "NORMAL"}`);
    this.synchronous = durability;
  }

  private succeeded(): void {
    // A write to another page proves nothing about a damaged one: that stays told until the next start looks at all of it.
    if (this.problemWords !== null && !this.damaged) {
      this.logger.info({ file: this.file }, "The hub's database can be written again");
      this.problemWords = null;
      this.probeTimer?.cancel();
      this.probeTimer = undefined;
    }
    this.onCommit(this.synchronous);
    if (!this.closed) this.checkpointTimer ??= this.clock.after(CHECKPOINT_DELAY, () => this.checkpoint());
  }

  /** Something went wrong underneath, in a write or a read: `problem` tells it from now on, until writes go through again. */
  failed(error: unknown): void {
    const trouble = sqliteTrouble(error, this.file);
    if (trouble === "other") return;
    this.damaged ||= trouble === "damaged";
    const words = `Cannot write to ${this.file}: ${troubleWords(trouble, error)}`;
    if (this.problemWords === null) this.logger.error({ file: this.file, err: error }, words);
    this.problemWords = words;
    if (!this.closed && !this.damaged) this.probeTimer ??= this.clock.after(PROBE_INTERVAL, () => this.probe());
  }

  /** Writes and takes away 64 KiB, more than any one definition needs, so that "it goes again" is true for the next person too. */
  private probe(): void {
    this.probeTimer = undefined;
    const put = "INSERT OR REPLACE INTO probe (id, filler) VALUES (1, zeroblob(65536))";
    this.write("Cannot try the disk", () => this.db.exec(put))
      .then(() => this.write("Cannot try the disk", () => this.db.exec("DELETE FROM probe")))
      // `failed` has kept the reason and started the next try.
      .catch(() => {});
  }

  private checkpoint(): void {
    this.checkpointTimer = undefined;
    try {
      this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      // Nothing is lost: the log stays and is moved another time.
      this.logger.debug({ file: this.file, err: error }, "The database's log could not be moved into it");
    }
  }
}
