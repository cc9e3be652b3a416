// What tests ask the kernel: who lives, who carries a word in the command line.
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";

/** Pids whose command line holds this word, zombies included (they are told by their parent's neglect). */
export function pidsWith(word: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => readQuietly(`/proc/${pid}/cmdline`).includes(word))
    .map(Number);
}

/** Resolves when so many processes carry this word, as `pidsWith` counts; a test's time limit ends a wait in vain. */
export async function untilPidsWith(word: string, count: number): Promise<void> {
  while (pidsWith(word).length !== count) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Alive and not a zombie. */
export function isAlive(pid: number): boolean {
  const stat = readQuietly(`/proc/${pid}/stat`);
  return stat !== "" && !/\) [ZX] /.test(stat);
}

/** Zombies whose parent is this process or a shim of it. */
export function zombiesOf(parents: number[]): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const fields = readQuietly(`/proc/${pid}/stat`).split(") ")[1]?.split(" ");
      return fields?.[0] === "Z" && parents.includes(Number(fields[1]));
    })
    .map(Number);
}

/** Children of any process, zombies included. */
export function childrenOf(parent: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => Number(readQuietly(`/proc/${pid}/stat`).split(") ")[1]?.split(" ")[1]) === parent)
    .map(Number);
}

/** Sends a signal to a child that lives, and resolves when it has ended. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
