// Asks by HTTP. Each look is a connection of its own: one that was kept would hide that the service takes no new ones. Redirects are
// answers like any other and never followed, so that no answer leads the agent anywhere else.
import { type IncomingMessage, request, type RequestOptions } from "node:http";
import { Agent as TlsAgent, request as requestTls } from "node:https";
import { connect, isIP, type NetConnectOpts } from "node:net";
import type { SecureContext } from "node:tls";
import { KIB, SECOND } from "../../../base/units.ts";
import type { HttpCheck } from "../../../contract/checks.ts";
import { forbiddenWords, guardedLookup } from "../addresses.ts";
import type { Outcome } from "../judge.ts";
import { matcherOf } from "../pattern.ts";
import { connectionWords, failure, isRefused, LOOPBACK, type Probe, unlessShort, WELL } from "./probe.ts";
import { trustIn } from "./trust.ts";

/** So much of a body is read; the rest may be endless. */
const BODY_LIMIT = 64 * KIB;
/** Milliseconds that a body may go on after all was known. */
const DRAIN = SECOND;

const tlsAgent = new TlsAgent({ keepAlive: false, maxCachedSessions: 0 });

/** `resolvePath`: of a path relative to the service's directory. */
export function openHttpProbe(
  check: HttpCheck,
  ports: readonly number[],
  resolvePath: (path: string) => string,
): Probe {
  const target = targetOf(check, ports);
  const isWell = statusMatcher(check.status);
  const holds = check.body === null ? null : matcherOf(check.body);
  const file = check.tls?.ca_file ?? null;
  const trust = file === null ? undefined : trustIn(file, () => resolvePath(file));
  const judge = (response: IncomingMessage, done: (outcome: Outcome) => void): void => {
    const { statusCode = 0 } = response;
    if (!isWell(statusCode)) done(failure(`status ${statusCode}, not ${check.status.join(" or ")}`));
    else if (holds === null) done(WELL);
    else return readBody(response, (text) => done(holds(text) ? WELL : failure(`the body lacks "${check.body}"`)));
    drain(response);
  };
  return {
    look(done) {
      let cut = (): void => undefined;
      let settled = false;
      const settle = (outcome: Outcome | null): void => {
        if (settled) return;
        settled = true;
        done(outcome);
      };
      const attempt = (at: number, context?: SecureContext): void => {
        const host = target.hosts[at] ?? "";
        const refusal = forbiddenWords(host);
        if (refusal !== undefined) return queueMicrotask(() => settle(failure(refusal)));
        const asked = (target.tls ? requestTls : request)(optionsOf(check, target, host, context));
        cut = () => asked.destroy();
        asked.on("response", (response) => judge(response, settle));
        asked.on("error", (error) => {
          if (settled) return;
          if (isRefused(error) && at + 1 < target.hosts.length) attempt(at + 1, context);
          else settle(unlessShort(error, () => connectionWords(error, target.where)));
        });
        asked.end();
      };
      if (trust === undefined) attempt(0);
      else {
        void trust().then((read) => {
          if (settled) return;
          if (read.ok) attempt(0, read.context);
          else settle(failure(read.words));
        });
      }
      return () => {
        settled = true;
        cut();
      };
    },
  };
}

interface Target {
  tls: boolean;
  /** Tried in turn. */
  hosts: readonly string[];
  port: number;
  path: string;
  /** For the Host header. */
  authority: string;
  /** For people. */
  where: string;
}

function targetOf(check: HttpCheck, ports: readonly number[]): Target {
  if (check.url === null) {
    const port = check.port ?? ports[0] ?? 0;
    const tls = check.tls !== null;
    const usual = port === (tls ? 443 : 80);
    const authority = usual ? "localhost" : `localhost:${port}`;
    return { tls, hosts: LOOPBACK, port, path: check.path ?? "/", authority, where: `port ${port}` };
  }
  const url = new URL(check.url);
  const tls = url.protocol === "https:";
  const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { tls, hosts: [host], port, path: `${url.pathname}${url.search}`, authority: url.host, where: url.host };
}

function optionsOf(
  check: HttpCheck,
  { tls, port, path, authority }: Target,
  host: string,
  secureContext: SecureContext | undefined,
): RequestOptions {
  const headers = { host: authority, "user-agent": "tailherd-check", accept: "*/*", ...lowerCased(check.headers) };
  const asked = { host, port, path, method: check.method, headers, lookup: guardedLookup };
  // Without an agent nothing is pooled, nor paid for.
  if (!tls) return { ...asked, createConnection: (to: object) => connect(to as NetConnectOpts) };
  const { verify = true, server_name = null } = check.tls ?? {};
  const named = server_name ?? (check.url === null ? "localhost" : host);
  // An address is no name to ask for; the certificate is held against it all the same.
  const servername = isIP(named) === 0 ? named : "";
  const trusting = { agent: tlsAgent, servername, rejectUnauthorized: verify, secureContext };
  return { ...asked, ...trusting };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

function statusMatcher(ranges: HttpCheck["status"]): (status: number) => boolean {
  const bounds = ranges.map((range): [number, number] => {
    if (typeof range === "number") return [range, range];
    if (range.endsWith("xx")) return [Number(range[0]) * 100, Number(range[0]) * 100 + 99];
    return [Number(range.slice(0, 3)), Number(range.slice(4))];
  });
  return (status) => bounds.some(([from, to]) => status >= from && status <= to);
}

function readBody(response: IncomingMessage, then: (text: string) => void): void {
  const pieces: Buffer[] = [];
  let size = 0;
  const end = (): void => then(Buffer.concat(pieces).toString("utf8", 0, BODY_LIMIT));
  response.on("data", (piece: Buffer) => {
    pieces.push(piece);
    size += piece.length;
    if (size < BODY_LIMIT) return;
    response.destroy();
    end();
  });
  response.on("end", end);
  response.on("error", end);
}

/** Takes the rest in without a look at it: a service whose answer is cut short may call that an error. */
function drain(response: IncomingMessage): void {
  let size = 0;
  const timer = setTimeout(() => response.destroy(), DRAIN);
  timer.unref();
  response.on("data", (piece: Buffer) => {
    size += piece.length;
    if (size > BODY_LIMIT) response.destroy();
  });
  response.on("error", () => undefined);
  response.on("close", () => clearTimeout(timer));
}
