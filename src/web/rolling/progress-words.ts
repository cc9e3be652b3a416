// How far a rolling restart is, in numbers. Pure.
import type { Operation } from "../../contract/operations.ts";

export interface Counts {
  done: number;
  failed: number;
  /** Nothing more becomes of these. */
  over: number;
  total: number;
}

export function countsOf({ counts }: Pick<Operation, "counts">): Counts {
  const failed = counts.failed + counts.unknown;
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return { done: counts.done, failed, over: counts.done + failed + counts.cancelled, total };
}
