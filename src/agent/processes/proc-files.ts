// Reads the small files of /proc and cgroups cheaply: synchronous, into one buffer that is used again and again. The kernel
// makes these files from memory, so a read never waits for a disk, and a promise would cost more than the read.
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from "node:fs";

/** Says that a file is longer than is sane; such a file is treated as unreadable. */
const MAX_FILE = 64 * 1024 * 1024;

/** The bytes of a file that was just read: `bytes` up to `length`, good until the next read of the same reader. */
export interface ProcText {
  bytes: Buffer;
  length: number;
}

/** A reader with its own buffer; nothing it answers outlives the next call, except strings. */
export class ProcReader {
  private buffer: Buffer = Buffer.allocUnsafe(16 * 1024);
  private readonly result: ProcText = { bytes: this.buffer, length: 0 };

  /**
   * The whole file, or undefined when it is gone, may not be read, or was never there. `enough` looks at what is there so far
   * after each piece and may end the reading early.
   */
  read(path: string, enough?: (soFar: ProcText) => boolean): ProcText | undefined {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      return undefined;
    }
    try {
      let length = 0;
      for (;;) {
        const count = readSync(file, this.buffer, length, this.buffer.length - length, null);
        if (count === 0) break;
        length += count;
        if (enough !== undefined) {
          this.result.bytes = this.buffer;
          this.result.length = length;
          if (enough(this.result)) return this.result;
        }
        // A file of /proc that fits is answered whole by one read, but seq files (net/tcp) come page by page.
        if (length === this.buffer.length && !this.grow()) return undefined;
      }
      this.result.bytes = this.buffer;
      this.result.length = length;
      return this.result;
    } catch {
      // ESRCH while reading: the process ended between open and read.
      return undefined;
    } finally {
      closeSync(file);
    }
  }

  /** Like `read`, but one read call only: for files that the kernel answers whole when the buffer is large enough (stat, io). */
  readOnce(path: string): ProcText | undefined {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      return undefined;
    }
    try {
      this.result.length = readSync(file, this.buffer, 0, this.buffer.length, null);
      this.result.bytes = this.buffer;
      return this.result;
    } catch {
      return undefined;
    } finally {
      closeSync(file);
    }
  }

  /** The whole file as text. */
  text(path: string): string | undefined {
    const found = this.read(path);
    return found?.bytes.toString("utf8", 0, found.length);
  }

  private grow(): boolean {
    if (this.buffer.length >= MAX_FILE) return false;
    const larger = Buffer.allocUnsafe(this.buffer.length * 4);
    this.buffer.copy(larger);
    this.buffer = larger;
    return true;
  }
}

/** Names in a directory; none when it is gone. */
export function listDirectory(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Where a symbolic link points, or undefined. */
export function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Splits NUL-separated text (cmdline, environ); a last NUL ends the last item, it does not begin an empty one. */
export function splitNul(text: string): string[] {
  if (text === "") return [];
  return (text.endsWith("\0") ? text.slice(0, -1) : text).split("\0");
}

/** The number after `key` in lines of "key value" or "key: value"; undefined when there is none. */
export function numberAfter(text: string, key: string): number | undefined {
  let at = 0;
  for (;;) {
    at = text.indexOf(key, at);
    if (at < 0) return undefined;
    const next = text.charCodeAt(at + key.length);
    const beginsLine = at === 0 || text.charCodeAt(at - 1) === 10;
    at += key.length;
    // A blank, a tab or a colon must follow, or it is a longer key.
    if (!beginsLine || (next !== 32 && next !== 9 && next !== 58)) continue;
    const value = Number.parseFloat(text.slice(next === 58 ? at + 1 : at));
    return Number.isFinite(value) ? value : undefined;
  }
}
