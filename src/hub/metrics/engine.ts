// The metrics' database as one thing: opens it, takes log files in, seals, answers, drops; and when the file turns out to be damaged,
// sets it aside and goes on with an empty one. Runs in metrics-process.ts; each call is a slice of work, so that others come in between.
import type { DatabaseSync } from "node:sqlite";
import { HOUR, MINUTE } from "../../base/units.ts";
import { answer, type AnsweredSeries, type Question } from "./answer.ts";
import { hourKey, hourOf, Hours } from "./hours.ts";
import { isDamage, openMetricsDatabase, putAside, unavailable, UnavailableError } from "./metrics-database.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type { RetentionPolicy } from "./metrics-store.ts";
import { dropSome, forgetServer, oldestHour, usedBytes } from "./retention.ts";
import { readStream } from "./row-stream.ts";
import { seal, sealingTime, takeIn, topLists } from "./sealing.ts";
import { readSegment, type Segment } from "./segment-file.ts";

/** How long a list of processes answers for the time after it. */
const TOP_REACH = 5 * MINUTE;

/** What the database knows of itself. */
export interface EngineStats {
  bytes: number;
  samples: number;
  /** Unix milliseconds. */
  oldest: number | null;
  damaged: number;
  set_aside: string | null;
}

/** Synchronous but for reading log files. One call after the other. */
export class Engine {
  private readonly file: string;
  private readonly now: () => number;
  private hours: Hours;
  private damagedBefore = 0;
  private setAside: string | null;

  /** Opens or makes the file; throws when the disk or another process does not allow it. */
  constructor(options: { file: string; now: () => number }) {
    this.file = options.file;
    this.now = options.now;
    const { db, setAside } = openMetricsDatabase(this.file, this.now());
    this.setAside = setAside;
    try {
      this.hours = new Hours(db);
    } catch (error) {
      if (!isDamage(error, this.file)) throw error;
      this.hours = this.beginAnew(db);
    }
  }

  /** Takes a log file into the database. */
  async takeIn(path: string): Promise<void> {
    const segment = await readSegment(path);
    this.guard((hours) => takeIn(hours, segment, (server) => forgetServer(hours, server)));
  }

  /** Seals what is due, for at most `budget` milliseconds; tells when the next is due (Unix ms), null = nothing waits. */
  sealDue(now: number, budget: number): number | null {
    const end = performance.now() + budget;
    let next: number | null = null;
    for (const [key, parts] of this.hours.pending) {
      const due = sealingTime(key, parts);
      if (due > now || performance.now() > end) next = Math.min(next ?? Infinity, due);
      else this.guard((hours) => seal(hours, key));
    }
    return next;
  }

  /** `files`: log files that hold more of the streams than the question brings. */
  async query(question: Question, files: readonly string[] = []): Promise<AnsweredSeries[]> {
    const tails = new Map(question.tails);
    for (const file of files) {
      const { streams } = await readSegment(file).catch(missing);
      for (const server of question.query.servers) {
        const bytes = streams.get(server);
        if (bytes !== undefined) tails.set(server, [...(tails.get(server) ?? []), bytes]);
      }
    }
    return this.guard((hours) => answer(hours, { ...question, tails }));
  }

  /** The latest list of processes of the 5 minutes up to `at`; `streams` are those of the server that only the log has. */
  topAt(server: string, at: number, streams: Uint8Array[]): TopProcesses | undefined {
    return this.guard((hours) => {
      const number = hours.servers.find(server);
      const wanted = [...new Set([hourOf(at - TOP_REACH), hourOf(at)])];
      const stored = wanted.flatMap((hour) => {
        if (number === undefined) return [];
        const key = hourKey(hour, number);
        return topLists(hours, hours.hour(key), hours.parts(key));
      });
      return [...stored, ...streams.flatMap((bytes) => readStream(bytes, () => false).tops)]
        .filter((list) => list.at <= at && list.at >= at - TOP_REACH)
        .reduce<TopProcesses | undefined>(
          (best, list) => (best === undefined || list.at > best.at ? list : best),
          undefined,
        );
    });
  }

  /** Drops some of what the policy does not keep; true when there may be more. */
  drop(policy: RetentionPolicy, now: number): boolean {
    return this.guard((hours) => dropSome(hours, policy, now));
  }

  forget(server: string): void {
    this.guard((hours) => hours.transaction(() => forgetServer(hours, server)));
  }

  stats(): EngineStats {
    return this.guard((hours) => {
      const counted = (table: string): number =>
        Number(hours.db.prepare(`SELECT coalesce(sum(samples), 0) AS n FROM ${table}`).get()?.n);
      const oldest = oldestHour(hours);
      return {
        bytes: usedBytes(hours),
        samples: counted("hour") + counted("part"),
        oldest: oldest === undefined ? null : oldest * HOUR,
        damaged: this.damagedBefore + hours.damaged,
        set_aside: this.setAside,
      };
    });
  }

  close(): void {
    this.hours.db.close();
  }

  /** Runs `act`; when the file is damaged, once more on an empty one. */
  private guard<T>(act: (hours: Hours) => T): T {
    try {
      return act(this.hours);
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      if (!isDamage(error, this.file)) {
        // Names given in a transaction that was taken back are not in the file.
        this.use(new Hours(this.hours.db));
        throw unavailable(error, `Cannot use the metrics ${this.file}`, this.file);
      }
    }
    this.use(this.beginAnew(this.hours.db));
    return act(this.hours);
  }

  private use(hours: Hours): void {
    this.damagedBefore += this.hours.damaged;
    this.hours = hours;
  }

  private beginAnew(damaged: DatabaseSync): Hours {
    damaged.close();
    this.setAside = putAside(this.file, this.now());
    return new Hours(openMetricsDatabase(this.file, this.now()).db);
  }
}

/** A log file that is gone has been taken into the database meanwhile. */
function missing(error: NodeJS.ErrnoException): Segment {
  if (error.code !== "ENOENT") throw error;
  return { streams: new Map(), forgotten: new Set(), damaged: false };
}
