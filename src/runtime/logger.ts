// The one logger of a process, handed down as an argument: to stderr, as JSON lines for programs, as short lines for a terminal.
import { styleText } from "node:util";
import { pino } from "pino";

/** What our code needs of a logger; an object of facts first, then words. */
export interface Logger {
  debug(facts: object, words: string): void;
  info(facts: object, words: string): void;
  warn(facts: object, words: string): void;
  error(facts: object, words: string): void;
}

type Level = keyof Logger;
const LEVELS: readonly Level[] = ["debug", "info", "warn", "error"];
const COLOURS = { debug: "dim", info: "blue", warn: "yellow", error: "red" } as const;

/** Where lines for people go: a stream that may be a terminal. */
export type LogTerminal = Pick<NodeJS.WriteStream, "isTTY" | "write">;

/** Makes the process's logger. Level from TAILHERD_LOG_LEVEL unless given. */
export function createLogger(level = process.env.TAILHERD_LOG_LEVEL ?? "info"): Logger {
  if (process.stderr.isTTY) return terminalLogger(level, process.stderr, () => new Date());
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** One line for each call, "12:34:56 warn  Cannot store events now  events=3", and below it the stack of a mistake of ours. */
export function terminalLogger(level: string, terminal: LogTerminal, now: () => Date): Logger {
  // As in pino: below "debug" there is "trace", and what is above "error" ("silent") tells nothing.
  const lowest = level === "trace" ? 0 : LEVELS.findIndex((each) => each === level);
  const log = (at: Level) => (facts: object, words: string) => {
    if (lowest >= 0 && LEVELS.indexOf(at) >= lowest) terminal.write(lineOf(at, facts, words, now()));
  };
  return { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") };
}

/** Says nothing; for tests. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function lineOf(level: Level, facts: object, words: string, at: Date): string {
  const time = styleText("dim", at.toTimeString().slice(0, 8));
  const fields = Object.entries(facts).map(([name, value]) => `${name}=${valueOf(value)}`);
  const rest = fields.length === 0 ? "" : `  ${styleText("dim", fields.join(" "))}`;
  const stack = Object.values(facts).find((value) => isMistake(value));
  const below = level === "error" && stack instanceof Error ? `${safe(stack.stack ?? "", true)}\n` : "";
  return `${time} ${styleText(COLOURS[level], level.padEnd(5))} ${safe(words)}${rest}\n${below}`;
}

/** Ours say all in their words; the system's (with a code) too. */
function isMistake(value: unknown): boolean {
  return value instanceof Error && value.name !== "TailherdError" && !("code" in value);
}

function valueOf(value: unknown): string {
  const text = value instanceof Error ? value.message : typeof value === "string" ? value : JSON.stringify(value);
  return /^[\w./:@+%-]+$/.test(text)
    ? text
    : safe(typeof value === "object" && !(value instanceof Error) ? text : JSON.stringify(text));
}

/** Names and words may come from anywhere: nothing in them steers the terminal. */
function safe(text: string, lines = false): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  return text.replaceAll(/[\u0000-\u001F\u007F-\u009F]/g, (character) => (lines && character === "\n" ? "\n" : "�"));
}
