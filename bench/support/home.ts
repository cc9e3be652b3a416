// Temporary directories of supervisors, and the certainty that nothing which was started there outlives the bench.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Home } from "../peers/peer.ts";
import type { ProgramPlace } from "./programs.ts";
import { allPids, commandLine, hasInEnvironment } from "./proc.ts";
import { pause } from "./run.ts";
import { Words } from "./words.ts";

/** Where tailherd may keep compiled code between the bench's starts of it; run.ts deletes it at the end. */
export const WARM_CACHE = join(tmpdir(), `th-bench-cache-${process.pid}`);

/** A home with the FIFO its programs speak to. */
export interface OpenHome extends Home {
  /** Where the services' programs are written. */
  programs: ProgramPlace;
  said: Words;
  /** Kills whatever still carries this home's mark, and deletes the directory. */
  clear(): Promise<void>;
}

/** Makes an empty home. Everything started with its `env` can be found by `TAILHERD_BENCH` in its environment. */
export function openHome(): OpenHome {
  const directory = mkdtempSync(join(tmpdir(), "th-bench-"));
  mkdirSync(join(directory, "programs"));
  const said = new Words(join(directory, "words"));
  const mark = `TAILHERD_BENCH=${directory}\0`;
  return {
    directory,
    programs: { directory: join(directory, "programs"), words: said.path },
    said,
    env: { PATH: process.env.PATH, HOME: directory, LANG: "C.UTF-8", TAILHERD_BENCH: directory },
    async clear() {
      said.close();
      await killMarked(mark, directory);
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Supervisors may start more while they are being killed, so it looks until nothing is left. */
async function killMarked(mark: string, directory: string): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const marked = allPids().filter(
      (pid) => pid !== process.pid && (hasInEnvironment(pid, mark) || commandLine(pid).includes(directory)),
    );
    if (marked.length === 0) return;
    for (const pid of marked) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    await pause(20);
  }
  throw new Error(`Cannot end the bench's processes: some of them come again and again (${mark})`);
}
