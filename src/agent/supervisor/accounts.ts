// Accounts of this machine: whom a service can run as, and the home that its relative paths begin in.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { userInfo } from "node:os";

export interface Account {
  name: string;
  uid: number;
  gid: number;
  home: string;
  shell: string;
}

/** The account that the agent runs as. */
export function ownAccount(): Account {
  const own = userInfo();
  return { name: own.username, uid: own.uid, gid: own.gid, home: own.homedir, shell: own.shell ?? "/bin/sh" };
}

/** An account by name, from /etc/passwd, else from whatever directory `getent` asks; undefined when there is none. */
export function findAccount(name: string): Account | undefined {
  return fromPasswd(readPasswd(), name) ?? fromPasswd(askGetent(name), name);
}

function readPasswd(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function askGetent(name: string): string {
  return spawnSync("getent", ["passwd", "--", name], { encoding: "utf8", timeout: 2000 }).stdout ?? "";
}

function fromPasswd(text: string, name: string): Account | undefined {
  const line = text.split("\n").find((line) => line.startsWith(`${name}:`));
  const [, , uid, gid, , home, shell] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid), home: home || "/", shell: shell || "/bin/sh" };
}
