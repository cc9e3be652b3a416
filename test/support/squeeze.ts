// Takes away from a running process what it needs: descriptors by its limit, disk space by a file that fills the rest.
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { MIB } from "../../src/base/units.ts";

/** A process without descriptors. */
export interface Squeeze extends Disposable {
  /** Takes what was closed since. */
  tighten(): void;
}

/** From now on the process can open nothing: its soft limit is the lowest number that is free. Dispose it for relief. */
export function takeDescriptors(pid: number): Squeeze {
  const [soft = ""] = execFileSync("prlimit", ["--pid", String(pid), "--nofile", "--noheadings", "--output", "SOFT"], {
    encoding: "utf8",
  })
    .trim()
    .split(/\s+/);
  const limit = (to: string): Buffer => execFileSync("prlimit", ["--pid", String(pid), `--nofile=${to}:`]);
  const tighten = (): void => {
    const used = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
    let lowest = 0;
    while (used.has(lowest)) lowest += 1;
    limit(String(lowest));
  };
  tighten();
  return { tighten, [Symbol.dispose]: () => void limit(soft) };
}

/** Takes every byte that is left on the disk of this path, which becomes the file that does. */
export function fillDisk(path: string): void {
  const file = openSync(path, "w");
  try {
    for (let chunk = Buffer.alloc(MIB); chunk.length > 0;) {
      try {
        writeSync(file, chunk);
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOSPC") throw error;
        chunk = chunk.subarray(0, Math.floor(chunk.length / 2));
      }
    }
  } finally {
    closeSync(file);
  }
}
