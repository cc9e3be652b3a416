// What the hub has not confirmed yet: numbered entries in segment files, appended when they happen, deleted when they are confirmed.
// They outlive the agent. Bounded by bytes and age; what is dropped shows as a gap in the numbers, which is told as such.
//
// Not fsynced: the page cache outlives us, and a power cut may cost the last seconds of what happened before it.
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { HOUR, MIB } from "../../base/units.ts";
import type { JournalEntry, JournalRecord } from "../../contract/link.ts";
import type { Logger } from "../../runtime/logger.ts";
import { systemWords } from "../supervisor/system-words.ts";

/** P10: 24 h or 64 MB. */
const MAX_BYTES = 64 * MIB;
const MAX_AGE = 24 * HOUR;
const SEGMENT_BYTES = 256 * 1024;
/** Entries kept in memory beside the disk: in normal times nothing is ever read back. */
const TAIL = 200;
/** The segment that is written is deleted only from this size on: a file made anew for each entry would cost more than it saves. */
const WORTH_DELETING = 64 * 1024;
const SEGMENT = /^(\d{12})\.jsonl$/;

export interface JournalOptions {
  directory: string;
  clock: Clock;
  logger: Logger;
  /** For tests; defaults are the promise's. */
  maxBytes?: number;
  maxAge?: number;
  segmentBytes?: number;
}

/** Entries `first` to `last` in one file. */
interface Segment {
  first: number;
  last: number;
  path: string;
  bytes: number;
  /** When its last entry was written, Unix milliseconds. */
  writtenAt: number;
}

export class Journal {
  /** Told apart from a journal that was lost and begun anew. */
  readonly id: string;
  /** It was begun now: what one before it may have held is not known. */
  isNew = false;
  private readonly options: Required<JournalOptions>;
  private segments: Segment[] = [];
  private file: number | undefined;
  private tail: JournalEntry[] = [];
  private last: number;
  private confirmedTo: number;
  /** Entries that could not be written, so that a full disk is told once. */
  private failing = false;

  /** Opens what the agent before left. Damaged lines are entries lost: the numbers around them show it. */
  constructor(options: JournalOptions) {
    this.options = { maxBytes: MAX_BYTES, maxAge: MAX_AGE, segmentBytes: SEGMENT_BYTES, ...options };
    const { directory } = options;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const { segments, damaged } = readSegments(directory);
    this.segments = segments;
    // Numbers may have been lost with what is damaged: under the same name, new entries would pass for ones that the hub has.
    this.id = this.openId(damaged);
    this.last = Math.max(this.segments.at(-1)?.last ?? 0, readMark(directory));
    this.confirmedTo = (this.segments[0]?.first ?? this.last + 1) - 1;
    this.drop();
  }

  /** Numbers an entry and keeps it; its number. Never throws: what the disk does not take is kept in memory as far as it goes. */
  append(record: JournalRecord): number {
    this.last += 1;
    const entry = { ...record, seq: this.last };
    this.tail.push(entry);
    this.write(entry);
    if (this.tail.length > TAIL) this.tail.shift();
    return this.last;
  }

  /** The number of the newest entry. */
  get newest(): number {
    return this.last;
  }

  get confirmed(): number {
    return this.confirmedTo;
  }

  /** The oldest entries after `after`, at most `limit` of them and about `bytes`; a gap in the numbers comes as an entry `dropped`. */
  read(after: number, limit: number, bytes: number): JournalEntry[] {
    const from = Math.max(after, this.confirmedTo);
    if (from >= this.last) return [];
    const inMemory = (this.tail[0]?.seq ?? Number.POSITIVE_INFINITY) <= from + 1;
    const found = inMemory ? this.tail.filter(({ seq }) => seq > from) : this.readBack(from, limit);
    const [first] = found;
    const entries: JournalEntry[] = [];
    const missing = (first?.seq ?? this.last + 1) - from - 1;
    if (missing > 0) entries.push(droppedEntry(from + missing, missing));
    let size = 0;
    let previous = from + missing;
    for (const entry of found.slice(0, limit)) {
      if (entry.seq !== previous + 1) entries.push(droppedEntry(entry.seq - 1, entry.seq - previous - 1));
      size += JSON.stringify(entry).length;
      if (size > bytes && entries.length > 0) break;
      entries.push(entry);
      previous = entry.seq;
    }
    return entries;
  }

  /** The hub has everything up to `seq`: it need not be kept. */
  confirm(seq: number): void {
    if (seq <= this.confirmedTo) return;
    this.confirmedTo = Math.min(seq, this.last);
    this.tail = this.tail.filter((entry) => entry.seq > this.confirmedTo);
    const open = this.segments.at(-1);
    const done = this.segments.filter(
      (segment) => segment.last <= this.confirmedTo && (segment !== open || segment.bytes >= WORTH_DELETING),
    );
    if (done.length > 0) this.forget(done);
  }

  close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private write(entry: JournalEntry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`);
    const { clock, logger, segmentBytes } = this.options;
    try {
      let segment = this.segments.at(-1);
      if (this.file === undefined || segment === undefined || segment.bytes >= segmentBytes)
        segment = this.begin(entry.seq);
      if (this.file === undefined) return;
      writeSync(this.file, line);
      segment.last = entry.seq;
      segment.bytes += line.length;
      segment.writtenAt = clock.now();
      this.failing = false;
    } catch (error) {
      if (!this.failing)
        logger.error({ error: systemWords(error) }, "cannot write the journal; what happens now may be lost");
      this.failing = true;
    }
  }

  private begin(first: number): Segment {
    this.close();
    const { directory, clock } = this.options;
    const path = join(directory, `${String(first).padStart(12, "0")}.jsonl`);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;
    this.file = openSync(path, flags, 0o600);
    const segment: Segment = { first, last: first - 1, path, bytes: 0, writtenAt: clock.now() };
    this.segments.push(segment);
    this.drop();
    return segment;
  }

  /** Drops what is too old or too much; the open segment stays. */
  private drop(): void {
    const { maxBytes, maxAge, clock, logger } = this.options;
    const old = clock.now() - maxAge;
    let total = this.segments.reduce((sum, { bytes }) => sum + bytes, 0);
    const dropped: Segment[] = [];
    for (const segment of this.segments.slice(0, -1)) {
      if (total <= maxBytes && segment.writtenAt >= old) break;
      total -= segment.bytes;
      dropped.push(segment);
    }
    if (dropped.length === 0) return;
    const entries = dropped.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    const gone = dropped.at(-1)?.last ?? 0;
    this.tail = this.tail.filter(({ seq }) => seq > gone);
    logger.warn({ entries }, "the journal is full; its oldest entries are dropped");
    this.forget(dropped);
  }

  /** Deletes segments; the newest number outlives them in the mark. */
  private forget(segments: Segment[]): void {
    for (const segment of segments) {
      if (segment === this.segments.at(-1)) {
        this.close();
        // Without it the numbers could begin anew; then the file stays until the next one is full.
        if (!this.mark()) return;
      }
      rmSync(segment.path, { force: true });
    }
    this.segments = this.segments.filter((segment) => !segments.includes(segment));
  }

  private mark(): boolean {
    const { directory, logger } = this.options;
    try {
      writeMark(directory, this.last);
      return true;
    } catch (error) {
      logger.warn({ error: systemWords(error) }, "cannot note how far the journal came");
      return false;
    }
  }

  private readBack(after: number, limit: number): JournalEntry[] {
    const found: JournalEntry[] = [];
    for (const segment of this.segments) {
      if (segment.last <= after) continue;
      found.push(...readEntries(segment.path).filter(({ seq }) => seq > after));
      if (found.length >= limit) break;
    }
    return found;
  }

  private openId(anew: boolean): string {
    const path = join(this.options.directory, "id");
    const kept = readText(path)?.trim();
    if (!anew && kept !== undefined && /^[0-9a-f-]{36}$/.test(kept)) return kept;
    const id = crypto.randomUUID();
    this.isNew = true;
    const file = openSync(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      0o600,
    );
    writeSync(file, `${id}\n`);
    closeSync(file);
    return id;
  }
}

function droppedEntry(seq: number, entries: number): JournalEntry {
  return { kind: "dropped", seq, entries, reason: "the journal was full, too old or damaged" };
}

function readSegments(directory: string): { segments: Segment[]; damaged: boolean } {
  const segments: Segment[] = [];
  let damaged = false;
  for (const name of readdirSync(directory)
    .filter((name) => SEGMENT.test(name))
    .toSorted()) {
    const path = join(directory, name);
    const lines = readLines(path);
    damaged ||= lines.slice(0, -1).some((line) => parse(line) === undefined);
    const last = lines.flatMap((line) => parse(line) ?? []).at(-1)?.seq;
    const { size, mtimeMs } = statSync(path);
    if (last === undefined) rmSync(path, { force: true });
    else segments.push({ first: Number(SEGMENT.exec(name)?.[1]), last, path, bytes: size, writtenAt: mtimeMs });
  }
  return { segments, damaged };
}

/** Lines that are whole; a torn last one was never told to anybody. */
function readEntries(path: string): JournalEntry[] {
  return readLines(path).flatMap((line) => parse(line) ?? []);
}

/** The last one is empty, or torn. */
function readLines(path: string): string[] {
  return (readText(path) ?? "").split("\n");
}

function parse(line: string): JournalEntry | undefined {
  try {
    const entry = JSON.parse(line) as JournalEntry | null;
    return Number.isSafeInteger(entry?.seq) ? (entry ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** The newest number ever given, where no segment says it. */
function readMark(directory: string): number {
  const mark = Number(readText(join(directory, "newest")) ?? 0);
  return Number.isSafeInteger(mark) && mark > 0 ? mark : 0;
}

function writeMark(directory: string, newest: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = openSync(join(directory, "newest"), flags, 0o600);
  writeSync(file, `${newest}\n`, 0);
  closeSync(file);
}
