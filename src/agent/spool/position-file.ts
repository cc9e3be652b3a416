// Remembers the position where no block says it: after files were emptied or lines dropped. Two slots written in turn, in place,
// so that a torn write leaves the older one and a full disk does not matter.
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { crc32 } from "node:zlib";
import { POSITION_BYTES, readPosition, START, writePosition, type Position } from "./block.ts";

/** A remembered position, and from where in which segment to look for newer blocks. */
export interface Remembered {
  position: Position;
  /** First line of the segment written to then, and its size then. */
  segment: number;
  size: number;
}

const SLOT = 512;
const CHECKED = 8 + POSITION_BYTES + 16;

/** The file of two slots. */
export class PositionFile {
  private readonly file: string;
  private turn = 0;

  constructor(file: string) {
    this.file = file;
  }

  /** The newest whole slot; undefined when there is none. */
  load(): Remembered | undefined {
    const buffer = Buffer.alloc(2 * SLOT);
    this.withFile((fd) => readSync(fd, buffer, 0, 2 * SLOT, 0));
    const slots = [0, SLOT].flatMap((offset) => {
      if (crc32(buffer.subarray(offset, offset + CHECKED)) !== buffer.readUInt32LE(offset + CHECKED)) return [];
      const turn = buffer.readDoubleLE(offset);
      if (turn < 1) return [];
      const at = offset + 8 + POSITION_BYTES;
      const position = readPosition(buffer, offset + 8);
      return [{ turn, position, segment: buffer.readDoubleLE(at), size: buffer.readDoubleLE(at + 8) }];
    });
    const newest = slots.sort((a, b) => b.turn - a.turn)[0];
    if (newest === undefined) {
      // Both slots get their blocks on disk now, while there is room.
      this.withFile((fd) => writeSync(fd, Buffer.alloc(2 * SLOT), 0, 2 * SLOT, 0));
      return undefined;
    }
    this.turn = newest.turn;
    return newest;
  }

  /** Writes the older slot. Throws what the filesystem throws. */
  save({ position, segment, size }: Remembered): void {
    const turn = this.turn + 1;
    const buffer = Buffer.alloc(CHECKED + 4);
    buffer.writeDoubleLE(turn, 0);
    writePosition(buffer, 8, position);
    buffer.writeDoubleLE(segment, 8 + POSITION_BYTES);
    buffer.writeDoubleLE(size, 16 + POSITION_BYTES);
    buffer.writeUInt32LE(crc32(buffer.subarray(0, CHECKED)), CHECKED);
    this.withFile((fd) => writeSync(fd, buffer, 0, buffer.length, (turn % 2) * SLOT));
    this.turn = turn;
  }

  private withFile(act: (fd: number) => void): void {
    const fd = openSync(this.file, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      act(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** The newer of what the last block and the position file say. */
export function newerPosition(block: Position | undefined, remembered: Position | undefined): Position {
  if (block === undefined || remembered === undefined) return block ?? remembered ?? START;
  if (block.epoch !== remembered.epoch) return block.epoch > remembered.epoch ? block : remembered;
  return block.line >= remembered.line ? block : remembered;
}
