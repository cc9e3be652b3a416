// How far an operation is, in numbers and words. Pure.
import type { MessageOf } from "../../api/live.ts";
import type { Operation, OperationState } from "../../../contract/operations.ts";
import type { InstanceState } from "../../../contract/status.ts";
import type { Tone } from "../../ui/StateMark.tsx";

/** How each state is shown, in the shapes that services have. */
export const OPERATION_LOOK: Record<OperationState, { as: InstanceState; tone: Tone; word: string }> = {
  queued: { as: "waiting", tone: "wait", word: "waits" },
  sent: { as: "starting", tone: "wait", word: "sent" },
  running: { as: "starting", tone: "wait", word: "running" },
  done: { as: "running", tone: "ok", word: "done" },
  failed: { as: "fatal", tone: "bad", word: "failed" },
  unknown: { as: "unhealthy", tone: "warn", word: "unknown" },
  cancelled: { as: "stopped", tone: "off", word: "cancelled" },
};

const GOING: readonly OperationState[] = ["queued", "sent", "running"];
/** What a retry does again. */
const AGAIN: readonly OperationState[] = ["failed", "unknown", "cancelled"];

export function isGoing({ state }: { state: OperationState }): boolean {
  return GOING.includes(state);
}

export interface Progress {
  ended: number;
  total: number;
  /** Targets that a retry would do again. */
  again: number;
  /** "3 of 5 done, 1 failed, 1 waits". */
  words: string;
}

export function progressOf({ counts }: Pick<Operation, "counts">): Progress {
  const of = (state: OperationState): number => counts[state];
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const rest = (["failed", "unknown", "running", "sent", "queued", "cancelled"] as const)
    .filter((state) => of(state) > 0)
    .map((state) => `${of(state)} ${of(state) > 1 && state === "queued" ? "wait" : OPERATION_LOOK[state].word}`);
  return {
    ended: total - GOING.reduce((sum, state) => sum + of(state), 0),
    total,
    again: AGAIN.reduce((sum, state) => sum + of(state), 0),
    words: [`${of("done")} of ${total} done`, ...rest].join(", "),
  };
}

/** With what changed. A list leaves out the targets of a large operation: there only what is said of the whole changes. */
export function withChange(
  operation: Operation,
  { changed, ...about }: MessageOf<"operation_changed">["data"],
): Operation {
  const targets = [...operation.targets];
  for (const { place, target } of changed) if (place < targets.length) targets[place] = target;
  return { ...operation, ...about, targets };
}

/** Milliseconds that something took, or takes so far; null before it began. */
export function elapsed(began: string | null, ended: string | null, now: number): number | null {
  if (began === null) return null;
  return Math.max(0, (ended === null ? now : Date.parse(ended)) - Date.parse(began));
}

/** What it is done to: a service, a server, a service there, an instance of it there. */
export function targetName({ service, server, index }: Operation["targets"][number]): string {
  if (service !== null && index !== null) return `${service} #${index}${server === null ? "" : ` on ${server}`}`;
  if (service !== null && server !== null) return `${service} on ${server}`;
  return service ?? server ?? "the hub";
}
