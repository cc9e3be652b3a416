// What is left of a flood: how many lines, whole and in order.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { openHome } from "./home.ts";
import { flood, FLOOD_LINES, FLOOD_TEXT, type FloodManner } from "./programs.ts";
import { start } from "./run.ts";

/** Lines found again. */
export interface Kept {
  /** Different whole lines. */
  lines: number;
  /** Lines that are not one of those written. */
  broken: number;
}

/** Counts the flood's lines among what a supervisor kept. */
export async function countKept(lines: AsyncIterable<string>): Promise<Kept> {
  const seen = new Uint8Array(FLOOD_LINES + 1);
  const kept = { lines: 0, broken: 0 };
  for await (const line of lines) {
    const number = line.length === 8 + FLOOD_TEXT.length && line.endsWith(FLOOD_TEXT) ? Number(line.slice(0, 7)) : 0;
    if (!(number >= 1 && number <= FLOOD_LINES)) kept.broken++;
    else if (seen[number] === 0) {
      seen[number] = 1;
      kept.lines++;
    }
  }
  return kept;
}

/** Milliseconds of the same flood into a plain file, without any supervisor. */
export async function baselineFlood(manner: FloodManner): Promise<number> {
  const home = openHome();
  try {
    const program = flood(home.programs, "flood", manner);
    const begin = home.said.next((word) => word.text === "begin");
    const end = home.said.next((word) => word.text === "end");
    const file = openSync(join(home.directory, "out"), "a");
    await start([program.file], { env: home.env, stdio: ["ignore", file, file] });
    closeSync(file);
    const [began, ended] = await Promise.all([begin, end]);
    return ended.at - began.at;
  } finally {
    await home.clear();
  }
}
