// The one way into every route: who calls, may they, is what they sent right; then the handler; then the answer. It translates and
// implements nothing.
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { Hono, type Context } from "hono";
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
import { problemResponse, toTailherdError } from "./problem-response.ts";
import { bodyLimit, readJsonBody, refuseEncoding } from "./read-body.ts";

/** What hono hands to a request of ours. */
export type Env = { Bindings: HttpBindings & { door: Door; hosts: ReadonlySet<string> } };
type RequestContext = Context<Env>;

/** What `createApp` needs. */
export interface DispatcherOptions {
  handlers: Handlers;
  authenticator: Authenticator;
  logger: Logger;
  /** Check every answer against the contract, in tests: an answer that breaks it becomes `internal`. */
  checkAnswers: boolean;
  /** Throws when a request must not be looked at any further. */
  before: (context: RequestContext) => void;
}

interface Prepared {
  key: RouteKey;
  spec: RouteSpec;
  query: z.ZodObject | undefined;
  handler: (call: Call<RouteKey>) => unknown;
}

const MAX_HEADERS = 100;

/** The API as a hono app: all routes of the table, and problem details for everything else below /api. */
export function createApp(options: DispatcherOptions): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (context, next) => {
    options.before(context);
    await next();
  });
  const methods = new Map<string, string[]>();
  for (const key of Object.keys(routes) as RouteKey[]) {
    const [method = "", path = ""] = key.split(" ");
    const spec: RouteSpec = routes[key];
    const handler = options.handlers[key] as Prepared["handler"];
    const route: Prepared = { key, spec, query: spec.query?.strict(), handler };
    const pattern = path.replaceAll(/\{(\w+)\}/g, ":$1");
    methods.set(pattern, [...(methods.get(pattern) ?? []), method]);
    app.on(method, pattern, (context) => answer(context, route, options));
  }
  for (const [pattern, known] of methods) {
    app.all(pattern, (context) => {
      const allow = known.join(", ");
      const words = `Cannot ${context.req.method} ${context.req.path}: it takes ${allow}`;
      const response = problemResponse(new TailherdError("method_not_allowed", words));
      response.headers.set("allow", allow);
      return response;
    });
  }
  app.all("/api/*", (context) => {
    return problemResponse(
      new TailherdError("not_found", `There is no route ${context.req.method} ${context.req.path}`),
    );
  });
  app.onError((error, context) =>
    problemResponse(toTailherdError(error, options.logger, `${context.req.method} ${context.req.path}`)),
  );
  return app;
}

/** Throws when the request names a foreign host, comes from a foreign page or has too many headers; before anything else. */
export function checkEnvelope(context: RequestContext): void {
  const { incoming, door, hosts } = context.env;
  if (incoming.rawHeaders.length > 2 * MAX_HEADERS) {
    throw new TailherdError("refused", `Cannot read the request: it has more than ${MAX_HEADERS} headers`);
  }
  checkHost(door, hosts, incoming.headers);
}

async function answer(context: RequestContext, route: Prepared, options: DispatcherOptions): Promise<Response> {
  const { incoming, outgoing, door, hosts } = context.env;
  const { method } = context.req;
  checkSite(method, hosts, incoming.headers);
  const connection = connectionFacts(incoming, door);
  const identity = await options.authenticator.authenticate(connection, requestFacts(incoming));
  demand(identity, route.spec.action);
  checkProof(method, identity, incoming.headers);
  const params = checkParams(context, route);
  const query = checkQuery(context, route);
  const body = await checkBody(context, route);
  const call = { params, query, body, identity, actor: actorOf(identity), connection, incoming, outgoing };
  return respond(await route.handler(call as Call<RouteKey>), route, options);
}

function checkParams(context: RequestContext, { spec }: Prepared): unknown {
  if (spec.params === undefined) return {};
  const given = context.req.param() as Record<string, string>;
  const checked = spec.params.safeParse(given);
  if (checked.success) return checked.data;
  // No service can have such a name, and what cannot be is not there.
  if (given.name !== undefined) throw new TailherdError("not_found", `There is no service "${given.name}"`);
  throw invalid("the path", checked.error);
}

function checkQuery(context: RequestContext, { query }: Prepared): unknown {
  if (query === undefined) return {};
  const given = Object.entries(context.req.queries()).map(([name, values]) => [
    name,
    values.length === 1 ? values[0] : values,
  ]);
  const checked = query.safeParse(Object.fromEntries(given));
  if (checked.success) return checked.data;
  throw invalid("the query", checked.error);
}

async function checkBody(context: RequestContext, { key, spec }: Prepared): Promise<unknown> {
  const { incoming } = context.env;
  if (spec.body === undefined) {
    refuseEncoding(incoming);
    return undefined;
  }
  const checked = spec.body.safeParse(await readJsonBody(incoming, bodyLimit(key)));
  if (checked.success) return checked.data;
  throw invalid("the body", checked.error);
}

function invalid(part: string, error: z.ZodError): TailherdError {
  const issues = toFieldIssues(error);
  const words = issues.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  return new TailherdError("invalid", `Cannot accept ${part}: ${words}`, { issues });
}

function respond(result: unknown, { key, spec }: Prepared, { checkAnswers }: DispatcherOptions): Response {
  if (result instanceof TakenOver) return RESPONSE_ALREADY_SENT;
  if (result instanceof Media) {
    const type = "media" in spec.result ? spec.result.media : "application/octet-stream";
    const charset = type.startsWith("text/") ? "; charset=utf-8" : "";
    return new Response(result.content as string, { headers: { ...API_HEADERS, "content-type": type + charset } });
  }
  const answer = result instanceof Answer ? result : undefined;
  const text = result instanceof ReadyJson ? result.text : JSON.stringify(answer === undefined ? result : answer.body);
  if (checkAnswers) refuseBrokenAnswer(key, spec, text);
  const headers = { ...API_HEADERS, "content-type": "application/json", ...answer?.headers };
  return new Response(text, { status: answer?.status ?? 200, headers });
}

function refuseBrokenAnswer(key: RouteKey, { result }: RouteSpec, text: string): void {
  if ("media" in result) return;
  const checked = result.safeParse(JSON.parse(text));
  if (checked.success) return;
  throw new Error(`The answer of ${key} breaks the contract: ${JSON.stringify(toFieldIssues(checked.error))}`);
}
