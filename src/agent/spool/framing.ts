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

/** In words of four bytes. A line above the limit fills at least one such window without a newline. */
const COUNT_WINDOW = MAX_LINE / 8;

/**
 * The same as `measureLines`, for lines that are only counted: as quick for short lines as for long ones, so that hardly a
 * service writes faster than we count.
 */
export function countLines(buffer: Buffer): Measured {
  // A view of words must begin at one; the buffers that files are read into do.
  if (buffer.byteOffset % 4 !== 0) return measureLines(buffer);
  const words = new Int32Array(buffer.buffer, buffer.byteOffset, buffer.length >> 2);
  let lines = 0;
  for (let start = 0; start < words.length; start += COUNT_WINDOW) {
    const found = countNewlines(words, start, Math.min(words.length, start + COUNT_WINDOW));
    if (found === 0 && start + COUNT_WINDOW <= words.length) return measureLines(buffer);
    lines += found;
  }
  for (let index = words.length * 4; index < buffer.length; index++) if (buffer[index] === NEWLINE) lines++;
  return { bytes: buffer.lastIndexOf(NEWLINE) + 1, lines, cut: false };
}

/** Four bytes at a time: each that is a newline leaves its highest bit set in `found`. */
function countNewlines(words: Int32Array, from: number, to: number): number {
  let count = 0;
  for (let index = from; index < to; index++) {
    const other = (words[index] ?? 0) ^ 0x0a0a0a0a;
    const found = ~(((other & 0x7f7f7f7f) + 0x7f7f7f7f) | other) & 0x80808080;
    if (found !== 0) count += ((found >>> 7) & 1) + ((found >>> 15) & 1) + ((found >>> 23) & 1) + (found >>> 31);
  }
  return count;
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
