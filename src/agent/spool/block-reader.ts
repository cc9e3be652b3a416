// Walks the kept blocks from any line, newest first or oldest first: in memory where they are, else from the segments in windows.
import { open, type FileHandle } from "node:fs/promises";
import { KIB } from "../../base/units.ts";
import { blockSize, decodeHeader, HEADER_BYTES, TRAILER_BYTES, type Block } from "./block.ts";
import type { Recent } from "./recent.ts";
import type { Segment, SegmentStore } from "./segment-store.ts";

/** Twice the largest block, so that a whole one is always in a window. */
const WINDOW = 512 * KIB;
/** The first window of a walk; most walks end in it. */
const FIRST_WINDOW = 64 * KIB;

/** Reads blocks while the collector appends and deletes; a segment deleted meanwhile is passed over. */
export class BlockReader {
  private readonly segments: SegmentStore;
  private readonly recent: Recent;

  constructor(segments: SegmentStore, recent: Recent) {
    this.segments = segments;
    this.recent = recent;
  }

  /** Blocks that hold lines before `line`, newest first. */
  async *backward(line: number): AsyncGenerator<Block> {
    const recent = this.recent.blocks;
    const snapshot = this.snapshot();
    let bound = line;
    for (const block of [...recent].reverse()) {
      if (block.start.line >= bound) continue;
      bound = block.start.line;
      yield block;
    }
    for (const segment of snapshot.reverse()) {
      if (segment.firstLine >= bound) continue;
      for await (const block of walkBackward(segment, bound)) if (block.start.line < bound) yield block;
    }
  }

  /** Blocks that hold line `line` or later ones, oldest first. */
  async *forward(line: number): AsyncGenerator<Block> {
    const recent = [...this.recent.blocks];
    const first = recent[0];
    if (first !== undefined && first.start.line <= line) {
      yield* recent.filter((block) => block.start.line + block.lines > line);
      return;
    }
    const snapshot = this.snapshot();
    for (const [index, segment] of snapshot.entries()) {
      const next = snapshot[index + 1];
      if (next !== undefined && next.firstLine <= line) continue;
      for await (const block of walkForward(segment, line)) if (block.start.line + block.lines > line) yield block;
    }
  }

  /** Sizes as of now: what is appended during a walk is not part of it. */
  private snapshot(): Segment[] {
    return this.segments.segments.map((segment) => ({ ...segment }));
  }
}

/** Blocks oldest first, from near `line` on. */
async function* walkForward({ file, size, marks }: Segment, line: number): AsyncGenerator<Block> {
  await using handle = await openIfThere(file);
  if (handle === undefined) return;
  let offset = marks.startFor(line);
  let wanted = FIRST_WINDOW;
  while (offset < size) {
    const window = await readWindow(handle, offset, Math.min(size, offset + wanted));
    let at = 0;
    for (let header = decodeHeader(window, at); header !== undefined; header = decodeHeader(window, at)) {
      const end = at + blockSize(header);
      if (end > window.length) break;
      marks.note(header.start.line, offset + at);
      yield { ...header, data: window.subarray(at + HEADER_BYTES, end - TRAILER_BYTES) };
      at = end;
    }
    if (at === 0 && wanted === WINDOW) return;
    offset += at;
    wanted = Math.min(WINDOW, 2 * wanted);
  }
}

/** Blocks newest first, from near `line` on. */
async function* walkBackward({ file, size, marks }: Segment, line: number): AsyncGenerator<Block> {
  await using handle = await openIfThere(file);
  if (handle === undefined) return;
  let end = marks.endFor(line, size);
  let wanted = FIRST_WINDOW;
  while (end > 0) {
    const start = Math.max(0, end - wanted);
    const window = await readWindow(handle, start, end);
    let at = window.length;
    while (at >= TRAILER_BYTES) {
      const begin = at - window.readUInt32LE(at - TRAILER_BYTES);
      const header = begin < 0 ? undefined : decodeHeader(window, begin);
      if (header === undefined) break;
      marks.note(header.start.line, start + begin);
      yield { ...header, data: window.subarray(begin + HEADER_BYTES, at - TRAILER_BYTES) };
      at = begin;
    }
    if (at === window.length && wanted === WINDOW) return;
    end = start + at;
    wanted = Math.min(WINDOW, 2 * wanted);
  }
}

async function readWindow(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(end - start);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, start);
  return buffer.subarray(0, bytesRead);
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
