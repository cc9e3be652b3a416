// Remembers where some of a segment's blocks begin, so that a walk can start near the line it is about.
import { KIB } from "../../base/units.ts";

/** Bytes between two marks: what a walk may read in vain, and a few thousandths of that in memory. */
const EVERY = 128 * KIB;

interface Mark {
  /** Number of the first line of the block at `offset`. */
  line: number;
  offset: number;
}

/** Marks of one segment: made when it is written, or by the first walk over what an earlier agent wrote. */
export class Marks {
  private readonly list: Mark[] = [];

  /** A block begins here; forgotten when a mark is near. */
  note(line: number, offset: number): void {
    const index = this.list.findLastIndex((mark) => mark.offset <= offset);
    if (offset - (this.list[index]?.offset ?? 0) < EVERY) return;
    if ((this.list[index + 1]?.offset ?? Infinity) - offset < EVERY) return;
    this.list.splice(index + 1, 0, { line, offset });
  }

  /** A place with no block before it that holds `line` or later ones. */
  startFor(line: number): number {
    return this.list.findLast((mark) => mark.line <= line)?.offset ?? 0;
  }

  /** A place with no block behind it that holds lines before `line`; `end` when none is known. */
  endFor(line: number, end: number): number {
    return this.list.find((mark) => mark.line >= line)?.offset ?? end;
  }
}
