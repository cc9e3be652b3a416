// /ws: the upgrade with its checks (host, origin, who calls), then the socket's own limits: 256 KiB a message, 50 messages a second, a
// ping every 15 s, no compression. And /agent, where agents prove who they are over the socket itself.
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Clock, Timer } from "../../base/clock.ts";
import { KIB, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Authenticator } from "../auth/authenticate.ts";
import { connectionFacts, requestFacts, type Door } from "../auth/door.ts";
import { demand, type Identity } from "../auth/identity.ts";
import type { OneTimeCodes } from "../auth/one-time-codes.ts";
import type { OpenConnections } from "../auth/open-connections.ts";
import { checkSite } from "../auth/origin.ts";
import { checkEnvelope, envelopeOf } from "../http/dispatcher.ts";
import { problemReply, toTailherdError } from "../http/problem-response.ts";
import { LINK_PATH } from "../../contract/link.ts";
import { AGENT_BYTES, type LinkGate } from "../agents/link-gate.ts";
import type { Live } from "./live.ts";

const MAX_PAYLOAD = 256 * KIB;
const MESSAGES_PER_SECOND = 50;
const PING_INTERVAL = 15 * SECOND;
const CLOSE_POLICY = 1008;
/** Closing code of a socket whose token or session was taken back. */
export const CLOSE_REVOKED = 4003;

/** What `createSocketServer` needs. */
export interface SocketServerOptions {
  live: Live;
  gate: LinkGate;
  authenticator: Authenticator;
  tickets: OneTimeCodes<Identity>;
  open: OpenConnections;
  clock: Clock;
  logger: Logger;
}

/** Answers upgrades of all listeners. */
export interface SocketServer {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, door: Door, hosts: ReadonlySet<string>): void;
  close(): void;
}

/** Makes the server of /ws. */
export function createSocketServer(options: SocketServerOptions): SocketServer {
  // Pings are answered here, not by ws: whoever sends many and reads no answer would have the answers queue.
  const server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
    autoPong: false,
  });
  const agents = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: AGENT_BYTES });
  const pings = new Pings(options.clock);

  const accept = (socket: WebSocket, identity: Identity): void => {
    const { live, clock } = options;
    // ws closes the socket itself after an error (a message too large, a broken frame).
    socket.on("error", () => {});
    const client = live.add(socket, identity);
    const limit = new MessageLimit(clock);
    const open = options.open.add(identity.credential, () =>
      client.close(CLOSE_REVOKED, "the right to look was taken back"),
    );
    pings.add(socket);
    const refuse = (reason: string): void => {
      client.close(CLOSE_POLICY, reason);
      socket.removeAllListeners("message").removeAllListeners("ping");
    };
    const tooMany = `at most ${MESSAGES_PER_SECOND} messages a second`;
    socket.on("message", (data: RawData, isBinary: boolean) => {
      if (isBinary) refuse("messages are text");
      else if (limit.allows()) live.receive(client, textOf(data));
      else refuse(tooMany);
    });
    socket.on("ping", (data: Buffer) => {
      if (limit.allows()) socket.pong(data);
      else refuse(tooMany);
    });
    socket.once("close", () => {
      open[Symbol.dispose]();
      pings.delete(socket);
      void live.remove(client);
    });
  };

  return {
    upgrade(request, socket, head, door, hosts) {
      socket.on("error", () => socket.destroy());
      if (request.url === LINK_PATH) {
        try {
          checkAgent(request);
        } catch (error) {
          return refuse(socket, toTailherdError(error, options.logger, "an upgrade"));
        }
        return agents.handleUpgrade(request, socket, head, (upgraded) => {
          pings.add(upgraded);
          upgraded.once("close", () => pings.delete(upgraded));
          options.gate.accept(upgraded);
        });
      }
      identify(request, door, hosts, options).then(
        (identity) => server.handleUpgrade(request, socket, head, (upgraded) => accept(upgraded, identity)),
        (error: unknown) => refuse(socket, toTailherdError(error, options.logger, "an upgrade")),
      );
    },
    close() {
      pings.close();
      for (const socket of [...server.clients, ...agents.clients]) socket.terminate();
      server.close();
      agents.close();
    },
  };
}

/**
 * No page opens a link: browsers always say where a socket comes from. So agents may dial by any name of the hub, and through a
 * forwarded port: what the Host check is for cannot happen here, and keys say who is who.
 */
function checkAgent(request: IncomingMessage): void {
  if (request.headers.origin === undefined && request.headers["sec-fetch-site"] === undefined) return;
  throw new TailherdError("wrong_origin", `Cannot open ${LINK_PATH}: it is for agents, not for pages`);
}

async function identify(
  request: IncomingMessage,
  door: Door,
  hosts: ReadonlySet<string>,
  { authenticator, tickets }: SocketServerOptions,
): Promise<Identity> {
  const envelope = envelopeOf(request, door, hosts);
  checkEnvelope(envelope);
  checkSite("UPGRADE", hosts, request.headers);
  const { path, search } = envelope;
  if (path !== "/ws") throw new TailherdError("not_found", `There is no socket at ${path.slice(0, 300)}: it is /ws`);
  const connection = connectionFacts(request, door);
  const ticket = new URLSearchParams(search).get("ticket");
  if (ticket !== null) {
    const holder = tickets.use(ticket);
    // What it was made with may have been taken back since.
    if (holder !== undefined && (await authenticator.stillCounts(holder.credential))) {
      return { ...holder, from: connection.from };
    }
    throw new TailherdError("unauthenticated", "Cannot open the socket: the ticket was used, or is older than 30 s");
  }
  // A cookie alone opens no socket: other sites' pages can make a browser send it.
  const identity = await authenticator.authenticate(connection, { ...requestFacts(request), cookie: undefined });
  demand(identity, "self.read");
  return identity;
}

function refuse(socket: Duplex, error: TailherdError): void {
  const { status, headers, body } = problemReply(error);
  const lines = Object.entries({ ...headers, connection: "close", "content-length": String(Buffer.byteLength(body)) });
  const head = [`HTTP/1.1 ${status} Refused`, ...lines.map(([name, value]) => `${name}: ${value}`)].join("\r\n");
  // Else a caller that never closes its side would keep the connection, and a descriptor of ours, without anybody's right.
  socket.once("finish", () => socket.destroy());
  socket.end(`${head}\r\n\r\n${body}`);
}

function textOf(data: RawData): string {
  return (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString("utf8");
}

/** Fifty messages in any second, pings among them. */
class MessageLimit {
  private readonly clock: Clock;
  /** Of the last second, oldest first. */
  private times: number[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  allows(): boolean {
    const now = this.clock.monotonic();
    this.times = this.times.filter((time) => now - time < SECOND);
    return this.times.push(now) <= MESSAGES_PER_SECOND;
  }
}

/** Asks all sockets for a sign of life; one that gave none since the last time is gone. */
class Pings {
  private readonly waiting = new Map<WebSocket, boolean>();
  private readonly clock: Clock;
  private timer: Timer | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  add(socket: WebSocket): void {
    this.waiting.set(socket, false);
    socket.on("pong", () => this.waiting.set(socket, false));
    this.timer ??= this.clock.after(PING_INTERVAL, () => this.round());
  }

  delete(socket: WebSocket): void {
    this.waiting.delete(socket);
  }

  close(): void {
    this.timer?.cancel();
  }

  private round(): void {
    this.timer = undefined;
    for (const [socket, unanswered] of this.waiting) {
      // One that has yet to read what was sent before the ping cannot have answered: being behind is judged elsewhere.
      if (unanswered && socket.bufferedAmount === 0) socket.terminate();
      else {
        this.waiting.set(socket, true);
        socket.ping();
      }
    }
    if (this.waiting.size > 0) this.timer = this.clock.after(PING_INTERVAL, () => this.round());
  }
}
