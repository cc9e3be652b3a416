// What a command that runs for months does around its work: signals, mistakes, the compile cache.
import nodeModule from "node:module";
import { SECOND } from "../base/units.ts";
import { EXIT } from "../contract/error-table.ts";
import type { Logger } from "../runtime/logger.ts";
import { EXIT_INTERRUPTED } from "./failure.ts";

/** Logged and over: a supervisor restarts us, and nothing carries on in a state that nobody knows. */
export function dieOfMistakes(logger: Logger): void {
  const die = (error: unknown): never => {
    logger.error({ err: error }, "A mistake of ours ends this process; services go on");
    process.exit(EXIT.failed);
  };
  process.on("uncaughtException", die);
  process.on("unhandledRejection", die);
}

/** The first signal asks; a second one does not. */
export async function untilSignal(): Promise<NodeJS.Signals> {
  return await new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (asked && signal === "SIGINT") process.exit(EXIT_INTERRUPTED);
        asked = true;
        resolve(signal);
      });
    }
  });
}

/** The exit code after a signal that ended us well. */
export function signalledExit(signal: NodeJS.Signals): number {
  return signal === "SIGINT" ? EXIT_INTERRUPTED : EXIT.ok;
}

/** A process that is killed writes no cache; the next start should be quick all the same. */
export function keepCompileCache(): void {
  setTimeout(() => nodeModule.flushCompileCache(), SECOND).unref();
}
