// `up` and `agent` run for months, so they begin again as a small process: what decides how much memory malloc and V8 hold on to has to
// stand before a process starts. Same pid, about 30 ms, a third less memory.
import type nodeProcess from "node:process";

/** glibc gives each thread its own arena and rarely gives one back; one arena is enough for a process that mostly waits. */
const ARENAS = "MALLOC_ARENA_MAX";
/** Bytes from which on a block is a mapping of its own, and free memory at the end of the heap goes back; glibc lets both grow. */
const BLOCKS = { MALLOC_MMAP_THRESHOLD_: "65536", MALLOC_TRIM_THRESHOLD_: "65536", MALLOC_TOP_PAD_: "16384" };
const FLAGS = [
  // Short-lived objects in 1 MiB instead of 16: V8 collects more often, in well under a millisecond each.
  "--max-semi-space-size=1",
  // Baseline code is large and here soon replaced: 1.7 MB with 50 services, and nothing measured was slower without it.
  "--no-sparkplug",
  // For give-back.ts.
  "--expose-gc",
];

const LONG_LIVED: readonly (string | undefined)[] = ["up", "agent"];

/** Replaces this process by a small one when it is one of those and not small yet; otherwise returns. */
export function becomeSmall(process: typeof nodeProcess): void {
  if (!LONG_LIVED.includes(process.argv[2]) || process.platform !== "linux" || process.env[ARENAS] !== undefined)
    return;
  if (process.execve === undefined) return;
  const [, ...rest] = process.argv;
  process.execve(process.execPath, [process.execPath, ...FLAGS, ...process.execArgv, ...rest], {
    ...BLOCKS,
    ...process.env,
    [ARENAS]: "1",
  });
}
