// What events say about a time axis: spans in which a server was offline, and moments that explain a step in a line. Pure.
import type { StoredEvent } from "../../contract/events.ts";

/** A time in which nothing was heard, Unix milliseconds; `to` is null while it lasts. */
export interface OfflineSpan {
  from: number;
  to: number | null;
}

/** A moment, Unix milliseconds, in words. */
export interface Mark {
  at: number;
  words: string;
}

/** Events in any order; each offline span begins when the server was heard last. */
export function offlineSpans(events: readonly StoredEvent[]): OfflineSpan[] {
  const spans: OfflineSpan[] = [];
  for (const { event } of inOrder(events)) {
    if (event.type !== "server.state") continue;
    const at = Date.parse(event.at);
    const open = spans.findLast((span) => span.to === null);
    if (event.state === "offline" && open === undefined) {
      spans.push({ from: event.since === null ? at : Math.min(at, Date.parse(event.since)), to: null });
    } else if (event.state !== "offline" && open !== undefined) {
      open.to = at;
    }
  }
  return spans;
}

/** Ends of processes that nobody asked for. */
export function endMarks(events: readonly StoredEvent[]): Mark[] {
  return inOrder(events).flatMap(({ event }) =>
    event.type === "instance.exited" && event.exit.by === null
      ? [{ at: Date.parse(event.at), words: `${event.service} ended: ${event.exit.message}` }]
      : [],
  );
}

/** Moments at which a machine came up: where its uptime falls back. */
export function bootMarks(uptime: readonly (readonly [time: number, seconds: number | null])[]): Mark[] {
  const marks: Mark[] = [];
  let before: number | null = null;
  for (const [time, seconds] of uptime) {
    if (seconds === null) continue;
    if (before !== null && seconds < before) marks.push({ at: time - seconds * 1000, words: "restarted" });
    before = seconds;
  }
  return marks;
}

function inOrder(events: readonly StoredEvent[]): StoredEvent[] {
  return events.toSorted((a, b) => a.seq - b.seq);
}
