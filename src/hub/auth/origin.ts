// Which names the hub answers to and which pages may talk to it: the defence against DNS rebinding, cross-site requests and
// cross-site sockets. Exact names and ports, no patterns.
import type { IncomingHttpHeaders } from "node:http";
import { TailherdError } from "../../contract/errors.ts";
import type { Door } from "./door.ts";
import type { Identity } from "./identity.ts";

const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Writes a host and port as a Host header does. */
export function authority(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The Host values that one listener answers to. */
export function allowedHosts(host: string, port: number): ReadonlySet<string> {
  const names = [...LOOPBACK_NAMES, host.includes(":") ? `[${host}]` : host];
  const all = names.map((name) => `${name.toLowerCase()}:${port}`);
  // Browsers leave out the port that http has anyway.
  if (port === 80) all.push(...names.map((name) => name.toLowerCase()));
  return new Set(all);
}

/** Throws `wrong_origin` when a request over TCP names a host that is not served. No browser can open the unix socket. */
export function checkHost(door: Door, allowed: ReadonlySet<string>, headers: IncomingHttpHeaders): void {
  if (door.kind === "socket") return;
  const host = headers.host?.toLowerCase();
  if (host !== undefined && allowed.has(host)) return;
  throw new TailherdError(
    "wrong_origin",
    `This hub does not answer to ${host === undefined ? "requests without a Host" : JSON.stringify(host.slice(0, 300))}: use one of its own addresses`,
  );
}

/** Throws `wrong_origin` when another site's page is behind a request to the API. */
export function checkSite(method: string, allowed: ReadonlySet<string>, headers: IncomingHttpHeaders): void {
  const { origin } = headers;
  const site = headers["sec-fetch-site"];
  if (origin !== undefined && !isAllowedOrigin(origin, allowed)) throw foreign(origin);
  if (site === undefined || site === "same-origin") return;
  // A person who follows a link to a page of ours, or types its address.
  const navigates = headers["sec-fetch-mode"] === "navigate" && SAFE_METHODS.has(method);
  if ((site === "none" || navigates) && SAFE_METHODS.has(method)) return;
  throw foreign(typeof site === "string" ? site : "unknown");
}

/** Throws `wrong_origin` when a change rests on a cookie and nothing proves that our own page asked for it. */
export function checkProof(method: string, identity: Identity, headers: IncomingHttpHeaders): void {
  if (SAFE_METHODS.has(method) || identity.credential.kind !== "session") return;
  if (headers.origin !== undefined || headers["sec-fetch-site"] !== undefined) return;
  throw new TailherdError(
    "wrong_origin",
    "A session may change things only from the dashboard: scripts use a bearer token",
  );
}

function isAllowedOrigin(origin: string, allowed: ReadonlySet<string>): boolean {
  const match = /^https?:\/\/([^/]+)$/.exec(origin);
  return match?.[1] !== undefined && allowed.has(match[1].toLowerCase());
}

function foreign(what: string): TailherdError {
  return new TailherdError("wrong_origin", `Only pages of this hub may ask it: this came from ${what.slice(0, 300)}`);
}
