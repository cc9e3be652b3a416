// The services that every supervisor is given: small shell programs that say "up" as the first thing they do.
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A program as a supervisor gets it: an executable file without arguments. */
export interface Program {
  name: string;
  file: string;
}

/** Where programs are written, and the FIFO they speak to. */
export interface ProgramPlace {
  directory: string;
  words: string;
}

/** Lines the flood writes, and the line at which it says "mark". */
export const FLOOD_LINES = 1_000_000;
export const FLOOD_MARK = 300_000;
export const FLOOD_TEXT = "the quick brown fox jumps over the lazy dog";
/** Bytes of a line of the flood: seven digits, a blank, the text, a newline. */
export const FLOOD_LINE_BYTES = 7 + 1 + FLOOD_TEXT.length + 1;

/** Says "up" and sleeps. */
export function idler(place: ProgramPlace, name: string): Program {
  return write(place, name, [say(place, name, "up"), "exec sleep 1000000"]);
}

/** Says "up"; when asked to end, takes 200 ms for it. */
export function slowEnder(place: ProgramPlace, name: string): Program {
  return write(place, name, [
    // PM2 asks with SIGINT.
    "trap 'kill $!; sleep 0.2; exit 0' TERM INT",
    "sleep 1000000 &",
    say(place, name, "up"),
    "wait $!",
  ]);
}

/** How a flood writes: each line by a write of its own, as loggers do, or blocks of 4 kB, as redirected filters do. */
export type FloodManner = "lines" | "blocks";

/**
 * Says "up", then "begin", writes its lines as fast as it can, says "mark" on the way and "end" when the last one is
 * written, and sleeps. "failed" instead of "end" when writing failed.
 */
export function flood(place: ProgramPlace, name: string, manner: FloodManner): Program {
  const line = `printf "%07d ${FLOOD_TEXT}\\n", i${manner === "lines" ? "; fflush()" : ""}`;
  const mark = `if (i == ${FLOOD_MARK}) { print "${name} 0 mark" > "${place.words}"; close("${place.words}") }`;
  return write(place, name, [
    say(place, name, "up"),
    say(place, name, "begin"),
    `if awk 'BEGIN { for (i = 1; i <= ${FLOOD_LINES}; i++) { ${line}; ${mark} } }'`,
    `then ${say(place, name, "end")}`,
    `else ${say(place, name, "failed")}`,
    "fi",
    "exec sleep 1000000",
  ]);
}

function say(place: ProgramPlace, name: string, text: string): string {
  return `echo "${name} $$ ${text}" > ${place.words}`;
}

function write(place: ProgramPlace, name: string, lines: string[]): Program {
  const file = join(place.directory, name);
  writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"), { mode: 0o755 });
  return { name, file };
}
