// Names of user ids from /etc/passwd, read again only when the file changes. Accounts of a directory service (LDAP) are not in
// it; their number serves as the name.
import { readFileSync, statSync } from "node:fs";

/** Turns numeric user ids into names. */
export class Accounts {
  private names = new Map<number, string>();
  private stamp = "";
  private readonly path: string;

  constructor(path = "/etc/passwd") {
    this.path = path;
  }

  /** The account's name, or its number as text. */
  nameOf(uid: number): string {
    return this.names.get(uid) ?? this.reread().get(uid) ?? String(uid);
  }

  private reread(): Map<number, string> {
    try {
      const { mtimeMs, size, ino } = statSync(this.path);
      const stamp = `${ino} ${mtimeMs} ${size}`;
      if (stamp !== this.stamp) {
        this.names = parsePasswd(readFileSync(this.path, "utf8"));
        this.stamp = stamp;
      }
    } catch {
      // No such file: numbers are all there is.
    }
    return this.names;
  }
}

/** Lines "name:x:uid:…"; the first name of an id counts, as getpwuid answers it. */
export function parsePasswd(text: string): Map<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const [name, , uid] = line.split(":");
    if (name === undefined || name === "" || uid === undefined || !/^\d+$/.test(uid)) continue;
    if (!names.has(Number(uid))) names.set(Number(uid), name);
  }
  return names;
}
