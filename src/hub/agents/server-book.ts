// All servers of the fleet: what the store knows of them, when they were heard, what they said last. Says which of them changed.
import type { Clock, Timer } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { MINUTE, SECOND } from "../../base/units.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { MetricsSummary, ServerNode, ServerState } from "../../contract/server.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Store, StoredServer } from "../store/store.ts";
import { type LivenessRule, livenessOf } from "./liveness.ts";
import { RecentMetrics } from "./recent-metrics.ts";

/** How often servers are looked at for silence. */
const LOOK_EVERY = SECOND;
/** How often what they said last is stored: a restart of the hub shows it, as stale. */
const NOTE_EVERY = 5 * MINUTE;
/** Rows that one transaction notes, so that thousands do not hold the loop. */
const NOTE_STEP = 200;
/** After the hub's start agents have so long to come back before they count as offline. */
const GRACE = 20 * SECOND;

/** What a link says of the agent at its other end. */
export interface LinkFacts {
  version: string;
  locked: boolean;
  allowRun: boolean;
}

interface Entry {
  stored: StoredServer;
  recent: RecentMetrics;
  /** On the monotonic clock. */
  heardAt: number | null;
  state: ServerState;
  /** Milliseconds between heartbeats, as its own link tells. */
  interval: number | undefined;
  link: LinkFacts | null;
  skew: number | null;
  noted: boolean;
}

/** A server came into another state. */
export interface StateChange {
  server: ServerNode;
  from: ServerState;
}

export interface ServerBookOptions {
  store: Store;
  clock: Clock;
  logger: Logger;
  /** Milliseconds between heartbeats of those that do not say, and when a silent one is late or offline. */
  rule: () => LivenessRule & { interval: number };
  /** Names of the services placed on a server. */
  servicesOn: (id: string) => string[];
}

/** Where other parts of the hub look servers up. */
export class ServerBook {
  /** Ids of servers that changed, once a turn of the event loop; of those that are gone too. */
  readonly changed = new Emitter<ReadonlySet<string>>();
  readonly stateChanged = new Emitter<StateChange>();
  private readonly entries = new Map<string, Entry>();
  private readonly byName = new Map<string, string>();
  private homeId: string | undefined;
  private readonly byCredential = new Map<string, StoredServer>();
  private readonly options: ServerBookOptions;
  private dirty = new Set<string>();
  private flushing: NodeJS.Immediate | undefined;
  private looking: Timer | undefined;
  private noting: Timer | undefined;

  private constructor(options: ServerBookOptions) {
    this.options = options;
    this.look();
    this.noteLater();
  }

  static async load(options: ServerBookOptions): Promise<ServerBook> {
    const book = new ServerBook(options);
    for (const stored of await options.store.listServers()) book.put(stored);
    return book;
  }

  /** In the order in which they came. */
  all(): ServerNode[] {
    return [...this.entries.values()].map((entry) => this.node(entry));
  }

  /** What the store has of all of them, for placing services. */
  stored(): StoredServer[] {
    return [...this.entries.values()].map(({ stored }) => stored);
  }

  /** By id. */
  get(id: string): ServerNode | undefined {
    const entry = this.entries.get(id);
    return entry && this.node(entry);
  }

  storedOf(id: string): StoredServer | undefined {
    return this.entries.get(id)?.stored;
  }

  /** The server whose credential this is (SHA-256, hex). */
  withCredential(hash: string): StoredServer | undefined {
    return this.byCredential.get(hash);
  }

  nameOf(id: string): string | undefined {
    return this.entries.get(id)?.stored.name;
  }

  stateOf(id: string): ServerState {
    return this.entries.get(id)?.state ?? "offline";
  }

  /** By id or name. Throws `not_found`. */
  require(idOrName: string): StoredServer {
    const found = this.storedOf(idOrName) ?? this.named(idOrName);
    if (found !== undefined) return found;
    throw new TailherdError("not_found", `There is no server "${idOrName}"`);
  }

  /** The hub's own machine. */
  get home(): StoredServer | undefined {
    return this.homeId === undefined ? undefined : this.storedOf(this.homeId);
  }

  /** The server of this name. */
  named(name: string): StoredServer | undefined {
    const id = this.byName.get(name);
    return id === undefined ? undefined : this.storedOf(id);
  }

  /** The last heartbeats of a server, oldest first. */
  history(id: string): Record<string, number | string>[] {
    return this.entries.get(id)?.recent.history() ?? [];
  }

  summary(): MetricsSummary {
    const online = [...this.entries.values()].filter(({ state }) => state === "online");
    const average = (metric: string): number | null => {
      const values = online.flatMap(({ stored }) => stored.last_metrics[metric] ?? []);
      if (values.length === 0) return null;
      return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 100) / 100;
    };
    return {
      servers_count: this.entries.size,
      servers_online: online.length,
      cpu_avg: average("cpu_percent"),
      memory_avg: average("memory_percent"),
      disk_avg: average("disk_percent"),
      last_updated: new Date(this.options.clock.now()).toISOString(),
    };
  }

  /** Takes over what the store has of a server now. */
  put(stored: StoredServer): void {
    const known = this.entries.get(stored.id);
    if (known?.stored.credential_hash != null) this.byCredential.delete(known.stored.credential_hash);
    if (stored.credential_hash !== null) this.byCredential.set(stored.credential_hash, stored);
    if (known !== undefined) this.byName.delete(known.stored.name);
    this.byName.set(stored.name, stored.id);
    if (stored.kind === "hub") this.homeId = stored.id;
    if (known !== undefined) known.stored = { ...stored, ...seenOf(known.stored, stored) };
    else this.entries.set(stored.id, this.newEntry(stored));
    this.touch(stored.id);
  }

  remove(id: string): void {
    const stored = this.storedOf(id);
    if (stored === undefined) return;
    if (stored.credential_hash !== null) this.byCredential.delete(stored.credential_hash);
    if (this.homeId === id) this.homeId = undefined;
    this.byName.delete(stored.name);
    this.entries.delete(id);
    this.touch(id);
  }

  /** A heartbeat came: what was measured, and when by the server's own clock where that is known. */
  heard(id: string, values: Readonly<Record<string, number>>, at: number, interval?: number): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    const { clock } = this.options;
    entry.heardAt = clock.monotonic();
    entry.interval = interval ?? entry.interval;
    entry.noted = false;
    entry.stored = { ...entry.stored, last_seen: clock.now(), last_metrics: { ...values } };
    entry.recent.add(at, values);
    this.judge(entry);
    this.touch(id);
  }

  /** Its link opened (with what it said of itself), or closed (null). */
  linked(id: string, link: LinkFacts | null): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    entry.link = link;
    if (link !== null) {
      entry.heardAt = this.options.clock.monotonic();
      this.judge(entry);
    }
    this.touch(id);
  }

  /** Its clock is so many milliseconds ahead of ours. */
  skewed(id: string, skew: number): void {
    const entry = this.entries.get(id);
    if (entry !== undefined) entry.skew = skew;
  }

  skewOf(id: string): number {
    return this.entries.get(id)?.skew ?? 0;
  }

  /** Something that is shown of a server changed elsewhere. */
  touch(id: string): void {
    this.dirty.add(id);
    this.flushing ??= setImmediate(() => {
      this.flushing = undefined;
      const changed = this.dirty;
      this.dirty = new Set();
      this.changed.emit(changed);
    });
  }

  async close(): Promise<void> {
    this.looking?.cancel();
    this.noting?.cancel();
    clearImmediate(this.flushing);
    await this.note();
  }

  private newEntry(stored: StoredServer): Entry {
    const { clock } = this.options;
    const entry: Entry = {
      stored,
      recent: new RecentMetrics(),
      heardAt: null,
      state: "new",
      interval: stored.heartbeat_interval ?? undefined,
      link: null,
      skew: null,
      noted: true,
    };
    if (stored.last_seen === null) return entry;
    // Heard before this hub began: stale until it is heard again, and offline when the grace is over.
    const { rule } = this.options;
    const { interval, offlineAfter } = rule();
    const offlineIn = (entry.interval ?? interval) * (offlineAfter + 0.5);
    const recently = clock.now() - stored.last_seen < offlineIn + GRACE;
    entry.heardAt = clock.monotonic() - offlineIn + (recently ? GRACE : 0);
    entry.state = recently ? "late" : "offline";
    return entry;
  }

  private node(entry: Entry): ServerNode {
    const { stored, state, link, skew } = entry;
    const { rule, servicesOn } = this.options;
    const iso = (time: number): string => new Date(time).toISOString();
    return {
      id: stored.id,
      name: stored.name,
      host: stored.host,
      ip: stored.ip,
      tags: stored.tags,
      services: stored.kind === "bare" ? stored.services : servicesOn(stored.id),
      metadata: stored.metadata,
      last_seen: stored.last_seen === null ? null : iso(stored.last_seen),
      last_metrics: stored.last_metrics,
      online: state === "online",
      state,
      kind: stored.kind,
      connected: link !== null,
      agent_version: link?.version ?? stored.agent_version,
      clock_skew_ms: skew,
      heartbeat_interval: (entry.interval ?? rule().interval) / SECOND,
      locked: link?.locked ?? false,
      allow_run: link?.allowRun ?? false,
      enrolled_at: iso(stored.created_at),
      revoked: stored.kind !== "hub" && stored.public_key === null && stored.credential_hash === null,
      joined_with: stored.joined_with,
    };
  }

  private look(): void {
    const rule = this.options.rule();
    for (const entry of this.entries.values()) this.judge(entry, rule);
    this.looking = this.options.clock.after(LOOK_EVERY, () => this.look());
  }

  private judge(entry: Entry, rule = this.options.rule()): void {
    const state = livenessOf(entry.heardAt, entry.interval ?? rule.interval, this.options.clock.monotonic(), rule);
    const from = entry.state;
    // Not heard since the hub's start: what only the grace holds back from being offline is not online.
    const held = from === "late" && state === "online" && entry.stored.last_seen !== null && entry.noted;
    if (state === from || held) return;
    entry.state = state;
    this.touch(entry.stored.id);
    this.stateChanged.emit({ server: this.node(entry), from });
  }

  private noteLater(): void {
    this.noting = this.options.clock.after(NOTE_EVERY, () => {
      void this.note().finally(() => this.noteLater());
    });
  }

  private async note(): Promise<void> {
    const fresh = [...this.entries.values()].filter(({ noted }) => !noted);
    try {
      for (let at = 0; at < fresh.length; at += NOTE_STEP) {
        const step = fresh.slice(at, at + NOTE_STEP);
        await this.options.store.noteSeen(step.map(({ stored }) => stored));
        for (const entry of step) entry.noted = true;
      }
    } catch (error) {
      this.options.logger.debug({ err: error }, "Cannot note when servers were heard");
    }
  }
}

/** What was heard meanwhile is newer than what is stored. */
function seenOf(known: StoredServer, stored: StoredServer): Pick<StoredServer, "last_seen" | "last_metrics"> {
  const newer = (known.last_seen ?? 0) >= (stored.last_seen ?? 0) ? known : stored;
  return { last_seen: newer.last_seen, last_metrics: newer.last_metrics };
}
