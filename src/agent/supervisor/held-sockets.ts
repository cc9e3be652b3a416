// Opens the listening sockets that a shim is to hold. We only bind them and hand them on: they are closed here again before the
// event loop can turn, so that no connection is ever accepted by the agent.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, isIPv4, type Server } from "node:net";
import type { Clock } from "../../base/clock.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import { shellQuote } from "./shell-words.ts";
import { isSystemError, systemWords } from "./system-words.ts";

/** What a shim holds: sockets by descriptor, the first is 3. */
export interface Holding {
  sockets: ServiceSpec["sockets"];
  /** Other instances listen on the same addresses, and the kernel spreads connections (SO_REUSEPORT). */
  shared: boolean;
}

/** Of a service without sockets. */
export const NOTHING_HELD: Holding = { sockets: [], shared: false };

/** Why sockets could not be opened. `lasting`: it is for want of a right, and another try would find the same. */
export interface HoldFailure {
  words: string;
  lasting: boolean;
}

/** The first descriptor that a program is handed (SD_LISTEN_FDS_START). */
const FIRST_FD = 3;
/** As many as the kernel lets wait (it caps this at net.core.somaxconn): a restart may take a while. */
const BACKLOG = 4096;
/** Milliseconds between tries while what held them before is ending. */
const TRY_EVERY = 5;

/** What the shim of this definition is to hold. */
export function holdingOf({ sockets, instances }: Pick<ServiceSpec, "sockets" | "instances">): Holding {
  return sockets.length === 0 ? NOTHING_HELD : { sockets, shared: instances > 1 };
}

/** Descriptors of so many held sockets. */
export function heldFds(count: number): number[] {
  return Array.from({ length: count }, (_, at) => FIRST_FD + at);
}

/** Lines of shell that tell the program what it is handed, as sd_listen_fds(3) reads it; `pid` is a word of shell for its pid. */
export function listenLines(sockets: Holding["sockets"], pid: string): string[] {
  if (sockets.length === 0) return [];
  const names = shellQuote(sockets.map(({ name }) => name).join(":"));
  return [`export LISTEN_FDS=${sockets.length} LISTEN_FDNAMES=${names} LISTEN_PID=${pid}`];
}

/**
 * Opens them all, or none. An address that is in use is tried again as long as `mayBeFree` says so. Whoever awaits this must hand them on and close them before it waits for anything else.
 */
export async function openSockets(
  holding: Holding,
  { clock, mayBeFree }: { clock: Clock; mayBeFree: () => boolean },
): Promise<{ ok: true; servers: Server[] } | { ok: false; failure: HoldFailure }> {
  for (;;) {
    // Asked before: what ends in between has let go after the try.
    const again = mayBeFree();
    const tried = await tryAll(holding);
    if (tried.ok) return tried;
    if (!again || !tried.inUse) return { ok: false, failure: tried.failure };
    await new Promise<void>((resolve) => void clock.after(TRY_EVERY, resolve));
  }
}

type Tried = { ok: true; servers: Server[] } | { ok: false; failure: HoldFailure; inUse: boolean };

async function tryAll({ sockets, shared }: Holding): Promise<Tried> {
  const servers = sockets.map(({ host, port }) => {
    // Without it, one of IPv6 takes the port of both families.
    const ipv6Only = sockets.some((other) => other.port === port && isIPv4(other.host));
    return createServer().listen({ host, port, backlog: BACKLOG, exclusive: true, reusePort: shared, ipv6Only });
  });
  const opened = await Promise.allSettled(servers.map((server) => once(server, "listening")));
  const at = opened.findIndex(({ status }) => status === "rejected");
  const failed = opened[at];
  const socket = sockets[at];
  if (failed?.status !== "rejected" || socket === undefined) return { ok: true, servers };
  for (const server of servers) server.close();
  const error: unknown = failed.reason;
  const words = `cannot listen on ${addressOf(socket)}: ${systemWords(error)}`;
  const failure = { words, lasting: isSystemError(error, "EACCES") };
  return { ok: false, failure, inUse: isSystemError(error, "EADDRINUSE") };
}

/** "127.0.0.1:80", "[::1]:80". */
export function addressOf({ host, port }: { host: string; port: number }): string {
  return isIPv4(host) ? `${host}:${port}` : `[${host}]:${port}`;
}

/**
 * Starts a command that inherits `servers` as descriptors 3, 4, …; the caller closes ours. libuv opens sockets non-blocking, for all
 * who hold them; programs expect blocking ones (those that do not say so themselves), and libuv makes them so again where a child
 * inherits them as descriptor 0, 1 or 2. So the command has the first two also as its output, which it must not use; more than two
 * go through a child of their own that ends at once. Answers both: until they have ended they hold the sockets too.
 */
export function spawnHolding(file: string, args: string[], input: number, servers: readonly Server[]): ChildProcess[] {
  const fds = servers.map(descriptorOf);
  const [first = "ignore", second = "ignore", ...others] = fds;
  const more = others.length === 0 ? [] : [spawn("/bin/sh", ["-c", ":"], { env: {}, stdio: others })];
  return [...more, spawn(file, args, { env: {}, detached: true, stdio: [input, first, second, ...fds] })];
}

/** Node has no public name for it, and takes a server itself only where it is sent to a Node child. */
function descriptorOf(server: Server): number {
  const { _handle: handle } = server as Server & { _handle?: { fd?: unknown } };
  if (typeof handle?.fd === "number" && handle.fd >= 0) return handle.fd;
  throw new Error("cannot hand on a listening socket: this Node does not tell its descriptor");
}
