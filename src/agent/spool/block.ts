// The form in which lines are kept: blocks of whole lines as the service wrote them, each behind a header that also says how far
// the service's files are read by then. Data and place are one write, so neither is ever there without the other.
import { crc32 } from "node:zlib";
import type { OutputStream } from "../../contract/status.ts";

/** How far we are, after a block: in the service's files and in our own count. */
export interface Position {
  /** Grows each time the place is written apart from a block (files emptied, lines dropped); the higher one is newer. */
  epoch: number;
  /** Lines seen so far, dropped ones included: the number of the next line. */
  line: number;
  /** Bytes of those. */
  byte: number;
  /** Lines that were written into segments, and their bytes; the rest was dropped before. */
  keptLines: number;
  keptBytes: number;
  /** Bytes read of each file. */
  stdout: number;
  stderr: number;
}

/** Where every log begins. */
export const START: Position = { epoch: 0, line: 0, byte: 0, keptLines: 0, keptBytes: 0, stdout: 0, stderr: 0 };

/** What stands before the lines of one block. */
export interface BlockHeader {
  stream: OutputStream;
  /** The last line goes on in the stream's next block. */
  cut: boolean;
  bytes: number;
  lines: number;
  /** When it was read, Unix milliseconds. */
  time: number;
  /** The position before the block, but for the two file offsets, which are those after it. */
  start: Position;
}

/** A block with its lines. */
export interface Block extends BlockHeader {
  data: Buffer;
}

const MAGIC = 0x31624854;
const STREAMS: readonly OutputStream[] = ["stdout", "stderr", "tailherd"];
const CHECKED = 88;

/** Bytes of a header, and of the length that follows the data so that segments can be walked backwards. */
export const HEADER_BYTES = 92;
export const TRAILER_BYTES = 4;

/** Bytes of a block on disk. */
export function blockSize(header: Pick<BlockHeader, "bytes">): number {
  return HEADER_BYTES + header.bytes + TRAILER_BYTES;
}

/** Writes a header; the data follows, then the trailer. */
export function encodeHeader(header: BlockHeader): Buffer {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES);
  buffer.writeUInt32LE(MAGIC, 0);
  buffer.writeUInt16LE(STREAMS.indexOf(header.stream), 4);
  buffer.writeUInt16LE(header.cut ? 1 : 0, 6);
  buffer.writeUInt32LE(header.bytes, 8);
  buffer.writeUInt32LE(header.lines, 12);
  buffer.writeDoubleLE(header.time, 16);
  writePosition(buffer, 24, header.start);
  buffer.writeDoubleLE(0, 80);
  buffer.writeUInt32LE(crc32(buffer.subarray(0, CHECKED)), CHECKED);
  return buffer;
}

/** The length of the block that it ends. */
export function encodeTrailer(header: BlockHeader): Buffer {
  const buffer = Buffer.allocUnsafe(TRAILER_BYTES);
  buffer.writeUInt32LE(blockSize(header));
  return buffer;
}

/** Reads a header at `offset`; undefined when there is none, or a damaged one. */
export function decodeHeader(buffer: Buffer, offset: number): BlockHeader | undefined {
  if (buffer.length - offset < HEADER_BYTES || buffer.readUInt32LE(offset) !== MAGIC) return undefined;
  const stream = STREAMS[buffer.readUInt16LE(offset + 4)];
  if (stream === undefined) return undefined;
  if (crc32(buffer.subarray(offset, offset + CHECKED)) !== buffer.readUInt32LE(offset + CHECKED)) return undefined;
  return {
    stream,
    cut: buffer.readUInt16LE(offset + 6) === 1,
    bytes: buffer.readUInt32LE(offset + 8),
    lines: buffer.readUInt32LE(offset + 12),
    time: buffer.readDoubleLE(offset + 16),
    start: readPosition(buffer, offset + 24),
  };
}

/** The position after a block. */
export function positionAfter({ start, lines, bytes }: BlockHeader): Position {
  return {
    ...start,
    line: start.line + lines,
    byte: start.byte + bytes,
    keptLines: start.keptLines + lines,
    keptBytes: start.keptBytes + bytes,
  };
}

/** Bytes of an encoded position. */
export const POSITION_BYTES = 56;

/** Writes a position as seven doubles. */
export function writePosition(buffer: Buffer, offset: number, position: Position): void {
  const { epoch, line, byte, keptLines, keptBytes, stdout, stderr } = position;
  [epoch, line, byte, keptLines, keptBytes, stdout, stderr].forEach((value, index) => {
    buffer.writeDoubleLE(value, offset + index * 8);
  });
}

/** Reads what `writePosition` wrote. */
export function readPosition(buffer: Buffer, offset: number): Position {
  const value = (index: number): number => buffer.readDoubleLE(offset + index * 8);
  return {
    epoch: value(0),
    line: value(1),
    byte: value(2),
    keptLines: value(3),
    keptBytes: value(4),
    stdout: value(5),
    stderr: value(6),
  };
}
