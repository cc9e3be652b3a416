// Takes declared secrets out of output before it is kept. Works on whole blocks of bytes; what holds none is passed on as it is.
import { measureLines, type Measured } from "./framing.ts";

/** Shorter values stand in innocent words too. */
export const SHORTEST_SECRET = 4;
/** So many times its size a text of nothing but secrets may become, at most. */
export const MASK_GROWTH = 3;
/** Longer values are looked for in pieces, so that one is never larger than what is read at a time. */
const LONGEST_PIECE = 4096;

/** Stands where a secret was. */
const MASK = Buffer.from("•••");
const NEWLINE = Buffer.from("\n");

/** Looks for the forms of some values: as they are, inside a JSON text, and inside an address. */
export class Redactor {
  private readonly patterns: readonly Buffer[];

  private constructor(patterns: readonly Buffer[]) {
    this.patterns = patterns;
  }

  /** Undefined when there is nothing to look for. */
  static of(values: Iterable<string>): Redactor | undefined {
    const texts = new Set([...values].flatMap((value) => value.split("\n")).flatMap(formsOf));
    const patterns = [...texts].filter((text) => text.length >= SHORTEST_SECRET).flatMap(piecesOf);
    return patterns.length === 0 ? undefined : new Redactor(patterns);
  }

  /** The same bytes with a mask for each secret; the buffer itself when it holds none. */
  redact(data: Buffer): Buffer {
    const parts: Buffer[] = [];
    let end = 0;
    for (const secret of this.find(data)) {
      parts.push(data.subarray(end, secret.start), MASK);
      end = secret.end;
    }
    return end === 0 ? data : Buffer.concat([...parts, data.subarray(end)]);
  }

  /** Lines without their secrets; the same when they hold none. A mask may be longer than what it hides. */
  redactLines(data: Buffer, measured: Measured): { kept: Buffer; measured: Measured } {
    const kept = this.redact(data);
    return { kept, measured: kept === data ? measured : { ...measureLines(kept, true), cut: measured.cut } };
  }

  /** What was measured of `data`, less where it ends inside a secret, as only a line above the limit can. */
  endWell(data: Buffer, measured: Measured): Measured {
    const end = measured.cut ? this.safeEnd(data, measured.bytes) : measured.bytes;
    if (end === measured.bytes) return measured;
    const whole = data.subarray(0, end);
    return { ...measureLines(whole, true), cut: !whole.subarray(-1).equals(NEWLINE) };
  }

  /** The place before `end` where a secret begins that `end` or the end of `data` cuts in two; else `end`. */
  private safeEnd(data: Buffer, end: number): number {
    let last = 0;
    for (const secret of this.find(data)) {
      if (secret.start >= end) return end;
      if (secret.end > end) return secret.start;
      last = secret.end;
    }
    for (let start = Math.max(last, data.length - LONGEST_PIECE); start < end; start++) {
      const tail = data.subarray(start);
      if (this.patterns.some((pattern) => pattern.length > tail.length && startsWith(pattern, tail))) return start;
    }
    return end;
  }

  /** Secrets in their order, without overlap; of two that begin together the longer one. */
  private *find(data: Buffer): Generator<{ start: number; end: number }> {
    const next = this.patterns.map((pattern) => data.indexOf(pattern));
    let end = 0;
    for (;;) {
      let found: { start: number; end: number } | undefined;
      for (const [index, pattern] of this.patterns.entries()) {
        let start = next[index] ?? -1;
        if (start >= 0 && start < end) start = next[index] = data.indexOf(pattern, end);
        if (start < 0 || (found !== undefined && start > found.start)) continue;
        const length = start + pattern.length;
        if (found === undefined || start < found.start || length > found.end) found = { start, end: length };
      }
      if (found === undefined) return;
      yield found;
      end = found.end;
    }
  }
}

function formsOf(text: string): string[] {
  const value = text.replace(/\r$/, "");
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
}

/** Of even length, so that the last one is not a few bytes that stand anywhere. */
function piecesOf(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const length = Math.ceil(bytes.length / Math.ceil(bytes.length / LONGEST_PIECE));
  const starts = Array.from({ length: Math.ceil(bytes.length / length) }, (_, index) => index * length);
  return starts.map((start) => bytes.subarray(start, start + length));
}

function startsWith(pattern: Buffer, start: Buffer): boolean {
  return pattern.subarray(0, start.length).equals(start);
}
