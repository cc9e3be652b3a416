// The directory that holds everything of one tailherd: private to its user, and used by one process at a time (P8).
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { TailherdError } from "../contract/errors.ts";

/** A directory that this process holds. */
export interface DataDir extends Disposable {
  readonly path: string;
  /** Lets another process have it; also happens, by the kernel, when this one dies. */
  release(): void;
}

/**
 * Makes the directory (0700) where it is missing, checks that nobody else can write into it, and holds it. Throws `TailherdError`
 * `refused` when it belongs to somebody else or a running tailherd holds it (naming its pid), `degraded` when the system refuses.
 */
export function openDataDir(path: string): DataDir {
  prepareDataDir(path);
  const lock = takeLock(path);
  // Beside the lock, not in it: reading the locked file would drop the lock, as POSIX locks go with any close of the file.
  const pidFile = join(path, "hub.pid");
  writePid(pidFile);
  const release = (): void => {
    if (!lock.isOpen) return;
    rmSync(pidFile, { force: true });
    lock.close();
  };
  return { path, release, [Symbol.dispose]: release };
}

/** Makes and checks the directory without holding it. */
export function prepareDataDir(path: string): void {
  const attempted = `Cannot use the data directory ${path}`;
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    const found = statSync(path);
    const uid = process.getuid?.();
    if (uid === undefined) return; // no such notions on this platform
    if (found.uid !== uid) {
      throw new TailherdError(
        "refused",
        `${attempted}: it belongs to uid ${found.uid} and this process runs as uid ${uid}; ` +
          "run as that user, or give another directory with --data-dir",
      );
    }
    if ((found.mode & 0o022) !== 0) {
      throw new TailherdError(
        "refused",
        `${attempted}: others can write into it (mode ${(found.mode & 0o777).toString(8)}), and what it holds runs as you; ` +
          `look through it, then: chmod 700 ${path}`,
      );
    }
    if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700);
  } catch (error) {
    if (error instanceof TailherdError) throw error;
    const said = error instanceof Error ? error.message : String(error);
    throw new TailherdError("degraded", `${attempted}: ${said}`, { cause: error });
  }
}

/** SQLite result codes: somebody holds the lock; the file is not what SQLite made. */
const BUSY = 5;
const NOTADB = 26;

/**
 * Node has no file locks, but its SQLite does: a transaction that is never ended, on an empty database, is a lock that the kernel
 * gives back however the process ends, and that no child inherits.
 */
function takeLock(path: string, retried = false): DatabaseSync {
  const file = join(path, "hub.lock");
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(file);
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    if (lock?.isOpen) lock.close();
    const code = ((error as { errcode?: number }).errcode ?? 0) & 0xff;
    if (code === BUSY) throw new TailherdError("refused", inUse(path), { cause: error });
    // Junk in the lock file: nobody holds it (that would have been told first), and nothing in it is of worth.
    if (code === NOTADB && !retried) {
      truncateSync(file, 0);
      return takeLock(path, true);
    }
    const said = error instanceof Error ? error.message : String(error);
    throw new TailherdError("degraded", `Cannot lock the data directory with ${file}: ${said}`, { cause: error });
  }
}

function inUse(path: string): string {
  const pid = readPid(join(path, "hub.pid"));
  const holder = pid === undefined ? "another tailherd" : `another tailherd, pid ${pid},`;
  return `Cannot use the data directory ${path}: ${holder} is running on it; stop that one first, or give another directory with --data-dir`;
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    return pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function writePid(file: string): void {
  try {
    writeFileSync(file, `${process.pid}\n`, { mode: 0o600 });
  } catch {
    // A full disk: the lock holds all the same, only the refusal of a second process will not name us.
    rmSync(file, { force: true });
  }
}
