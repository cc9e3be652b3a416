// One socket of /ws: what it follows, and what it still has to be told when it reads too slowly. Nothing queues without bound: while
// a client is behind, only *what* changed is noted, and when it has caught up it gets the newest state of that.
import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../base/clock.ts";
import { KIB, MIB, SECOND } from "../../base/units.ts";
import type { Topic } from "../../contract/live.ts";
import type { Identity } from "../auth/identity.ts";

/** Bytes in the socket's buffer from which on a client counts as behind. */
const BEHIND = 64 * KIB;
/** Bytes, beyond its largest single message, or time behind, after which a client is dropped. */
const MAX_BEHIND = MIB;
const MAX_BEHIND_TIME = 10 * SECOND;
/** Time for the close frame to get through to a reader that wakes up. */
const CLOSING_TIME = 5 * SECOND;
/** Closing code that tells a client to connect again and take the snapshot. */
export const CLOSE_RESYNC = 4008;

/** Notes of a client that is behind. A key stands for something whose newest state is asked when it can be sent. */
interface Backlog {
  services: Set<string>;
  /** One newest message per key: settings, stats, each operation. */
  latest: Map<string, Buffer>;
  /** Rare messages whose order matters (added, deleted), bounded. */
  ordered: Buffer[];
  since: number;
}

const MAX_ORDERED = 1000;

/** What the client needs of its surroundings. */
export interface LiveClientOptions {
  socket: WebSocket;
  identity: Identity;
  clock: Clock;
  /** The newest rows of these services, as a message. */
  rowsMessage: (services: ReadonlySet<string>) => Buffer;
}

/** A connected client. */
export class LiveClient {
  readonly identity: Identity;
  readonly topics = new Set<Topic>();
  /** It subscribed at least once, so the predecessor's full messages are not for it. */
  subscribed = false;
  /** Lines left out per "service\0index" since the last ones sent. */
  private readonly skippedLines = new Map<string, number>();
  private readonly socket: WebSocket;
  private readonly clock: Clock;
  private readonly rowsMessage: LiveClientOptions["rowsMessage"];
  private backlog: Backlog | undefined;
  private largest = 0;
  private watch: Timer | undefined;

  constructor({ socket, identity, clock, rowsMessage }: LiveClientOptions) {
    this.socket = socket;
    this.identity = identity;
    this.clock = clock;
    this.rowsMessage = rowsMessage;
    socket.once("close", () => this.watch?.cancel());
  }

  /** Rows of services changed; `message` says so for all clients that are not behind. */
  sendRows(services: ReadonlySet<string>, message: Buffer): void {
    const backlog = this.backlogIfBehind();
    if (backlog === undefined) return this.write(message);
    for (const service of services) backlog.services.add(service);
  }

  /** Of which only the newest of its key matters. */
  sendLatest(key: string, message: Buffer): void {
    const backlog = this.backlogIfBehind();
    if (backlog === undefined) return this.write(message);
    backlog.latest.delete(key);
    backlog.latest.set(key, message);
  }

  /** Of which each matters. A client that misses too many of them is told to resync. */
  sendOrdered(message: Buffer): void {
    const backlog = this.backlogIfBehind();
    if (backlog === undefined) return this.write(message);
    if (backlog.ordered.length >= MAX_ORDERED) return this.drop();
    backlog.ordered.push(message);
  }

  /** Lines of output; `make` builds the message for a client that missed some before. */
  sendOutput(key: string, lines: number, message: () => Buffer, make: (skipped: number) => Buffer): void {
    const skipped = this.skippedLines.get(key) ?? 0;
    if (this.backlogIfBehind() !== undefined) {
      this.skippedLines.set(key, skipped + lines);
      return;
    }
    this.skippedLines.delete(key);
    this.write(skipped === 0 ? message() : make(skipped));
  }

  /** Whatever state the client is in: answers to what it sent. */
  reply(message: Buffer): void {
    // Whoever asks again and again and reads nothing would have its answers queue.
    if (this.socket.bufferedAmount > MAX_BEHIND + this.largest) return this.drop();
    this.write(message);
  }

  /** Forgets what it missed of an output that it no longer follows. */
  forgetOutput(service: string): void {
    for (const key of this.skippedLines.keys()) if (key.startsWith(`${service}\0`)) this.skippedLines.delete(key);
  }

  close(code: number, reason: string): void {
    this.socket.close(code, reason);
    this.clock.after(CLOSING_TIME, () => this.socket.terminate());
  }

  private write(message: Buffer): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    this.largest = Math.max(this.largest, message.length);
    this.socket.send(message, { binary: false }, () => this.catchUp());
  }

  private backlogIfBehind(): Backlog | undefined {
    if (this.backlog === undefined && this.socket.bufferedAmount <= BEHIND) return undefined;
    this.backlog ??= {
      services: new Set(),
      latest: new Map(),
      ordered: [],
      since: this.clock.monotonic(),
    };
    this.watch ??= this.clock.after(SECOND, () => this.judge());
    return this.backlog;
  }

  private judge(): void {
    this.watch = undefined;
    if (this.backlog === undefined) return;
    const tooLong = this.clock.monotonic() - this.backlog.since >= MAX_BEHIND_TIME;
    if (tooLong || this.socket.bufferedAmount > MAX_BEHIND + this.largest) return this.drop();
    this.watch = this.clock.after(SECOND, () => this.judge());
  }

  private drop(): void {
    this.backlog = undefined;
    this.topics.clear();
    this.close(CLOSE_RESYNC, "too far behind: connect again");
  }

  private catchUp(): void {
    const { backlog } = this;
    if (backlog === undefined || this.socket.bufferedAmount > 0) return;
    this.backlog = undefined;
    for (const message of backlog.ordered) this.write(message);
    if (backlog.services.size > 0) this.write(this.rowsMessage(backlog.services));
    for (const message of backlog.latest.values()) this.write(message);
  }
}
