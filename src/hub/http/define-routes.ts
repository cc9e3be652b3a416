// The types that tie handlers to the contract's table: a missing handler does not compile, nor one that answers something else.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RouteBody, RouteKey, RouteParams, RouteQuery, RouteResult } from "../../contract/routes.ts";
import type { ConnectionFacts } from "../auth/door.ts";
import type { Identity } from "../auth/identity.ts";
import type { Actor } from "../store/store.ts";

/** A request as a handler gets it: who calls is known and allowed, what they sent is checked. */
export interface Call<K extends RouteKey> {
  params: RouteParams<K>;
  query: RouteQuery<K>;
  body: RouteBody<K>;
  identity: Identity;
  actor: Actor;
  connection: ConnectionFacts;
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/** An answer with more than a body. */
export class Answer<T> {
  readonly body: T;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(body: T, { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {}) {
    this.body = body;
    this.status = status;
    this.headers = headers;
  }
}

/** JSON that is serialised already and of the route's type; `GET /api/status` is kept ready like this. */
export class ReadyJson<T> {
  readonly text: string;
  /** Never set: keeps the type of what the text says. */
  declare readonly of: T;

  constructor(text: string) {
    this.text = text;
  }
}

/** Text or bytes of the route's own media type. */
export class Media {
  readonly content: string | Uint8Array;
  /** Instead of the route's, where the asker chose. */
  readonly type: string | undefined;

  constructor(content: string | Uint8Array, type?: string) {
    this.content = content;
    this.type = type;
  }
}

/** The handler writes to `outgoing` itself and ends it. */
export class TakenOver {
  readonly takenOver = true;
}
/** What such a handler answers. */
export const TAKEN_OVER = new TakenOver();

type HandlerAnswer<K extends RouteKey> = [RouteResult<K>] extends [never]
  ? Media | TakenOver
  : RouteResult<K> | Answer<RouteResult<K>> | ReadyJson<RouteResult<K>>;

/** Does what one route is for. Expected refusals are thrown as `TailherdError`. */
export type Handler<K extends RouteKey> = (call: Call<K>) => HandlerAnswer<K> | Promise<HandlerAnswer<K>>;

/** A handler for each route of the table. */
export type Handlers = { [K in RouteKey]: Handler<K> };
/** Some of them: each file of handlers gives its share. */
export type HandlersOf<K extends RouteKey> = Pick<Handlers, K>;

/** Ties the handlers to the table. */
export function defineRoutes(handlers: Handlers): Handlers {
  return handlers;
}
