// Dials the hub and stays linked: after each end it waits and dials again, ever longer apart and each agent at its own moment, so that
// thousands do not come back in step (P14).
import { WebSocket } from "ws";
import type { Clock } from "../../base/clock.ts";
import { MIB, MINUTE, SECOND } from "../../base/units.ts";
import { LINK_CLOSED, LINK_PATH } from "../../contract/link.ts";
import { SocketChannel } from "../../runtime/link/socket-channel.ts";
import type { ChannelEnd } from "../../runtime/link/channel.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { HubLink, Pinned } from "./hub-link.ts";

const LEAST_DELAY = SECOND / 4;
/** The first delay at its longest; each further one may be longer by this factor. */
const FIRST_DELAY = 2 * SECOND;
const FACTOR = 1.5;
const MAX_DELAY = 30 * SECOND;
/** A refusal ends only when a person does something. */
const REFUSED_DELAY = MINUTE;
/** A link that lived so long was a good one: the delays begin anew. */
const GOOD_AFTER = 10 * SECOND;
const HANDSHAKE_TIMEOUT = 10 * SECOND;
/** What a hub sends may be large: the whole desired state is one message. */
const MAX_PAYLOAD = 32 * MIB;

/**
 * Milliseconds to wait before dialling again, after `failures` ends in a row: anything up to a growing limit. All agents of a hub that
 * restarts lose it at the same moment, and a spread over half of each delay would bring half of them back within half a second.
 * `random` is from 0 to 1.
 */
export function redialDelay(failures: number, refused: boolean, random: number): number {
  const most = refused ? REFUSED_DELAY : Math.min(MAX_DELAY, FIRST_DELAY * FACTOR ** Math.min(failures, 10));
  const least = refused ? REFUSED_DELAY / 2 : LEAST_DELAY;
  return least + (most - least) * random;
}

/** What became of the link. */
export type LinkNews =
  | { state: "linked" }
  /** `refused`: the hub or its key is not the one, or it does not want this agent; only a person can change that. */
  | { state: "away"; reason: string; refused: boolean; again_in_ms: number };

export interface StayLinkedOptions {
  link: HubLink;
  /** "http://100.64.0.1:8765" */
  hubUrl: string;
  pinned: Pinned;
  clock: Clock;
  /** Hears of each link, and of each end and failure. */
  news: (news: LinkNews) => void;
  random: () => number;
}

/** Dials until `signal` is aborted; never rejects. */
export async function stayLinked(options: StayLinkedOptions, signal: AbortSignal): Promise<void> {
  const { link, pinned, clock, news, hubUrl } = options;
  let failures = 0;
  signal.addEventListener("abort", () => link.close(), { once: true });
  while (!signal.aborted) {
    let linkedAt: number | undefined;
    const end = await dial(hubUrl, signal).then(
      (channel) =>
        link.serve(channel, pinned, () => {
          linkedAt = clock.monotonic();
          news({ state: "linked" });
        }),
      (error: unknown): ChannelEnd => ({ code: 1006, reason: error instanceof Error ? error.message : String(error) }),
    );
    if (signal.aborted) return;
    failures = linkedAt !== undefined && clock.monotonic() - linkedAt >= GOOD_AFTER ? 0 : failures + 1;
    const refused = end.code === LINK_CLOSED.refused || end.code === LINK_CLOSED.version;
    const delay = redialDelay(failures - 1, refused, options.random());
    const reason = end.reason === "" ? "the connection was closed" : end.reason;
    news({ state: "away", reason, refused, again_in_ms: Math.round(delay) });
    await pause(delay, clock, signal);
  }
}

/** For those who listen to no news themselves. */
export function logNews(logger: Logger, hubUrl: string): (news: LinkNews) => void {
  return (news) => {
    if (news.state === "linked") logger.info({ hub: hubUrl }, "linked to the hub");
    else if (news.refused) logger.error({ hub: hubUrl, ...news }, "the hub does not let this agent in");
    else logger.warn({ hub: hubUrl, ...news }, "no link to the hub");
  };
}

async function dial(hubUrl: string, signal: AbortSignal): Promise<SocketChannel> {
  const url = new URL(LINK_PATH, hubUrl.replace(/^http/, "ws"));
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  });
  const giveUp = (): void => socket.terminate();
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("the hub closed the connection")));
    });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  return new SocketChannel(socket);
}

async function pause(delay: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = clock.after(delay, resolve);
  const stop = (): void => resolve();
  signal.addEventListener("abort", stop, { once: true });
  await promise;
  signal.removeEventListener("abort", stop);
  timer.cancel();
}
