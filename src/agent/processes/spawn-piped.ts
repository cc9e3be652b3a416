// Starts programs whose output is read through pipes.
import { type ChildProcessByStdio, spawn, type SpawnOptions } from "node:child_process";
import { constants } from "node:os";
import type { Readable } from "node:stream";

/** A program that runs; what it prints comes in pipes. */
export type PipedChild = ChildProcessByStdio<null, Readable, Readable>;

/**
 * As `spawn`, in a process group of its own, with nothing to read. Throws EMFILE where there is no descriptor for the pipes: Node then
 * leaves them out, and tells its error to whoever listens, or else ends this process by it.
 */
export function spawnPiped(
  program: string,
  args: readonly string[],
  options: Pick<SpawnOptions, "cwd" | "env">,
): PipedChild {
  const child: Partial<PipedChild> = spawn(program, args, {
    ...options,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  // Not by its type, but so it is.
  if (child.stdout !== undefined && child.stderr !== undefined) return child as PipedChild;
  child.on?.("error", () => undefined);
  const shortage = { code: "EMFILE", errno: -constants.errno.EMFILE, syscall: `spawn ${program}` };
  throw Object.assign(new Error(`EMFILE: too many open files, spawn ${program}`), shortage);
}
