// Server-sent events: reading them, and following them across lost connections.
import { StringDecoder } from "node:string_decoder";
import { SECOND } from "../base/units.ts";
import { EXIT } from "../contract/error-table.ts";
import { CliFailure } from "./failure.ts";
import type { WireResponse } from "./wire.ts";

/** One event of a stream. */
export interface StreamEvent {
  /** The last id seen, also from earlier events; where to resume. */
  id: string | undefined;
  type: string;
  data: string;
}

/** Splits a text/event-stream into its events (WHATWG HTML, 9.2.6). */
export async function* readEvents(chunks: AsyncIterable<Buffer>): AsyncGenerator<StreamEvent> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let id: string | undefined;
  let type = "message";
  let data: string[] = [];
  for await (const chunk of chunks) {
    rest += decoder.write(chunk);
    // A lone CR at the end may be half of a CRLF, so it waits for what follows.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { id, type, data: data.join("\n") };
        type = "message";
        data = [];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") data.push(value);
      else if (field === "event") type = value;
      else if (field === "id" && !value.includes("\0")) id = value;
    }
  }
}

/** What following needs. */
export interface FollowOptions {
  /** Opens the stream after an id, or from its natural beginning. */
  open(lastId: string | undefined): Promise<WireResponse>;
  onEvent(event: StreamEvent): void;
  /** The stream ended or broke; it will be tried again. */
  onLost(reason: string): void;
  onResumed(): void;
  signal: AbortSignal;
}

/** The hub pings each 15 s; a link that says nothing for three of those is dead, whatever TCP thinks of it. */
export const SILENCE = 45 * SECOND;
/** Milliseconds before the first new try, and between later ones at most. */
export const RETRY_FIRST = SECOND / 4;
export const RETRY_SLOWEST = 5 * SECOND;

/**
 * Follows a stream until the signal aborts (then it resolves). A stream that could be opened once is opened again after each
 * loss, after the last id; what can never succeed (the service is gone, the token is refused) rejects.
 */
export async function follow(options: FollowOptions): Promise<void> {
  const { signal } = options;
  let lastId: string | undefined;
  let lost = false;
  let opened = false;
  let wait = RETRY_FIRST;
  while (!signal.aborted) {
    let reason = "the hub ended it";
    try {
      const response = await options.open(lastId);
      opened = true;
      wait = RETRY_FIRST;
      if (lost) options.onResumed();
      lost = false;
      const stop = (): void => response.destroy();
      signal.addEventListener("abort", stop, { once: true });
      try {
        for await (const event of readEvents(untilSilent(response))) {
          lastId = event.id ?? lastId;
          options.onEvent(event);
        }
      } finally {
        signal.removeEventListener("abort", stop);
        response.destroy();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!opened || !isPassing(error)) throw error;
      reason = (error as Error).message;
    }
    if (signal.aborted) return;
    if (!lost) options.onLost(reason);
    lost = true;
    await pause(wait, signal);
    wait = Math.min(wait * 2, RETRY_SLOWEST);
  }
}

async function* untilSilent(response: WireResponse): AsyncGenerator<Buffer> {
  const timer = setTimeout(() => response.destroy(), SILENCE);
  try {
    for await (const chunk of response.body) {
      timer.refresh();
      yield chunk;
    }
  } finally {
    clearTimeout(timer);
  }
}

/** The hub away, restarting or overloaded; anything else stays wrong however often it is tried. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof CliFailure)) return true;
  return (
    error.exitCode === EXIT.hubUnreachable ||
    ["agent_away", "degraded", "rate_limited", "internal"].includes(error.code)
  );
}

/** Waits, or less when the signal aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
