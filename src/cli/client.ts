// Talks to the hub: over the unix socket of a data directory, or to a URL with a token. Typed by the contract's table of
// routes, of which nothing is loaded at run time.
import { EXIT } from "../contract/error-table.ts";
import type { Problem } from "../contract/errors.ts";
import type { RouteBodyInput, RouteKey, RouteParams, RouteQueryInput, RouteResult } from "../contract/routes.ts";
import { CliFailure, problemFailure } from "./failure.ts";
import { readEnrolled } from "./link-file.ts";
import { requestOverSocket, type WireRequest, type WireResponse } from "./wire.ts";

/** Where the hub is. */
export type HubAddress =
  | { kind: "socket"; path: string; dataDir: string }
  | { kind: "url"; url: URL; token: string | undefined };

type Given<T, N extends string> = [T] extends [Record<string, never>]
  ? { [K in N]?: never }
  : [undefined] extends [T]
    ? { [K in N]?: T | undefined }
    : { [K in N]: T };

/** What a route needs; parts that the route does not have cannot be given. */
export type CallInput<K extends RouteKey> = Given<RouteParams<K>, "params"> & {
  query?: { [N in keyof RouteQueryInput<K>]?: RouteQueryInput<K>[N] };
} & Given<RouteBodyInput<K>, "body"> &
  CallExtras;

interface CallExtras {
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Milliseconds until the answer must have begun; none for acts, which end when they are done. */
  timeout?: number;
}

/** Input may be left out for routes that need none. */
type Input<K extends RouteKey> =
  Partial<CallInput<K>> extends CallInput<K> ? [input?: CallInput<K>] : [input: CallInput<K>];

/** An answer with its headers. */
export interface Answer<T> {
  status: number;
  headers: WireResponse["headers"];
  body: T;
}

/** Calls to one hub. All reject with `CliFailure`: the hub's problem, or exit 6 when it cannot be reached. */
export class Client {
  readonly address: HubAddress;

  constructor(address: HubAddress) {
    this.address = address;
  }

  /** "the hub at http://nas:8765", for sentences. */
  get where(): string {
    return this.address.kind === "socket" ? `the hub at ${this.address.path}` : `the hub at ${this.address.url.origin}`;
  }

  /** The JSON answer of a route. */
  async call<K extends RouteKey>(key: K, ...input: Input<K>): Promise<RouteResult<K>> {
    return (await this.ask(key, ...input)).body;
  }

  /** Like `call`, with status and headers. */
  async ask<K extends RouteKey>(key: K, ...input: Input<K>): Promise<Answer<RouteResult<K>>> {
    const response = await this.open(key, ...input);
    const text = await readAll(response);
    return {
      status: response.status,
      headers: response.headers,
      body: parseJson(text, this.where) as RouteResult<K>,
    };
  }

  /** The answer as a stream, for media other than JSON. The caller reads it to its end or destroys it. */
  async open<K extends RouteKey>(key: K, ...[input]: Input<K>): Promise<WireResponse> {
    const extras = (input ?? {}) as CallExtras & { params?: Record<string, unknown>; query?: object; body?: unknown };
    const space = key.indexOf(" ");
    const path = fillPath(key.slice(space + 1), extras.params ?? {}) + queryText(extras.query ?? {});
    const response = await this.send(key.slice(0, space), path, extras);
    const { status } = response;
    if (status >= 200 && status < 300) return response;
    throw problemFailure(parseProblem(await readAll(response)), status, path);
  }

  private async send(method: string, path: string, extras: CallExtras & { body?: unknown }): Promise<WireResponse> {
    const json = extras.body !== undefined;
    const request: WireRequest = {
      method,
      path,
      headers: {
        accept: "application/json, */*;q=0.5",
        ...(json && { "content-type": "application/json" }),
        ...extras.headers,
      },
      body: json ? Buffer.from(JSON.stringify(extras.body)) : undefined,
      signal: extras.signal,
      timeout: extras.timeout,
    };
    try {
      const { address } = this;
      if (address.kind === "socket") return await requestOverSocket(address.path, request);
      const { requestOverNetwork } = await import("./wire-http.ts");
      return await requestOverNetwork(address.url, address.token, request);
    } catch (error) {
      throw this.unreachable(error as NodeJS.ErrnoException, extras.timeout);
    }
  }

  private unreachable(error: NodeJS.ErrnoException, timeout: number | undefined): Error {
    if (error.name === "AbortError") return error;
    if (error.code === "ETIMEDOUT" && timeout !== undefined) {
      return new CliFailure(`Waited ${timeout} ms for ${this.where} to answer: nothing came`, {
        exitCode: EXIT.timedOut,
        code: "timed_out",
      });
    }
    return new CliFailure(`Cannot reach ${this.where}: ${reasonOf(error)}`, {
      exitCode: EXIT.hubUnreachable,
      code: "hub_unreachable",
      hints: this.hintsFor(error),
      cause: error,
    });
  }

  private hintsFor(error: NodeJS.ErrnoException): string[] {
    if (this.address.kind === "url") return ["Is its address right, and does it run there? (--hub, TAILHERD_HUB)"];
    if (error.code === "EACCES" || error.code === "EPERM") {
      return ["The socket belongs to the user who runs the hub: use that account, or --hub URL with a token."];
    }
    const agent = readEnrolled(this.address.dataDir);
    if (agent !== undefined) {
      return [
        `This is the directory of the agent "${agent.name}"; its hub is elsewhere: --hub ${agent.hub_url} (with a token)`,
      ];
    }
    return [
      "Start one with: tailherd up",
      "Is it running with another data directory? Say which: --data-dir DIR, or TAILHERD_DATA_DIR",
    ];
  }
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ENOENT":
      return "nothing runs there (no socket)";
    case "ECONNREFUSED":
      return "nothing listens there";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "the name is not known";
    case "ECONNRESET":
      return "the connection was closed before an answer came";
    default:
      return error.message || String(error.code);
  }
}

function fillPath(pattern: string, params: Record<string, unknown>): string {
  return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
}

function queryText(query: object): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** Everything a response says, as text. */
export async function readAll(response: WireResponse): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CliFailure(`Cannot understand ${where}: its answer is not JSON. Is it a tailherd hub?`, { cause });
  }
}

function parseProblem(text: string): Partial<Problem> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}
