// Calls the hub's routes, typed by the contract: call("GET /api/status"). Rejects with `ApiError` for every refusal.
import type { Problem } from "../../contract/errors.ts";
import type {
  RouteBodyInput,
  RouteKey,
  RouteParams,
  RouteQueryInput,
  RouteResult,
  Routes,
} from "../../contract/routes.ts";

type Given<K extends RouteKey, P extends string, T> = Routes[K] extends Record<P, unknown> ? T : unknown;

/** What a call of a route needs: its path values and body where it has them, its query where wanted. */
export type CallOptions<K extends RouteKey> = Given<K, "params", { params: RouteParams<K> }> &
  Given<K, "body", undefined extends RouteBodyInput<K> ? { body?: RouteBodyInput<K> } : { body: RouteBodyInput<K> }> &
  Given<K, "query", { query?: RouteQueryInput<K> }> & {
    signal?: AbortSignal | undefined;
    /** Revision that the change was made from; the hub refuses it if somebody changed it meanwhile. */
    ifRevision?: number;
  };

type CallArguments<K extends RouteKey> = object extends CallOptions<K> ? [CallOptions<K>?] : [CallOptions<K>];

/** A refusal of the hub, or no answer at all (`code` "unreachable"). */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem, options?: ErrorOptions) {
    super(typeof problem.detail === "string" ? problem.detail : problem.title, options);
    this.name = "ApiError";
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

interface AnyOptions {
  params?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  signal?: AbortSignal;
  ifRevision?: number;
}

/** Calls one route and resolves to its JSON answer. */
export async function call<K extends RouteKey>(key: K, ...[given]: CallArguments<K>): Promise<RouteResult<K>> {
  const options = (given ?? {}) as AnyOptions;
  const [method = "GET", pattern = "/"] = key.split(" ");
  const response = await send(method, addressOf(pattern, options), options);
  if (response.ok) return (await response.json()) as RouteResult<K>;
  throw new ApiError(await problemOf(response));
}

/** A route's address with its `{values}` filled in and its query. */
export function addressOf(pattern: string, { params = {}, query = {} }: AnyOptions): string {
  const path = pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name] ?? "")));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) search.append(name, String(item));
    }
  }
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

async function send(method: string, address: string, { body, signal, ifRevision }: AnyOptions): Promise<Response> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (ifRevision !== undefined) headers["if-match"] = `"${ifRevision}"`;
  try {
    return await fetch(address, {
      method,
      headers,
      credentials: "same-origin",
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(
      {
        type: "about:blank",
        title: "The hub does not answer",
        status: 0,
        detail: "No answer from the hub. It may be restarting, or the network to it is down.",
        code: "unreachable",
        success: false,
      },
      { cause },
    );
  }
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const body = (await response.json()) as Partial<Problem>;
    if (typeof body.code === "string" && typeof body.title === "string") return body as Problem;
  } catch {
    // Not ours (a proxy's page, an empty body): told by its status below.
  }
  return {
    type: "about:blank",
    title: "The answer is not the hub's",
    status: response.status,
    detail: `Expected tailherd's answer, got status ${response.status}. Is a proxy between this browser and the hub?`,
    code: "foreign_answer",
    success: false,
  };
}
