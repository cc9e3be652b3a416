// The one WebSocket of the dashboard: keeps the store fresh, comes back after a loss with jittered backoff, and follows
// further topics (output, operations, events) for whoever asks.
//
//   connecting ──open──► live ──closed, or silent too long──► lost ──retry──► live
import type { ClientMessage, ServerMessage, Topic } from "../../contract/live.ts";
import { SECOND } from "../../base/units.ts";
import type { LiveStore } from "./live-store.ts";
import type { ServerStore } from "./server-store.ts";

/** Message of one type. */
export type MessageOf<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** What the socket needs from its surroundings; tests give their own. */
export interface LiveSocketOptions {
  store: LiveStore;
  servers: ServerStore;
  /** Opens a socket; rejects where no ticket is to be had. */
  open: () => Promise<WebSocket>;
  now: () => number;
  random?: () => number;
}

const FIRST_DELAY = 0.5 * SECOND;
const LONGEST_DELAY = 20 * SECOND;
/** A socket that says nothing for this many update intervals is taken for dead: half-open connections do not close. */
const SILENT_INTERVALS = 3;
const SHORTEST_SILENCE = 12 * SECOND;

const ALWAYS: Topic[] = ["services", "stats", "servers", "operations", "events"];

export class LiveSocket {
  private readonly options: LiveSocketOptions;
  private readonly listeners = new Map<string, Set<(message: ServerMessage) => void>>();
  private readonly topics = new Map<Topic, number>();
  private socket: WebSocket | null = null;
  private opening = false;
  private attempt = 0;
  private lostSince: number | null = null;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private watchdog: ReturnType<typeof setTimeout> | null = null;
  private closed = false;

  constructor(options: LiveSocketOptions) {
    this.options = options;
    for (const topic of ALWAYS) this.topics.set(topic, 1);
  }

  /** Connects, or tries again at once when it is waiting for the next try. */
  connect(): void {
    if (this.closed || this.opening || this.socket !== null) return;
    if (this.retry !== null) clearTimeout(this.retry);
    this.retry = null;
    this.opening = true;
    this.options.open().then(
      (socket) => this.use(socket),
      () => {
        this.opening = false;
        this.lose();
      },
    );
  }

  close(): void {
    this.closed = true;
    if (this.retry !== null) clearTimeout(this.retry);
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    this.socket?.close();
    this.socket = null;
  }

  /** Hears messages of one type until what is returned is called. */
  on<T extends ServerMessage["type"]>(type: T, listener: (message: MessageOf<T>) => void): () => void {
    const set = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, set);
    set.add(listener as (message: ServerMessage) => void);
    return () => void set.delete(listener as (message: ServerMessage) => void);
  }

  /** Subscribes to a topic, also across reconnections, until what is returned is called. */
  follow(topic: Topic): () => void {
    const count = this.topics.get(topic) ?? 0;
    this.topics.set(topic, count + 1);
    if (count === 0) this.send({ type: "subscribe", topics: [topic] });
    return () => {
      const left = (this.topics.get(topic) ?? 1) - 1;
      if (left > 0) this.topics.set(topic, left);
      else if (this.topics.delete(topic)) this.send({ type: "unsubscribe", topics: [topic] });
    };
  }

  private use(socket: WebSocket): void {
    this.opening = false;
    if (this.closed) return socket.close();
    this.socket = socket;
    socket.addEventListener("open", () => this.send({ type: "subscribe", topics: [...this.topics.keys()] }));
    socket.addEventListener("message", (event) => {
      if (socket === this.socket) this.receive(event.data);
    });
    socket.addEventListener("close", () => this.drop(socket));
    this.watch();
  }

  private drop(socket: WebSocket): void {
    if (socket !== this.socket) return;
    this.socket = null;
    socket.close();
    this.lose();
  }

  private lose(): void {
    if (this.closed) return;
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    const { store, now, random = Math.random } = this.options;
    this.lostSince ??= now();
    const longest = Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** this.attempt);
    const delay = longest * (0.5 + random() / 2);
    this.attempt++;
    store.setLink({ phase: "lost", since: this.lostSince, retryAt: now() + delay, attempt: this.attempt });
    this.retry = setTimeout(() => {
      this.retry = null;
      this.connect();
    }, delay);
  }

  private watch(): void {
    if (this.watchdog !== null) clearTimeout(this.watchdog);
    const interval = (this.options.store.settings?.update_interval_seconds ?? 5) * SECOND;
    this.watchdog = setTimeout(
      () => {
        if (this.socket !== null) this.drop(this.socket);
      },
      Math.max(SHORTEST_SILENCE, SILENT_INTERVALS * interval),
    );
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  private receive(data: unknown): void {
    this.watch();
    if (typeof data !== "string") return;
    const message = JSON.parse(data) as ServerMessage;
    this.absorb(message);
    for (const listener of this.listeners.get(message.type) ?? []) listener(message);
  }

  private absorb(message: ServerMessage): void {
    const { store, servers, now } = this.options;
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the rest is for listeners
    switch (message.type) {
      case "snapshot":
        this.attempt = 0;
        this.lostSince = null;
        store.version = message.data.version;
        store.clockSkew = message.data.server_time - now();
        store.setSettings(message.data.settings);
        if (message.data.stats !== null) store.setStats(message.data.stats, now());
        store.reset(message.data.statuses, now());
        store.setLink({ phase: "live" });
        break;
      case "status_update":
        store.reset(message.data, now());
        break;
      case "status_changed":
        store.change(message.data, now());
        break;
      case "service_deleted":
        store.remove(message.service_name);
        break;
      case "system_stats":
        store.setStats(message.data, now());
        break;
      case "servers":
        servers.reset(message.data);
        break;
      case "servers_changed":
        servers.change(message.data.changed, message.data.removed);
        break;
      case "settings_updated":
        store.setSettings(message.data);
        break;
      default:
    }
  }
}
