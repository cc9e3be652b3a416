// What carries messages between a hub and an agent: a WebSocket (socket-channel.ts), or hand to hand in one process.
import { Emitter } from "../../base/emitter.ts";

/** One end. Messages arrive in order, whole, each once, until it closes. */
export interface Channel {
  /** Sends a JSON value; after the close it does nothing. */
  send(message: object): void;
  /** Bytes that the network has not taken yet. */
  readonly backlog: number;
  /** Begins to hand over what comes; what came before is handed over first. Called once. */
  start(receive: (message: unknown) => void): void;
  /** Emitted once. */
  readonly closed: Emitter<ChannelEnd>;
  close(code: number, reason: string): void;
}

/** Why a channel ended: a WebSocket's close code (1006 when the other side was gone without a word) and words. */
export interface ChannelEnd {
  code: number;
  reason: string;
}

/** Messages on their way to whoever will receive them: kept while nobody does yet. */
export class Inbox {
  private early: unknown[] = [];
  private receive: ((message: unknown) => void) | undefined;

  put(message: unknown): void {
    if (this.receive === undefined) this.early.push(message);
    else this.receive(message);
  }

  open(receive: (message: unknown) => void): void {
    this.receive = receive;
    const { early } = this;
    this.early = [];
    for (const message of early) receive(message);
  }
}

/** Two ends in one process. What is sent is the receiver's too: whoever keeps a message copies what it will change. */
export function channelPair(): [Channel, Channel] {
  const [a, b] = [new LocalChannel(), new LocalChannel()];
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class LocalChannel implements Channel {
  readonly backlog = 0;
  readonly closed = new Emitter<ChannelEnd>();
  private readonly inbox = new Inbox();
  peer: LocalChannel | undefined;

  send(message: object): void {
    const { peer } = this;
    // Never within the caller's turn, as on a network; and before any timer.
    if (peer !== undefined) queueMicrotask(() => peer.inbox.put(message));
  }

  start(receive: (message: unknown) => void): void {
    this.inbox.open(receive);
  }

  close(code: number, reason: string): void {
    const { peer } = this;
    this.end({ code, reason });
    queueMicrotask(() => peer?.end({ code, reason }));
  }

  private end(how: ChannelEnd): void {
    if (this.peer === undefined) return;
    this.peer = undefined;
    this.closed.emit(how);
  }
}
