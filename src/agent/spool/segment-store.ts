// The files that hold an instance's blocks: appended to, rotated, and deleted oldest first to stay within the quota. Nothing here
// is fsynced: output survives our death (the page cache does), and after a power loss the last seconds of it may be missing.
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writevSync,
} from "node:fs";
import { join } from "node:path";
import { KIB, MIB } from "../../base/units.ts";
import {
  blockSize,
  decodeHeader,
  encodeHeader,
  encodeTrailer,
  HEADER_BYTES,
  positionAfter,
  TRAILER_BYTES,
} from "./block.ts";
import type { BlockHeader, Position } from "./block.ts";
import { Marks } from "./marks.ts";

/** One file of blocks. */
export interface Segment {
  readonly file: string;
  /** Number of its first line; also its name. */
  readonly firstLine: number;
  /** Position before its first block; what was kept up to there tells what is dropped with the segments before. */
  readonly start: Position;
  readonly marks: Marks;
  /** Bytes of whole blocks. */
  size: number;
}

const SUFFIX = ".seg";
const SCAN_WINDOW = 256 * KIB;
const SEGMENTS_IN_QUOTA = 8;
/** As in definitions; a block, of which eight must fit, has to hold more than the longest line. */
const MIN_QUOTA = 1 * MIB;

/** The segments of one instance, oldest first; the last one is written to. */
export class SegmentStore {
  private readonly dir: string;
  private quota = MIN_QUOTA;
  private list: Segment[] = [];
  private total = 0;
  private fd: number | undefined;

  constructor(dir: string, maxSize: number) {
    this.dir = dir;
    this.resize(maxSize);
  }

  get segments(): readonly Segment[] {
    return this.list;
  }

  /** Largest block that `append` should be given. */
  get blockLimit(): number {
    return Math.min(this.segmentSize, 256 * KIB) - HEADER_BYTES - TRAILER_BYTES;
  }

  resize(maxSize: number): void {
    this.quota = Math.max(MIN_QUOTA, maxSize);
  }

  /**
   * Finds the segments and cuts off a torn end; answers the position after the last whole block. `hint` is a place in a segment
   * before which everything is known to be whole.
   */
  load(hint?: { segment: number; size: number }): Position | undefined {
    const names = readdirSync(this.dir).filter((name) => name.endsWith(SUFFIX));
    const firstLines = names.map((name) => Number(name.slice(0, -SUFFIX.length))).sort((a, b) => a - b);
    let position: Position | undefined;
    // Newest first: an empty or damaged last segment leaves the one before as the end.
    for (const firstLine of firstLines.reverse()) {
      const file = this.fileOf(firstLine);
      const start = readStart(file);
      if (start === undefined) {
        unlinkSync(file);
        continue;
      }
      const from = position === undefined && hint?.segment === firstLine ? hint.size : 0;
      const { size, last } = position === undefined ? cutTornEnd(file, from) : { size: sizeOf(file), last: undefined };
      if (size === 0) {
        unlinkSync(file);
        continue;
      }
      if (last !== undefined) position = positionAfter(last);
      this.list.unshift({ file, firstLine, start, marks: new Marks(), size });
      this.total += size;
    }
    return position;
  }

  /** Appends one block. Throws what the filesystem throws; nothing of the block is kept then. */
  append(header: BlockHeader, data: Buffer): void {
    const size = blockSize(header);
    const segment = this.segmentFor(header.start, size);
    this.fd ??= openSync(segment.file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      const written = writevSync(this.fd, [encodeHeader(header), data, encodeTrailer(header)], segment.size);
      if (written !== size) throw Object.assign(new Error("write: no space left on device"), { code: "ENOSPC" });
    } catch (error) {
      this.undo(segment);
      throw error;
    }
    if (segment.size === 0) this.list.push(segment);
    segment.marks.note(header.start.line, segment.size);
    segment.size += size;
    this.total += size;
  }

  /** Bytes by which what is kept, and `unread` bytes that shall be, are more than the quota. */
  excess(unread: number): number {
    return Math.max(0, this.total + unread - this.quota);
  }

  /** Deletes the oldest segments until the rest and `incoming` bytes fit the quota; answers what went with them. */
  enforceQuota(incoming = 0): { lines: number; bytes: number } {
    const before = this.list[0]?.start;
    while (this.excess(incoming) > 0 && this.list.length > 1) {
      const oldest = this.list.shift();
      if (oldest === undefined) break;
      this.total -= oldest.size;
      unlinkIfThere(oldest.file);
    }
    const after = this.list[0]?.start;
    if (before === undefined || after === undefined) return { lines: 0, bytes: 0 };
    return { lines: after.keptLines - before.keptLines, bytes: after.keptBytes - before.keptBytes };
  }

  /** Lets go of the descriptor until the next append. */
  rest(): void {
    if (this.fd !== undefined) closeSync(this.fd);
    this.fd = undefined;
  }

  private get segmentSize(): number {
    return Math.min(Math.floor(this.quota / SEGMENTS_IN_QUOTA), 8 * MIB);
  }

  private segmentFor(start: Position, size: number): Segment {
    const last = this.list.at(-1);
    if (last !== undefined && last.size + size <= this.segmentSize) return last;
    this.rest();
    return { file: this.fileOf(start.line), firstLine: start.line, start, marks: new Marks(), size: 0 };
  }

  private undo(segment: Segment): void {
    try {
      if (this.fd !== undefined) ftruncateSync(this.fd, segment.size);
    } catch {
      // The next append writes over it, and `load` would cut it off.
    }
    this.rest();
    if (segment.size === 0) unlinkIfThere(segment.file);
  }

  private fileOf(firstLine: number): string {
    return join(this.dir, `${String(firstLine).padStart(16, "0")}${SUFFIX}`);
  }
}

function unlinkIfThere(file: string): void {
  try {
    unlinkSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

function readStart(file: string): Position | undefined {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const buffer = Buffer.alloc(HEADER_BYTES);
    readSync(fd, buffer, 0, HEADER_BYTES, 0);
    return decodeHeader(buffer, 0)?.start;
  } finally {
    closeSync(fd);
  }
}

function sizeOf(file: string): number {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return fstatSync(fd).size;
  } finally {
    closeSync(fd);
  }
}

/** Walks whole blocks from `from` on; truncates the file behind the last of them. */
function cutTornEnd(file: string, from: number): { size: number; last: BlockHeader | undefined } {
  const fd = openSync(file, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const total = fstatSync(fd).size;
    let last = from > 0 && from <= total ? lastBlock(fd, from) : undefined;
    let offset = last === undefined ? 0 : from;
    const buffer = Buffer.allocUnsafe(Math.min(SCAN_WINDOW, Math.max(HEADER_BYTES, total - offset)));
    let start = offset;
    let length = readSync(fd, buffer, 0, buffer.length, start);
    for (;;) {
      if (offset + HEADER_BYTES > start + length) {
        start = offset;
        length = readSync(fd, buffer, 0, buffer.length, start);
      }
      const header = decodeHeader(buffer.subarray(0, length), offset - start);
      if (header === undefined || offset + blockSize(header) > total) break;
      last = header;
      offset += blockSize(header);
    }
    if (offset < total) ftruncateSync(fd, offset);
    return { size: offset, last };
  } finally {
    closeSync(fd);
  }
}

function lastBlock(fd: number, end: number): BlockHeader | undefined {
  const trailer = Buffer.alloc(TRAILER_BYTES);
  readSync(fd, trailer, 0, TRAILER_BYTES, end - TRAILER_BYTES);
  const start = end - trailer.readUInt32LE(0);
  if (start < 0) return undefined;
  const buffer = Buffer.alloc(HEADER_BYTES);
  readSync(fd, buffer, 0, HEADER_BYTES, start);
  const header = decodeHeader(buffer, 0);
  return header !== undefined && start + blockSize(header) === end ? header : undefined;
}
