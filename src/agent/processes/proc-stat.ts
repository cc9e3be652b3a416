// Parses /proc/PID/stat from bytes. The name stands in parentheses and may itself hold blanks, parentheses and newlines, so
// fields are counted from the last ")": what follows it is one letter and numbers only.
import type { ProcessStat } from "./process-table.ts";

const OPEN = 40;
const CLOSE = 41;
const BLANK = 32;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;

/** Numbers after the state letter that are read: ppid (field 4) up to rss (field 24). */
const NUMBERS = 21;

/** Reused for each line: making an array for every process of a pass costs more than parsing it. */
const numbers = new Float64Array(NUMBERS);

/** What the text does not say: how long a tick is and how large a page. */
export interface KernelUnits {
  ticksPerSecond: number;
  /** Bytes. */
  pageSize: number;
}

/** One line of /proc/PID/stat, or undefined when it is not one or is cut off before its 24th field has ended. */
export function parseStat(bytes: Buffer, length: number, units: KernelUnits): ProcessStat | undefined {
  const text = length === bytes.length ? bytes : bytes.subarray(0, length);
  const open = text.indexOf(OPEN);
  const close = text.lastIndexOf(CLOSE);
  if (open < 2 || close < open || text[open - 1] !== BLANK || text[close + 1] !== BLANK) return undefined;
  const pid = digits(text, 0, open - 1);
  const letter = text[close + 2];
  if (pid === undefined || letter === undefined || text[close + 3] !== BLANK) return undefined;
  if (!readNumbers(text, close + 4)) return undefined;
  return {
    pid,
    ppid: field(4),
    pgrp: field(5),
    session: field(6),
    name: text.toString("utf8", open + 1, close),
    state: String.fromCharCode(letter),
    startTicks: field(22),
    cpuSeconds: (field(14) + field(15)) / units.ticksPerSecond,
    reapedCpuSeconds: (field(16) + field(17)) / units.ticksPerSecond,
    threads: field(20),
    rss: field(24) * units.pageSize,
  };
}

/** The n-th field as proc(5) counts them. */
function field(n: number): number {
  return numbers[n - 4] ?? 0;
}

/** Fills `numbers`; false when there are fewer of them, or something else stands there. */
function readNumbers(text: Buffer, start: number): boolean {
  let at = start;
  for (let index = 0; index < NUMBERS; index += 1) {
    const negative = text[at] === MINUS;
    if (negative) at += 1;
    const first = at;
    let value = 0;
    for (;;) {
      const byte = text[at];
      // Only a blank proves that the number is whole.
      if (byte === BLANK) break;
      if (byte === undefined || byte < ZERO || byte > NINE) return false;
      value = value * 10 + (byte - ZERO);
      at += 1;
    }
    if (at === first) return false;
    numbers[index] = negative ? -value : value;
    at += 1;
  }
  return true;
}

function digits(text: Buffer, start: number, end: number): number | undefined {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const byte = text[at] ?? 0;
    if (byte < ZERO || byte > NINE) return undefined;
    value = value * 10 + (byte - ZERO);
  }
  return end > start ? value : undefined;
}
