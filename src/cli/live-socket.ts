// Follows topics of /ws across lost connections, for commands that show what is as it changes.
import { WebSocket } from "ws";
import type { ServerMessage, Topic } from "../contract/live.ts";
import type { HubAddress } from "./client.ts";
import { pause, RETRY_FIRST, RETRY_SLOWEST, SILENCE } from "./event-stream.ts";
import { problemFailure } from "./failure.ts";

/** What following needs. */
export interface LiveOptions {
  address: HubAddress;
  topics: Topic[];
  /** The first one after each connection is the snapshot, where topic `services` is followed. */
  onMessage(message: ServerMessage): void;
  /** The connection ended; it will be tried again. */
  onLost(reason: string): void;
  signal: AbortSignal;
}

/** Follows until the signal aborts (then it resolves). Rejects with `CliFailure` when the hub says that this caller may not. */
export async function followLive(options: LiveOptions): Promise<void> {
  const { signal } = options;
  let wait = RETRY_FIRST;
  while (!signal.aborted) {
    const { reason, opened } = await oneConnection(options);
    if (signal.aborted) return;
    options.onLost(reason);
    if (opened) wait = RETRY_FIRST;
    await pause(wait, signal);
    wait = Math.min(wait * 2, RETRY_SLOWEST);
  }
}

/** Resolves when it ended, however it did. */
async function oneConnection(options: LiveOptions): Promise<{ reason: string; opened: boolean }> {
  const socket = open(options.address);
  const abort = (): void => socket.terminate();
  options.signal.addEventListener("abort", abort, { once: true });
  const silence = setTimeout(abort, SILENCE);
  let opened = false;
  let reason = "the hub ended it";
  try {
    return await new Promise((resolve, reject) => {
      socket.on("open", () => {
        opened = true;
        socket.send(JSON.stringify({ type: "subscribe", topics: options.topics }));
      });
      socket.on("message", (data: Buffer) => {
        silence.refresh();
        options.onMessage(JSON.parse(data.toString("utf8")) as ServerMessage);
      });
      socket.on("ping", () => silence.refresh());
      socket.on("unexpected-response", (_, { statusCode = 0 }) => {
        // Being refused stays so, however often it is tried; a proxy's 502 passes.
        if (statusCode === 401 || statusCode === 403) reject(problemFailure({}, statusCode));
        reason = `the hub answered with status ${statusCode}`;
        socket.terminate();
      });
      socket.on("error", (error) => (reason = error.message));
      socket.on("close", () => resolve({ reason, opened }));
    });
  } finally {
    clearTimeout(silence);
    options.signal.removeEventListener("abort", abort);
    socket.terminate();
  }
}

function open(address: HubAddress): WebSocket {
  const options = { perMessageDeflate: false };
  if (address.kind === "socket") return new WebSocket(`ws+unix:${address.path}:/ws`, options);
  const url = new URL(`${address.url.pathname.replace(/\/$/, "")}/ws`, address.url);
  url.protocol = address.url.protocol === "https:" ? "wss:" : "ws:";
  const { token } = address;
  return new WebSocket(url, {
    ...options,
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
  });
}
