// What SQLite's result codes mean to people: a full disk, a disk that fails, a damaged file, a file that somebody else holds. Apart
// from sqlite-errors.ts because the metrics' process takes only this: the contract's errors bring the validator, which costs megabytes.
import { statfsSync } from "node:fs";
import { dirname } from "node:path";

/** What went wrong underneath, as far as it matters here; `other` is a mistake of ours. */
export type SqliteTrouble = "disk_full" | "disk" | "damaged" | "held" | "other";

/** Primary result codes, https://sqlite.org/rescode.html */
const CODES = {
  PERM: 3,
  BUSY: 5,
  LOCKED: 6,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  PROTOCOL: 15,
  AUTH: 23,
  NOTADB: 26,
} as const;

/** Bytes below which a failing disk is taken for a full one. */
const NO_SPACE = 64 * 1024;

/** Sorts an error that node:sqlite (or the file system) threw for this file. */
export function sqliteTrouble(error: unknown, file: string): SqliteTrouble {
  const { errcode, code } = error as { errcode?: number; code?: string };
  if (code === "ENOSPC" || code === "EDQUOT") return "disk_full";
  if (typeof code === "string" && /^E(ACCES|PERM|ROFS|IO|MFILE|NFILE|NOENT|ISDIR|NOTDIR|EXIST)$/.test(code))
    return "disk";
  if (typeof errcode !== "number") return "other";
  switch (errcode & 0xff) {
    case CODES.FULL:
      return "disk_full";
    case CODES.IOERR:
    case CODES.CANTOPEN:
      // A failing fsync or a refused file reads the same on a full disk; only the free space tells them apart.
      return diskIsFull(file) ? "disk_full" : "disk";
    case CODES.PERM:
    case CODES.READONLY:
    case CODES.NOMEM:
    case CODES.AUTH:
    case CODES.PROTOCOL:
      return "disk";
    case CODES.CORRUPT:
    case CODES.NOTADB:
      return "damaged";
    case CODES.BUSY:
    case CODES.LOCKED:
      return "held";
    default:
      return "other";
  }
}

/** The words of `health()` and of refusals, without what was attempted. */
export function troubleWords(trouble: SqliteTrouble, error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const words: Record<SqliteTrouble, string> = {
    disk_full: "the disk is full; free some space, and the hub goes on by itself",
    disk: `the disk or the limits of the process do not allow it (${said})`,
    damaged: `the database is damaged (${said}); restart the hub to be offered the last good copy`,
    held: "another process holds the database",
    other: said,
  };
  return words[trouble];
}

function diskIsFull(file: string): boolean {
  try {
    const space = statfsSync(dirname(file));
    return space.bavail * space.bsize < NO_SPACE;
  } catch {
    return false;
  }
}
