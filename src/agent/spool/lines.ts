// Turns blocks into lines as they are told: numbered, cleaned, with structure. Only done for lines somebody reads.
import { TailherdError } from "../../contract/errors.ts";
import type { LogLine } from "../../contract/status.ts";
import type { Block } from "./block.ts";
import { spanLines } from "./framing.ts";
import { sanitize } from "./sanitize.ts";
import { detectStructure } from "./structure.ts";

/** Enough digits of base 36 for any safe integer, so that text compares like numbers. */
const CURSOR_DIGITS = 11;

/** The cursor of line number `line`. */
export function toCursor(line: number): string {
  return line.toString(36).padStart(CURSOR_DIGITS, "0");
}

/** The line number of a cursor; throws `invalid` when it is none of ours. */
export function fromCursor(cursor: string): number {
  const line = /^[0-9a-z]{11}$/.test(cursor) ? Number.parseInt(cursor, 36) : Number.NaN;
  if (Number.isSafeInteger(line)) return line;
  throw new TailherdError(
    "invalid",
    `Cannot read output: "${cursor.slice(0, 40)}" is no cursor; use one that a line came with`,
  );
}

/** Lines `from` (included) to `to` (excluded) of a block, counted from its first. */
export function decodeLines(block: Block, from: number, to: number): LogLine[] {
  const spans = spanLines(block.data, block.cut).slice(Math.max(0, from), Math.max(0, to));
  return spans.map(({ start, end, cut }, index) => {
    const text = sanitize(block.data.toString("utf8", start, end));
    return {
      cursor: toCursor(block.start.line + Math.max(0, from) + index),
      ts: block.time,
      stream: block.stream,
      text,
      ...(cut && { cut }),
      ...(block.stream !== "tailherd" && !cut && detectStructure(text)),
    };
  });
}
