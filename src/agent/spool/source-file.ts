// One of the two files a service appends to: reads on from where we are, and knows when somebody emptied it.
import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, readSync } from "node:fs";
import { KIB } from "../../base/units.ts";

const REUSE_FROM = 16 * KIB;

/** The streams of a service, each a file of its own. */
export type FileStream = "stdout" | "stderr";

/** A file that grows at its end while we read behind. */
export class SourceFile {
  readonly file: string;
  /** Bytes taken into segments (or counted as dropped). */
  offset: number;
  /** Bytes behind `offset` that are no whole line yet, when last looked at. */
  unfinished = 0;
  private fd: number | undefined;
  private buffer: Buffer | undefined;

  constructor(file: string, offset: number) {
    this.file = file;
    this.offset = offset;
  }

  /** Makes the file when missing; answers whether it did. */
  ensure(): boolean {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    try {
      closeSync(openSync(this.file, flags, 0o600));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      return false;
    }
  }

  size(): number {
    // Mostly a look at a file that has nothing new, and is not open.
    return this.fd === undefined ? lstatSync(this.file).size : fstatSync(this.fd).size;
  }

  /** Up to `limit` bytes from `offset` on, of a file of `size`; valid until the next read. */
  read(limit: number, size: number): Buffer {
    const buffer = this.bufferFor(Math.min(limit, size - this.offset));
    return buffer.subarray(0, readSync(this.open(), buffer, 0, buffer.length, this.offset));
  }

  /** Empties the file; the writers append, so they go on at its start. */
  truncate(): void {
    ftruncateSync(this.open(), 0);
  }

  /** Lets go of the descriptor until the next use. */
  rest(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
    this.buffer = undefined;
  }

  /** One large buffer for a burst: a new one for each read of a flood would pile up faster than it is collected. */
  private bufferFor(length: number): Buffer {
    if (length < REUSE_FROM) return Buffer.allocUnsafe(length);
    if (this.buffer === undefined || this.buffer.length < length) this.buffer = Buffer.allocUnsafe(length);
    return this.buffer.subarray(0, length);
  }

  private open(): number {
    this.fd ??= openSync(this.file, constants.O_RDWR | constants.O_NOFOLLOW);
    return this.fd;
  }
}
