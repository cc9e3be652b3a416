// What has come and is not in the database yet: in memory for queries, and the same bytes in log files, so that our death costs
// the last seconds only. Files are written by Node's thread pool; the event loop never waits for a disk here.
import { mkdir, open, readdir, rm, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Timer } from "../../base/clock.ts";
import { HOUR, KIB, MIB, SECOND } from "../../base/units.ts";
import type { Logger } from "../../runtime/logger.ts";
import { sqliteTrouble, troubleWords } from "../store/sqlite-trouble.ts";
import { RowStream } from "./row-stream.ts";
import { encodeFrame, type LogEntry } from "./segment-file.ts";

/** A file and what is in it; the youngest one grows, the others wait to be taken into the database. */
interface Generation {
  path: string;
  streams: Map<string, RowStream>;
  /** Unix ms of the first entry. */
  since: number;
  handle: FileHandle | undefined;
  /** Bytes written and acknowledged; a frame that failed is written over. */
  offset: number;
  /** Nothing is added to it any more. */
  ended: boolean;
  /** Bytes in memory. */
  bytes: number;
  /** Servers whose streams have grown since they were written, and those forgotten since. */
  dirty: Set<string>;
  forgotten: LogEntry[];
}

/** Half of what our death may cost (10 s): a write may take as long again. */
const FLUSH_INTERVAL = 5 * SECOND;
/** A log this long is taken into the database: reading it at each query of many servers would be slow. */
const ROTATE_BYTES = 4 * MIB;
/** But not before it holds more than the names of series, which each file tells anew for each server. */
const ROTATE_BYTES_PER_SERVER = 4 * KIB;
const ROTATE_AGE = HOUR;
/** Servers in one frame, so that making it holds the event loop for a few milliseconds only. */
const FRAME_SERVERS = 500;
/** What waits in memory at most while the disk takes nothing. */
const MAX_MEMORY = 64 * MIB;
const NAME = /^samples-(\d+)\.log$/;

/** Not a state machine; `problem` is null while the disk takes what is written. */
export class SampleLog {
  private readonly dir: string;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private generations: Generation[] = [];
  private number = 0;
  private bytes = 0;
  private timer: Timer | undefined;
  private writing: Promise<void> = Promise.resolve();
  private closed = false;
  /** Why the log cannot be written, in words. */
  problem: string | null = null;

  private constructor(options: { dir: string; clock: Clock; logger: Logger }) {
    this.dir = options.dir;
    this.clock = options.clock;
    this.logger = options.logger;
  }

  /** Opens the log in a directory, made if need be; what an earlier process left there is `waiting`. */
  static async open(options: { dir: string; clock: Clock; logger: Logger }): Promise<SampleLog> {
    const log = new SampleLog(options);
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    const numbers = (await readdir(options.dir)).flatMap((name) => NAME.exec(name)?.[1] ?? []).map(Number);
    for (const number of numbers.sort((a, b) => a - b)) log.begin(number, true);
    // Open from the start: later, when descriptors are scarce (P9), it would take one that a connection needs.
    const growing = log.grow();
    growing.handle = await open(growing.path, "w", 0o600).catch(() => undefined);
    return log;
  }

  /** Files to take into the database, oldest first; none that is younger than one which is not yet written. */
  get waiting(): string[] {
    const first = this.generations.findIndex((generation) => !generation.ended || isDirty(generation));
    return this.generations.slice(0, first === -1 ? undefined : first).map(({ path }) => path);
  }

  /** The server's stream that grows; undefined when no more fits into memory. Call `grew` after adding to it. */
  stream(server: string): RowStream | undefined {
    if (this.bytes > MAX_MEMORY) return undefined;
    const { streams } = this.grow();
    let stream = streams.get(server);
    if (stream === undefined) streams.set(server, (stream = new RowStream()));
    return stream;
  }

  /** The server's stream has grown by so many bytes. */
  grew(server: string, bytes: number): void {
    const generation = this.grow();
    generation.bytes += bytes;
    generation.dirty.add(server);
    this.bytes += bytes;
    this.schedule();
  }

  /** Whether the growing file has become long or old. */
  get isDue(): boolean {
    const growing = this.growing;
    if (growing === undefined) return false;
    const long = Math.max(ROTATE_BYTES, growing.streams.size * ROTATE_BYTES_PER_SERVER);
    return growing.bytes >= long || this.clock.now() - growing.since >= ROTATE_AGE;
  }

  /** Ends the growing file, so that it waits too, once it is written. */
  async rotate(): Promise<void> {
    const growing = this.growing;
    if (growing !== undefined) growing.ended = true;
    await this.flush();
  }

  /** A file is in the database: it is deleted, here and on the disk. */
  async taken(path: string): Promise<void> {
    const generation = this.generations.find((each) => each.path === path);
    if (generation === undefined) return;
    this.generations = this.generations.filter((each) => each !== generation);
    this.bytes -= generation.bytes;
    await rm(path, { force: true });
  }

  /** What of a server is only here, oldest first. */
  tails(server: string): Uint8Array<ArrayBuffer>[] {
    return this.generations.flatMap(({ streams }) => streams.get(server)?.bytes() ?? []);
  }

  /** How many bytes `tails` of these servers would be. */
  tailBytes(servers: readonly string[]): number {
    let bytes = 0;
    for (const { streams } of this.generations) for (const server of servers) bytes += streams.get(server)?.length ?? 0;
    return bytes;
  }

  /** All files that hold what is not in the database. */
  get files(): string[] {
    return this.generations.map(({ path }) => path);
  }

  forget(server: string): void {
    for (const generation of this.generations) {
      const bytes = generation.streams.get(server)?.length ?? 0;
      generation.bytes -= bytes;
      this.bytes -= bytes;
      generation.streams.delete(server);
      generation.dirty.delete(server);
    }
    // The files hold it still, and would bring it back.
    this.grow().forgotten.push({ kind: "forget", server_id: server });
    this.schedule();
  }

  /** Resolves when all that came before is on the disk, or the disk has refused it (`problem`). */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.flush();
    for (const { handle } of this.generations) await handle?.close();
  }

  private get growing(): Generation | undefined {
    const last = this.generations.at(-1);
    return last?.ended === false ? last : undefined;
  }

  private grow(): Generation {
    return this.growing ?? this.begin(this.number + 1, false);
  }

  private begin(number: number, ended: boolean): Generation {
    this.number = number;
    const generation: Generation = {
      path: join(this.dir, `samples-${String(number).padStart(6, "0")}.log`),
      streams: new Map(),
      since: this.clock.now(),
      handle: undefined,
      offset: 0,
      ended,
      bytes: 0,
      dirty: new Set(),
      forgotten: [],
    };
    this.generations.push(generation);
    return generation;
  }

  private schedule(): void {
    if (this.closed) return;
    this.timer ??= this.clock.after(FLUSH_INTERVAL, () => {
      this.timer = undefined;
      void this.flush();
    });
  }

  private async write(): Promise<void> {
    for (const generation of this.generations) {
      if (isDirty(generation)) await this.writeGrown(generation);
      if (generation.ended && !isDirty(generation)) {
        await generation.handle?.close();
        generation.handle = undefined;
      }
    }
    if (this.generations.some(isDirty)) this.schedule();
  }

  private async writeGrown(generation: Generation): Promise<void> {
    try {
      generation.handle ??= await open(generation.path, "w", 0o600);
      // What grows meanwhile is for the next time.
      for (let left = generation.dirty.size; left > 0 || generation.forgotten.length > 0; left -= FRAME_SERVERS) {
        await this.writeFrame(generation, generation.handle);
      }
      await generation.handle.datasync();
      if (this.problem !== null) this.logger.info({ file: generation.path }, "Samples can be written again");
      this.problem = null;
    } catch (error) {
      this.failed(error, generation.path);
    }
  }

  /** Writes how some servers have grown. A frame that failed is made anew, and written over what it left. */
  private async writeFrame(generation: Generation, handle: FileHandle): Promise<void> {
    const { forgotten, offset } = generation;
    const servers = [...generation.dirty].slice(0, FRAME_SERVERS);
    const entries = [...forgotten];
    const grown: { stream: RowStream; length: number }[] = [];
    for (const server of servers) {
      generation.dirty.delete(server);
      const stream = generation.streams.get(server);
      if (stream === undefined) continue;
      entries.push({ kind: "bytes", server_id: server, bytes: stream.bytes(stream.written) });
      grown.push({ stream, length: stream.length });
    }
    generation.forgotten = [];
    const frame = encodeFrame(entries);
    try {
      await writeAll(handle, frame, offset);
    } catch (error) {
      for (const server of servers) generation.dirty.add(server);
      generation.forgotten = [...forgotten, ...generation.forgotten];
      throw error;
    }
    generation.offset = offset + frame.length;
    for (const { stream, length } of grown) stream.written = length;
  }

  private failed(error: unknown, path: string): void {
    const words = `Cannot write samples to ${path}: ${troubleWords(sqliteTrouble(error, path), error)}`;
    if (this.problem === null) this.logger.error({ file: path, err: error }, words);
    this.problem = words;
  }
}

function isDirty({ dirty, forgotten }: Generation): boolean {
  return dirty.size > 0 || forgotten.length > 0;
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
