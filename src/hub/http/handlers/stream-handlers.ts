// Server-sent events: what happened, and output as it comes. Both resume where the client was.
import type { IncomingMessage } from "node:http";
import { TailherdError } from "../../../contract/errors.ts";
import type { StoredEvent } from "../../../contract/events.ts";
import type { OutputNotice } from "../../agents/intake.ts";
import { TAKEN_OVER, type HandlersOf } from "../define-routes.ts";
import { EventStream } from "../event-stream.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys = "GET /api/events" | "GET /api/services/{name}/logs/follow";

/** Events read from the store at once while catching up. */
const PAGE = 500;

/** Handlers of streams. */
export function streamHandlers(parts: HubParts): HandlersOf<Keys> {
  const { store, events, outputs, catalog, book, clock, open, logger } = parts;
  return {
    async "GET /api/events"({ query, identity, incoming, outgoing }) {
      const after = lastSeq(incoming);
      const server = query.server === undefined ? undefined : book.require(query.server).id;
      const stream = new EventStream(outgoing, clock);
      const right = open.add(identity.credential, () => stream.end());
      // Heard from now on, sent after what the store has: nothing falls between the two.
      const replay = after === undefined ? undefined : { heard: [] as StoredEvent[], sent: after };
      let replaying = replay !== undefined;
      const send = ({ seq, event }: StoredEvent): void => {
        if (query.service !== undefined && event.service !== query.service) return;
        if (server !== undefined && event.server_id !== server) return;
        stream.send(event.type, String(seq), JSON.stringify(event));
      };
      const listening = events.stored.on((stored) => {
        if (replaying) replay?.heard.push(stored);
        else send(stored);
      });
      stream.onClose(() => {
        listening[Symbol.dispose]();
        right[Symbol.dispose]();
      });
      if (replay === undefined) return TAKEN_OVER;
      try {
        for (;;) {
          const filter = { service: query.service, server };
          const page = await store.listEvents({ after: replay.sent, limit: PAGE, ...filter });
          for (const stored of page) send(stored);
          replay.sent = page.at(-1)?.seq ?? replay.sent;
          await stream.drained();
          if (page.length < PAGE || !stream.isOpen) break;
        }
        replaying = false;
        for (const stored of replay.heard) if (stored.seq > replay.sent) send(stored);
      } catch (error) {
        // The headers are out: all that can be told is the end, after which the client resumes.
        logger.warn({ err: error }, "Cannot replay events to a stream");
        stream.end();
      }
      return TAKEN_OVER;
    },

    async "GET /api/services/{name}/logs/follow"({ params, query, identity, incoming, outgoing }) {
      catalog.require(params.name);
      const after = headerOf(incoming) ?? query.after;
      const early: OutputNotice[] = [];
      const sink: { take: (notice: OutputNotice) => void } = { take: (notice) => void early.push(notice) };
      const listener = (notice: OutputNotice): void => sink.take(notice);
      const server = query.server === undefined ? null : book.require(query.server).id;
      const followed = { service: params.name, server, index: query.index ?? null, after };
      const following = await outputs.followFrom(followed, listener);
      const stream = new EventStream(outgoing, clock);
      const right = open.add(identity.credential, () => stream.end());
      sink.take = ({ index, server_id, lines }) => {
        for (const line of lines) stream.send("line", line.cursor, JSON.stringify({ index, server_id, ...line }));
      };
      for (const notice of early) sink.take(notice);
      stream.onClose(() => {
        right[Symbol.dispose]();
        void following[Symbol.asyncDispose]();
      });
      return TAKEN_OVER;
    },
  };
}

function headerOf(incoming: IncomingMessage): string | undefined {
  const value = incoming.headers["last-event-id"];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function lastSeq(incoming: IncomingMessage): number | undefined {
  const value = headerOf(incoming);
  if (value === undefined) return undefined;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new TailherdError("refused", 'Cannot resume: Last-Event-ID must be the "id" of an event that this stream sent');
}
