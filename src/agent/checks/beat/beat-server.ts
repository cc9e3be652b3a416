// The agent's port for the calls of heartbeat URLs, on 127.0.0.1 only: listened on from the first service that is to be told its URL,
// and after a restart of the agent at the same port, since services that outlive it know that. What is no call of a service that runs
// here is answered 404 with nothing in it; who calls too often, too slowly or with too much at once is cut, and that counts against nobody.
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { z } from "zod";
import type { Clock, Timer } from "../../../base/clock.ts";
import { Emitter } from "../../../base/emitter.ts";
import { KIB, SECOND } from "../../../base/units.ts";
import { portSchema } from "../../../contract/names.ts";
import type { Logger } from "../../../runtime/logger.ts";
import { StateFile } from "../../supervisor/state-file.ts";
import { isSystemError, systemWords } from "../../supervisor/system-words.ts";
import { beatUrl, hashOf, makeSecret, secretAskedFor } from "./request.ts";
import { Rate } from "./rate.ts";

const HOST = "127.0.0.1";
/** What one request may be and take. */
const LIMITS = {
  maxHeaderSize: 8 * KIB,
  headersTimeout: 5 * SECOND,
  requestTimeout: 10 * SECOND,
  connectionsCheckingInterval: SECOND,
};
/** Connections at a time; then the oldest makes room. A call takes a millisecond. */
const SOCKETS_MAX = 64;
/** Connections that are looked at; what comes faster is closed unread. */
const CONNECTIONS = { burst: 1000, rate: 500 };
/** Milliseconds that an answer waits for a caller who was answered so shortly before: it slows a loop that calls without a pause. */
const PAUSE = 100;
/** Milliseconds until a port that was taken is tried again. */
const TRY_AGAIN = 5 * SECOND;
/** Milliseconds that a start waits for the port, and that our own call may take. */
const PATIENCE = 2 * SECOND;
const ANSWER = 5 * SECOND;

const keptSchema = z.object({ port: portSchema });

interface BeatServerOptions {
  agentDir: string;
  clock: Clock;
  logger: Logger;
}

/** Whoever knows one secret. */
interface Caller {
  called: () => void;
  /** When it was answered last. */
  answeredAt: number;
}

export class BeatServer {
  /** The port that services are told, also while it cannot be listened on; null: none was ever picked. */
  port: number | null;
  /** Since when no call can have been missed, of the monotonic clock; null: it is not listened on. */
  since: number | null = null;
  /** Why it is not listened on, in words. */
  problem: string | null = null;
  private readonly options: BeatServerOptions;
  private readonly file: StateFile;
  private readonly callers = new Map<string, Caller>();
  private readonly sockets = new Set<Socket>();
  private readonly changes = new Emitter<void>();
  /** For our own call. */
  private readonly ownSecret = makeSecret();
  private readonly rate: Rate;
  private server: Server | undefined;
  private timer: Timer | undefined;
  private settling = Promise.withResolvers<void>();
  private asking: Promise<boolean> | undefined;
  private closed = false;

  constructor(options: BeatServerOptions) {
    this.options = options;
    this.file = new StateFile(options.agentDir, "heartbeat-port");
    const read = this.file.read();
    const kept = keptSchema.safeParse(read.outcome === "read" ? read.record : undefined);
    this.port = kept.success ? kept.data.port : null;
    this.rate = new Rate(CONNECTIONS, options.clock.monotonic());
    this.hear(this.ownSecret, () => undefined);
  }

  /** Listens from now on, or as soon as it can. */
  open(): void {
    if (this.server === undefined && this.timer === undefined && !this.closed) this.listen();
  }

  /** Resolves when it listens, or it is not worth waiting for that. */
  async settled(): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.options.clock.after(PATIENCE, late.resolve);
    await Promise.race([this.settling.promise, late.promise]);
    timer.cancel();
  }

  /** `called` is told of each call with this secret. */
  hear(secret: string, called: () => void): void {
    this.callers.set(hashOf(secret), { called, answeredAt: Number.NEGATIVE_INFINITY });
  }

  /** Nobody is to call with this secret any more. */
  free(secret: string): void {
    this.callers.delete(hashOf(secret));
  }

  /** Hears when it begins to listen, and when it cannot. */
  onChange(listener: () => void): Disposable {
    return this.changes.on(listener);
  }

  /** Resolves when all is heard that was called until now: a call of our own has come through behind it. False where none does. */
  caughtUp(): Promise<boolean> {
    return (this.asking ??= this.callOurselves().finally(() => (this.asking = undefined)));
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.since = null;
    this.settling.resolve();
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private listen(): void {
    const { clock } = this.options;
    this.timer = undefined;
    const server = createServer(LIMITS, (request, response) => this.answer(request, response));
    server.maxRequestsPerSocket = 1;
    server.on("connection", (socket) => this.admit(socket));
    server.on("listening", () => {
      this.keep((server.address() as AddressInfo).port);
      this.since = clock.monotonic();
      this.problem = null;
      this.settling.resolve();
      this.changes.emit();
    });
    // Of a server that listens it says that somebody could not be let in.
    server.on("error", (error) => (server.listening ? this.missed() : this.failed(error)));
    this.server = server;
    server.listen({ host: HOST, port: this.port ?? 0, exclusive: true });
    server.unref();
  }

  private failed(error: Error): void {
    if (this.closed) return;
    const { clock, logger } = this.options;
    const taken = isSystemError(error, "EADDRINUSE") && this.port !== null;
    const words = taken ? "is taken by something else" : `cannot be used: ${systemWords(error)}`;
    const before = this.problem;
    this.problem = `cannot hear calls of heartbeat URLs: port ${this.port ?? 0} of ${HOST} ${words}`;
    this.server = undefined;
    this.timer = clock.after(TRY_AGAIN, () => this.listen());
    this.settling.resolve();
    if (this.problem === before) return;
    logger.warn({ port: this.port }, this.problem);
    this.changes.emit();
  }

  private keep(port: number): void {
    if (this.port === port) return;
    this.port = port;
    try {
      this.file.write({ port });
    } catch (error) {
      const words = "cannot keep the port for heartbeat URLs: after a restart of the agent it will be another one";
      this.options.logger.error({ error: systemWords(error) }, words);
    }
  }

  private admit(socket: Socket): void {
    if (!this.rate.take(this.options.clock.monotonic())) {
      socket.destroy();
      this.missed();
      return;
    }
    const [oldest] = this.sockets;
    if (this.sockets.size >= SOCKETS_MAX && oldest !== undefined) {
      oldest.destroy();
      this.sockets.delete(oldest);
      this.missed();
    }
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
  }

  /** Somebody was not listened to, and may have been anybody: silence counts anew for all. */
  private missed(): void {
    if (this.since !== null) this.since = this.options.clock.monotonic();
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { clock } = this.options;
    // Whatever else it sends is not for us.
    request.resume();
    const { method, url } = request;
    const { host } = request.headers;
    const hash = secretAskedFor({ method, url, host }, this.port ?? 0);
    const caller = hash === undefined ? undefined : this.callers.get(hash);
    const end = (): void => {
      response.sendDate = false;
      response.writeHead(caller === undefined ? 404 : 204, {
        connection: "close",
        ...(caller === undefined && { "content-length": 0 }),
      });
      response.end();
    };
    if (caller === undefined) return end();
    caller.called();
    const now = clock.monotonic();
    const wait = Math.min(PAUSE, Math.max(0, caller.answeredAt + PAUSE - now));
    caller.answeredAt = now + wait;
    if (wait === 0) end();
    else clock.after(wait, end);
  }

  private async callOurselves(): Promise<boolean> {
    if (this.since === null || this.port === null) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const request = get(beatUrl(this.port, this.ownSecret), { agent: false, timeout: ANSWER }, (response) => {
      response.resume();
      resolve(response.statusCode === 204);
    });
    request.on("error", () => resolve(false));
    request.on("timeout", () => request.destroy(new Error("no answer")));
    return promise;
  }
}
