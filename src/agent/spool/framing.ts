// What counts as a line: bytes up to a newline, at most 16 KiB; longer ones are cut. Depends on the bytes alone, never on how
// they were chunked, so that reading again after a crash finds the same lines.
import { KIB } from "../../base/units.ts";

/** Longest line in bytes; what follows becomes further lines. */
export const MAX_LINE = 16 * KIB;

const NEWLINE = 10;

/** How much of a buffer is whole lines. */
export interface Measured {
  /** Bytes of whole lines, their newlines included. */
  bytes: number;
  lines: number;
  /** The last line ended at the length limit, not at a newline. */
  cut: boolean;
}

/** Measures the whole lines at the start of `buffer`; with `final`, an unfinished last one counts as whole. */
export function measureLines(buffer: Buffer, final = false): Measured {
  const length = buffer.length;
  let start = 0;
  let lines = 0;
  let cut = false;
  for (;;) {
    const newline = buffer.indexOf(NEWLINE, start);
    const end = newline < 0 ? length : newline;
    while (end - start > MAX_LINE) {
      start = cutPoint(buffer, start);
      lines++;
      cut = true;
    }
    if (newline < 0) break;
    start = newline + 1;
    lines++;
    cut = false;
  }
  if (final && start < length) return { bytes: length, lines: lines + 1, cut: false };
  return { bytes: start, lines, cut };
}

/** One line inside a buffer, newline excluded. */
export interface LineSpan {
  start: number;
  end: number;
  cut: boolean;
}

/** Finds the lines again in bytes that `measureLines` took; `endsCut` is what it said of the last one. */
export function spanLines(buffer: Buffer, endsCut: boolean): LineSpan[] {
  const spans: LineSpan[] = [];
  const length = buffer.length;
  let start = 0;
  while (start < length) {
    const newline = buffer.indexOf(NEWLINE, start);
    const end = newline < 0 ? length : newline;
    while (end - start > MAX_LINE) {
      const at = cutPoint(buffer, start);
      spans.push({ start, end: at, cut: true });
      start = at;
    }
    spans.push({ start, end, cut: newline < 0 && endsCut });
    start = end + 1;
  }
  return spans;
}

/** Not inside a UTF-8 character, as long as the bytes are UTF-8. */
function cutPoint(buffer: Buffer, start: number): number {
  const limit = start + MAX_LINE;
  let at = limit;
  while (at > limit - 3 && isContinuation(buffer[at])) at--;
  return isContinuation(buffer[at]) ? limit : at;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
