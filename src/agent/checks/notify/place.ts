// Where the socket of an instance is: an address holds some hundred bytes of path, and the service's user must reach it.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Bytes of path that the address of a socket holds, its end not counted. */
const PATH_MAX = process.platform === "darwin" ? 103 : 107;

export interface Place {
  directory: string;
  path: string;
  /** Of the directory. */
  mode: "700" | "711";
  /** Who may write to it. */
  uid: number;
  gid: number;
}

interface PlaceOptions {
  /** The agent's own directory; nobody but its user can enter it. */
  agentDir: string;
  /** Names the data directory. */
  owner: string;
  /** The agent's own user. */
  self: number;
}

/**
 * The place for a key and a user: always the same, since what was started by an agent before goes on saying things there. In the
 * agent's directory, or, where that is too long or the service's user cannot enter it, in the system's for what runs, which is for
 * root only. `words` say why there is none.
 */
export function placeOf(
  key: string,
  { uid, gid }: { uid: number; gid: number },
  { agentDir, owner, self }: PlaceOptions,
): { ok: true; place: Place } | { ok: false; words: string } {
  const name = createHash("sha256").update(key).digest("hex").slice(0, 12);
  const own = join(agentDir, "notify");
  const path = join(own, name);
  const length = Buffer.byteLength(path);
  if (uid === self && length <= PATH_MAX) {
    return { ok: true, place: { directory: own, path, mode: "700", uid, gid } };
  }
  if (self === 0) {
    const directory = join(existsSync("/run") ? "/run" : "/var/run", `tailherd-${owner}`);
    return { ok: true, place: { directory, path: join(directory, name), mode: "711", uid, gid } };
  }
  const words = `cannot listen at ${path}: the address of a socket holds ${PATH_MAX} bytes of path and this is ${length}; choose a data directory with a shorter path`;
  return { ok: false, words };
}
