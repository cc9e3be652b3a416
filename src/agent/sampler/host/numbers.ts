// Numbers out of the tables of /proc, without making a string of each: a machine may have hundreds of cores and interfaces.

const ZERO = 48;
const NINE = 57;
const NEWLINE = 10;
const BLANK = 32;
const TAB = 9;

/**
 * Reads whole numbers, set apart by blanks, from `at` up to the end of the line or the first thing that is no number, into
 * `into`; answers how many there were, at most as many as fit.
 */
export function readNumbers(text: string, at: number, into: Float64Array): number {
  let found = 0;
  let next = at;
  while (found < into.length) {
    let code = text.charCodeAt(next);
    while (code === BLANK || code === TAB) code = text.charCodeAt((next += 1));
    if (!(code >= ZERO && code <= NINE)) return found;
    let value = 0;
    while (code >= ZERO && code <= NINE) {
      value = value * 10 + (code - ZERO);
      code = text.charCodeAt((next += 1));
    }
    // "12ab" is damage, not 12.
    if (code !== BLANK && code !== TAB && code !== NEWLINE && !Number.isNaN(code)) return found;
    // Four hundred digits are damage too.
    if (!Number.isFinite(value)) return found;
    into[found] = value;
    found += 1;
  }
  return found;
}

/** Calls `each` with the bounds of every line, without its newline. */
export function forEachLine(text: string, each: (start: number, end: number) => void): void {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf("\n", start);
    const end = newline < 0 ? text.length : newline;
    if (end > start) each(start, end);
    start = end + 1;
  }
}

/** Part of a whole in percent, 0 to 100; undefined where there is no whole. */
export function percentOf(part: number, whole: number): number | undefined {
  return whole > 0 ? Math.min(100, Math.max(0, (part / whole) * 100)) : undefined;
}
