// Answers to acts, in short.
import type { ActResult } from "../../contract/agent.ts";
import type { ProcessIdentity } from "./run-directory.ts";

export function done(message: string, count = 1): ActResult {
  return { outcome: "done", message, count };
}

/** It was tried, and clearly did not work. */
export function failed(message: string, count = 1): ActResult {
  return { outcome: "failed", message, count };
}

/** Nothing was tried. */
export function refused(message: string): ActResult {
  return { outcome: "refused", message, count: 0 };
}

/** "412, 413". */
export function pidsOf(processes: ProcessIdentity[]): string {
  return processes.map(({ pid }) => pid).join(", ");
}
