// What follows from the targets of an operation: how many are in which state, and what that makes of the whole.
import { lastOf } from "../../base/tail-text.ts";
import { KIB, MIB } from "../../base/units.ts";
import { MAX_COMMAND_OUTPUT } from "../../contract/commands.ts";
import type { Operation, OperationState, OperationTarget } from "../../contract/operations.ts";

/** Characters kept of the outputs of all targets together, and of one at least. */
const OUTPUT_OF_ALL = 16 * MIB;
const OUTPUT_AT_LEAST = 4 * KIB;
/** Characters of all outputs together in one answer, and of one at least. */
const ANSWER_OUTPUT = MIB;
const ANSWER_AT_LEAST = 256;

export const NO_TARGETS: Operation["counts"] = {
  queued: 0,
  sent: 0,
  running: 0,
  done: 0,
  failed: 0,
  unknown: 0,
  cancelled: 0,
};

export function isOver(state: OperationState): boolean {
  return state !== "queued" && state !== "sent" && state !== "running";
}

export function countsOf(targets: readonly Pick<OperationTarget, "state">[]): Operation["counts"] {
  const counts = { ...NO_TARGETS };
  for (const { state } of targets) counts[state] += 1;
  return counts;
}

/** A failure speaks for the whole, then what nobody knows, then what was cancelled; while something goes on, that. */
export function stateOf({
  queued,
  sent,
  running,
  done,
  failed,
  unknown,
  cancelled,
}: Operation["counts"]): OperationState {
  const over = done + failed + unknown + cancelled;
  if (queued + sent + running > 0) {
    if (running + over > 0) return "running";
    return sent > 0 ? "sent" : "queued";
  }
  if (failed > 0) return "failed";
  if (unknown > 0) return "unknown";
  return cancelled > 0 ? "cancelled" : "done";
}

/** Characters of output that are kept of each of so many targets. */
export function outputLimit(targets: number): number {
  return share(targets, OUTPUT_OF_ALL, OUTPUT_AT_LEAST);
}

/** A target with so much of its output as an answer with so many of them can hold. */
export function withOutput(target: OperationTarget, output: string, targets: number): OperationTarget {
  const shown = lastOf(output, share(targets, ANSWER_OUTPUT, ANSWER_AT_LEAST));
  return { ...target, output: shown, output_dropped: target.output_dropped + output.length - shown.length };
}

function share(targets: number, all: number, least: number): number {
  return Math.min(MAX_COMMAND_OUTPUT, Math.max(least, Math.floor(all / Math.max(1, targets))));
}
