// Reads back what supervisors kept in files.
import { createReadStream, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** All lines of these files, one file after the other. */
export async function* linesOf(files: string[]): AsyncIterable<string> {
  for (const file of files) {
    yield* createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  }
}

/** A log file and what was rotated away from it; the order does not matter to those who count. */
export function rotated(directory: string, name: string): string[] {
  return filesIn(directory).filter(
    (file) => file === join(directory, name) || file.startsWith(join(directory, `${name}.`)),
  );
}

/** Files of a directory; none when it is missing. */
export function filesIn(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).map((name) => join(directory, name)) : [];
}
