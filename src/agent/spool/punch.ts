// Gives back the disk space of what was read, by util-linux's `fallocate --punch-hole`: Node has no call for it.
import type { Logger } from "../../runtime/logger.ts";
import { spawnPiped } from "../processes/spawn-piped.ts";
import type { Puncher } from "./output-log.ts";

/** The machine's own puncher. */
export function createPuncher(logger: Logger): Puncher {
  return {
    async punch(file, length) {
      const { code, words } = await runFallocate(file, length);
      if (code === 0) return true;
      // Something else, such as no process left to spawn: the next hole is as large as both.
      if (code !== null && !/(?:not |un)supported/i.test(words)) throw new Error(`fallocate ${file}: ${words}`);
      logger.info({ file, code, words }, "holes cannot be punched into output files here; they are emptied instead");
      return false;
    },
  };
}

function runFallocate(file: string, length: number): Promise<{ code: number | null; words: string }> {
  return new Promise((resolve, reject) => {
    const args = ["--punch-hole", "--offset", "0", "--length", String(length), file];
    const child = spawnPiped("fallocate", args, { env: { PATH: process.env.PATH, LC_ALL: "C" } });
    child.stdout.resume();
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (words += text));
    child.once("error", (error) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        resolve({ code: null, words: "there is no fallocate here" });
      else reject(error);
    });
    child.once("close", (code) => resolve({ code, words: words.trim() }));
  });
}
