// The one way into every route: who calls, may they, is what they sent right; then the handler; then the answer. It translates and
// implements nothing.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import { TailherdError, toFieldIssues } from "../../contract/errors.ts";
import { routes, type RouteKey, type RouteSpec } from "../../contract/routes.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import { connectionFacts, requestFacts, type Door } from "../auth/door.ts";
import { actorOf, demand } from "../auth/identity.ts";
import { checkHost, checkProof, checkSite } from "../auth/origin.ts";
import { Answer, Media, ReadyJson, TakenOver, type Call, type Handlers } from "./define-routes.ts";
import { API_HEADERS } from "./headers.ts";
import { problemReply } from "./problem-response.ts";
import { bodyLimit, readJsonBody, refuseEncoding } from "./read-body.ts";
import type { Reply } from "./reply.ts";
import { Router } from "./router.ts";

/** What is known of a request before anything is done about it. */
export interface Envelope {
  /** As it was sent, without the query. */
  path: string;
  /** With its "?", or empty. */
  search: string;
  incoming: IncomingMessage;
  door: Door;
  hosts: ReadonlySet<string>;
}

/** A request on its way to a route. */
export interface Request extends Envelope {
  method: string;
  outgoing: ServerResponse;
}

/** Parts the path, which is never normalised, from the query. */
export function envelopeOf(incoming: IncomingMessage, door: Door, hosts: ReadonlySet<string>): Envelope {
  const { url = "/" } = incoming;
  const query = url.indexOf("?");
  const path = query < 0 ? url : url.slice(0, query);
  return { path, search: query < 0 ? "" : url.slice(query), incoming, door, hosts };
}

/** What `createApi` needs. */
export interface DispatcherOptions {
  handlers: Handlers;
  authenticator: Authenticator;
  logger: Logger;
  /** Check every answer against the contract, in tests: an answer that breaks it becomes `internal`. */
  checkAnswers: boolean;
}

interface Prepared {
  key: RouteKey;
  spec: RouteSpec;
  query: z.ZodObject | undefined;
  handler: (call: Call<RouteKey>) => unknown;
}

const MAX_HEADERS = 100;

/** The API: all routes of the table, and refusals for everything else below /api. Undefined for what is none of its paths; an answer of undefined was written by the handler itself. */
export function createApi(options: DispatcherOptions): (request: Request) => Promise<Reply | undefined> | undefined {
  const router = new Router<Prepared>();
  for (const key of Object.keys(routes) as RouteKey[]) {
    const [method = "", path = ""] = key.split(" ");
    const spec: RouteSpec = routes[key];
    const handler = options.handlers[key] as Prepared["handler"];
    router.add(method, path, { key, spec, query: spec.query?.strict(), handler });
  }
  return (request) => {
    const { method, path } = request;
    const found = router.find(method, path);
    if (found.found === "route") return answer(request, found.route, found.params, options);
    if (found.found === "path") return Promise.resolve(wrongMethod(request, found.methods));
    if (!path.startsWith("/api/")) return undefined;
    throw new TailherdError("not_found", `There is no route ${method} ${path}`);
  };
}

function wrongMethod({ method, path }: Request, methods: readonly string[]): Reply {
  const allow = methods.join(", ");
  const reply = problemReply(new TailherdError("method_not_allowed", `Cannot ${method} ${path}: it takes ${allow}`));
  return { ...reply, headers: { ...reply.headers, allow } };
}

/** Throws when the request names a foreign host, comes from a foreign page or has too many headers; before anything else. */
export function checkEnvelope({ path, incoming, door, hosts }: Envelope): void {
  if (incoming.rawHeaders.length > 2 * MAX_HEADERS) {
    throw new TailherdError("refused", `Cannot read the request: it has more than ${MAX_HEADERS} headers`);
  }
  checkHost(door, hosts, incoming.headers);
  // "GET http://other/" names its host there, and "OPTIONS *" no path at all.
  if (!path.startsWith("/")) throw new TailherdError("refused", "Cannot read the request: it must name a path");
}

async function answer(
  request: Request,
  route: Prepared,
  given: Record<string, string>,
  options: DispatcherOptions,
): Promise<Reply | undefined> {
  const { method, incoming, outgoing, door, hosts } = request;
  checkSite(method, hosts, incoming.headers);
  const connection = connectionFacts(incoming, door);
  const identity = await options.authenticator.authenticate(connection, requestFacts(incoming));
  demand(identity, route.spec.action);
  checkProof(method, identity, incoming.headers);
  const params = checkParams(given, route);
  const query = checkQuery(request, route);
  const body = await checkBody(request, route);
  const call = { params, query, body, identity, actor: actorOf(identity), connection, incoming, outgoing };
  return respond(await route.handler(call as Call<RouteKey>), route, options);
}

function checkParams(given: Record<string, string>, { spec }: Prepared): unknown {
  if (spec.params === undefined) return {};
  const checked = spec.params.safeParse(given);
  if (checked.success) return checked.data;
  // No service can have such a name, and what cannot be is not there.
  if (given.name !== undefined) throw new TailherdError("not_found", `There is no service "${given.name}"`);
  throw invalid("the path", checked.error);
}

function checkQuery({ search }: Request, { query }: Prepared): unknown {
  if (query === undefined) return {};
  const sent = new URLSearchParams(search);
  const given = [...new Set(sent.keys())].map((name) => {
    const values = sent.getAll(name);
    return [name, values.length === 1 ? values[0] : values];
  });
  const checked = query.safeParse(Object.fromEntries(given));
  if (checked.success) return checked.data;
  throw invalid("the query", checked.error);
}

async function checkBody({ incoming }: Request, { key, spec }: Prepared): Promise<unknown> {
  if (spec.body === undefined) {
    refuseEncoding(incoming);
    return undefined;
  }
  const optional = spec.body.safeParse(undefined).success;
  const given = optional && isEmpty(incoming) ? undefined : await readJsonBody(incoming, bodyLimit(key));
  const checked = spec.body.safeParse(given);
  if (checked.success) return checked.data;
  throw invalid("the body", checked.error);
}

/** No body was sent, as its headers say. */
function isEmpty({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] === undefined && Number(headers["content-length"] ?? 0) === 0;
}

function invalid(part: string, error: z.ZodError): TailherdError {
  const issues = toFieldIssues(error);
  const words = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  return new TailherdError("invalid", `Cannot accept ${part}: ${words}`, { issues });
}

function respond(result: unknown, { key, spec }: Prepared, { checkAnswers }: DispatcherOptions): Reply | undefined {
  if (result instanceof TakenOver) return undefined;
  if (result instanceof Media) {
    const type = "media" in spec.result ? spec.result.media : "application/octet-stream";
    const charset = type.startsWith("text/") ? "; charset=utf-8" : "";
    const headers = { ...API_HEADERS, "content-type": result.type ?? type + charset };
    return { status: 200, headers, body: result.content };
  }
  const answer = result instanceof Answer ? result : undefined;
  const text = result instanceof ReadyJson ? result.text : JSON.stringify(answer === undefined ? result : answer.body);
  if (checkAnswers) refuseBrokenAnswer(key, spec, text);
  const headers = { ...API_HEADERS, "content-type": "application/json", ...answer?.headers };
  return { status: answer?.status ?? 200, headers, body: text };
}

function refuseBrokenAnswer(key: RouteKey, { result }: RouteSpec, text: string): void {
  if ("media" in result) return;
  const checked = result.safeParse(JSON.parse(text));
  if (checked.success) return;
  throw new Error(`The answer of ${key} breaks the contract: ${JSON.stringify(toFieldIssues(checked.error))}`);
}
