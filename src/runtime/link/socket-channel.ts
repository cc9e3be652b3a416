// A channel over a WebSocket: JSON in text frames.
import type { RawData, WebSocket } from "ws";
import { Emitter } from "../../base/emitter.ts";
import { type Channel, type ChannelEnd, Inbox } from "./channel.ts";

/** Not text, or not JSON. */
const CLOSE_UNSUPPORTED = 1003;

/** Takes over an open socket. */
export class SocketChannel implements Channel {
  readonly closed = new Emitter<ChannelEnd>();
  private readonly inbox = new Inbox();
  private readonly socket: WebSocket;
  private readonly accepts: (bytes: number) => boolean;

  /** `accepts` may refuse a message by its size before it is parsed; the socket is closed then. */
  constructor(socket: WebSocket, accepts: (bytes: number) => boolean = () => true) {
    this.socket = socket;
    this.accepts = accepts;
    // ws closes the socket itself after an error; the close tells.
    socket.on("error", () => undefined);
    socket.on("message", (data, isBinary) => this.take(data, isBinary));
    socket.once("close", (code, reason) => this.closed.emit({ code, reason: reason.toString("utf8") }));
  }

  get backlog(): number {
    return this.socket.bufferedAmount;
  }

  start(receive: (message: unknown) => void): void {
    this.inbox.open(receive);
  }

  send(message: object): void {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason.slice(0, 120));
    // A peer that does not answer the close is gone in a moment.
    setTimeout(() => this.socket.terminate(), 2000).unref();
  }

  private take(data: RawData, isBinary: boolean): void {
    const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
    if (isBinary || !this.accepts(bytes.length))
      return this.close(CLOSE_UNSUPPORTED, "messages are text, and not endless");
    let message: unknown;
    try {
      message = JSON.parse(bytes.toString("utf8"));
    } catch {
      return this.close(CLOSE_UNSUPPORTED, "a message was not JSON");
    }
    this.inbox.put(message);
  }
}
