// What an agent keeps of an instance for the one after it: two files written in turn, in place, each with its turn and a checksum.
// Replacing a file by rename makes ext4 write the new one out at once, 1 to 3 ms that a crowd of starts would wait for; and a full
// disk does not matter where blocks are had already. A write that was cut short leaves the other file.
import { closeSync, constants, ftruncateSync, fstatSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { isSystemError } from "./system-words.ts";

/** What was found: `damaged` when there was something, but none of it whole. */
export type StateRead = { outcome: "read"; record: unknown } | { outcome: "none" } | { outcome: "damaged" };

export class StateFile {
  private readonly paths: readonly [string, string];
  private turn: number | undefined;
  private kept = "";

  /** The two files are called NAME-0.json and NAME-1.json. */
  constructor(directory: string, name = "state") {
    this.paths = [join(directory, `${name}-0.json`), join(directory, `${name}-1.json`)];
  }

  /** The newest record that is whole. */
  read(): StateRead {
    const texts = this.paths.map(readIfThere);
    const [newest] = texts.flatMap((text) => parse(text) ?? []).toSorted((a, b) => b.turn - a.turn);
    this.turn = newest?.turn ?? 0;
    if (newest !== undefined) return { outcome: "read", record: newest.record };
    return texts.every((text) => text === undefined) ? { outcome: "none" } : { outcome: "damaged" };
  }

  /** Writes over the older one, unless nothing changed. Throws what the filesystem throws. */
  write(record: object): void {
    const text = JSON.stringify(record);
    if (text === this.kept) return;
    if (this.turn === undefined) this.read();
    const turn = (this.turn ?? 0) + 1;
    const bytes = Buffer.from(`{"turn":${turn},"crc":${crc32(text)},"record":${text}}\n`);
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = openSync(this.paths[turn % 2 === 0 ? 0 : 1], flags, 0o600);
    try {
      let written = 0;
      while (written < bytes.length) written += writeSync(file, bytes, written, bytes.length - written, written);
      if (fstatSync(file).size > bytes.length) ftruncateSync(file, bytes.length);
    } finally {
      closeSync(file);
    }
    this.turn = turn;
    this.kept = text;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    return isSystemError(error, "ENOENT") ? undefined : "";
  }
}

function parse(text: string | undefined): { turn: number; record: unknown } | undefined {
  const head = /^\{"turn":(\d+),"crc":(\d+),"record":/.exec(text ?? "");
  if (text === undefined || head === null || !text.endsWith("}\n")) return undefined;
  const record = text.slice(head[0].length, -2);
  if (crc32(record) !== Number(head[2])) return undefined;
  return { turn: Number(head[1]), record: JSON.parse(record) };
}
