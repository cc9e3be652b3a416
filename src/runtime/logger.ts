// The one logger of a process, handed down as an argument: JSON lines on stderr.
import { pino } from "pino";

/** What our code needs of a logger; an object of facts first, then words. */
export interface Logger {
  debug(facts: object, words: string): void;
  info(facts: object, words: string): void;
  warn(facts: object, words: string): void;
  error(facts: object, words: string): void;
}

/** Makes the process's logger. Level from TAILHERD_LOG_LEVEL unless given. */
export function createLogger(level = process.env.TAILHERD_LOG_LEVEL ?? "info"): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** Says nothing; for tests. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };
