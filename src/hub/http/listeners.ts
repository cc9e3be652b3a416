// The listening sockets: addresses for people and programs, and the unix socket of the data directory. Each is a door of its own.
import { chmodSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Door } from "../auth/door.ts";
import { allowedHosts, authority } from "../auth/origin.ts";

/** Limits of promises.md on slow and endless requests. */
const HEADERS_TIMEOUT = 5 * SECOND;
const REQUEST_TIMEOUT = 10 * SECOND;
const KEEP_ALIVE = 10 * SECOND;
/** How often those are looked at. */
const CHECK_INTERVAL = 2 * SECOND;
/** The kernel's limit on the path of a unix socket, with its end mark. */
const MAX_SOCKET_PATH = 107;

/** What a listener does with what comes in. */
export interface Receivers {
  /** A connection was taken, and a descriptor with it. */
  connected(): void;
  /** A connection could not be taken (no descriptors left); the listener goes on. */
  failed(error: Error): void;
  request(request: IncomingMessage, response: ServerResponse, door: Door, hosts: ReadonlySet<string>): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, door: Door, hosts: ReadonlySet<string>): void;
}

/** An open listener. */
export interface Listener extends AsyncDisposable {
  /** "http://127.0.0.1:8765", or the socket's path. */
  address: string;
}

/** Listens on an address. Rejects with `refused` in words when the address is taken or not ours. */
export async function listenTcp(host: string, port: number, receivers: Receivers): Promise<Listener> {
  const server = createLimitedServer();
  await listening(server, () => server.listen({ host, port }), authority(host, port));
  const actual = (server.address() as AddressInfo).port;
  const upgraded = connect(server, receivers, { kind: "tcp", port: actual }, allowedHosts(host, actual));
  return { address: `http://${authority(host, actual)}`, [Symbol.asyncDispose]: () => close(server, upgraded) };
}

/** Listens on the unix socket; its mode lets in the hub's user and root. What lies there is a dead hub's: the caller holds the lock. */
export async function listenSocket(path: string, receivers: Receivers): Promise<Listener> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new TailherdError(
      "refused",
      `Cannot listen on ${path}: the path of a socket may have ${MAX_SOCKET_PATH} bytes; use a data directory with a shorter path`,
    );
  }
  rmSync(path, { force: true });
  const server = createLimitedServer();
  await listening(
    server,
    () => {
      // Bound within this call, so that the socket never exists with another mode.
      const before = process.umask(0o177);
      try {
        server.listen({ path });
      } finally {
        process.umask(before);
      }
    },
    path,
  );
  chmodSync(path, 0o600);
  const upgraded = connect(server, receivers, { kind: "socket" }, new Set());
  return {
    address: path,
    async [Symbol.asyncDispose]() {
      await close(server, upgraded);
      rmSync(path, { force: true });
    },
  };
}

function createLimitedServer(): Server {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT,
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE,
    connectionsCheckingInterval: CHECK_INTERVAL,
    noDelay: true,
    // Offers of another protocol (curl --http2) need not be taken up; from Node 24.9 on, before that they are answered 404.
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
  });
  // The dispatcher counts them, so that too many are answered like any refusal; Node bounds their bytes (16 KiB).
  server.maxHeadersCount = 0;
  return server;
}

/** Hands over what comes in; returns the upgraded connections that are open. */
function connect(server: Server, receivers: Receivers, door: Door, hosts: ReadonlySet<string>): ReadonlySet<Duplex> {
  const upgraded = new Set<Duplex>();
  server.on("error", (error) => receivers.failed(error));
  server.on("connection", () => receivers.connected());
  server.on("request", (request, response) => receivers.request(request, response, door, hosts));
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    receivers.upgrade(request, socket, head, door, hosts);
  });
  return upgraded;
}

function listening(server: Server, listen: () => void, where: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(refusal(where, error)));
    server.once("listening", () => {
      server.removeAllListeners("error");
      resolve();
    });
    listen();
  });
}

function refusal(where: string, error: NodeJS.ErrnoException): TailherdError {
  const reasons: Record<string, string> = {
    EADDRINUSE: "something else listens there; stop it, or choose another port with --listen",
    EADDRNOTAVAIL: "this machine has no such address",
    EACCES: "this user may not (ports below 1024 need root)",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new TailherdError("refused", `Cannot listen on ${where}: ${reason}`, { cause: error });
}

function close(server: Server, upgraded: ReadonlySet<Duplex>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
    // Node counts upgraded connections as open, but no longer as its own to close.
    for (const socket of upgraded) socket.destroy();
  });
}
