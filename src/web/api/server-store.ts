// The servers of the fleet as the hub tells them. Each is subscribed to by itself: a heartbeat draws one card, not all.
import type { ServerNode } from "../../contract/server.ts";
import { compareNames, type Schedule } from "./live-store.ts";
import { Signal } from "./signal.ts";

export class ServerStore {
  /** Which servers there are, or anything of one but its numbers, changed. */
  readonly shape = new Signal();
  /** The hub has told all of them at least once. */
  loaded = false;

  private readonly servers = new Map<string, ServerNode>();
  private readonly signals = new Map<string, Signal>();
  private readonly dirty = new Set<Signal>();
  private list: readonly ServerNode[] | null = null;
  private scheduled = false;
  private readonly schedule: Schedule;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  get(id: string): ServerNode | undefined {
    return this.servers.get(id);
  }

  /** By id, else by name. */
  find(idOrName: string): ServerNode | undefined {
    return this.servers.get(idOrName) ?? this.all().find(({ name }) => name === idOrName);
  }

  /** All by name; the same array until any of them changes. */
  all(): readonly ServerNode[] {
    this.list ??= [...this.servers.values()].sort((a, b) => compareNames(a.name, b.name));
    return this.list;
  }

  signal(id: string): Signal {
    let signal = this.signals.get(id);
    if (signal === undefined) this.signals.set(id, (signal = new Signal()));
    return signal;
  }

  /** Replaces everything by what the hub says now. */
  reset(servers: readonly ServerNode[]): void {
    const present = new Set(servers.map(({ id }) => id));
    if (!this.loaded) this.mark(this.shape);
    this.loaded = true;
    this.change(
      servers,
      [...this.servers.keys()].filter((id) => !present.has(id)),
    );
  }

  change(changed: readonly ServerNode[], removed: readonly string[]): void {
    for (const id of removed) {
      if (!this.servers.delete(id)) continue;
      this.mark(this.signal(id));
      this.mark(this.shape);
    }
    for (const server of changed) {
      const before = this.servers.get(server.id);
      this.servers.set(server.id, server);
      this.mark(this.signal(server.id));
      if (before === undefined || shapeOf(before) !== shapeOf(server)) this.mark(this.shape);
    }
    this.list = null;
  }

  private mark(signal: Signal): void {
    this.dirty.add(signal);
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => {
      this.scheduled = false;
      const signals = [...this.dirty];
      this.dirty.clear();
      for (const each of signals) each.announce();
    });
  }
}

/** Everything of a server that does not move with each heartbeat, and the names of its metrics. */
function shapeOf(server: ServerNode): string {
  const still = { ...server, last_seen: null, clock_skew_ms: null, last_metrics: Object.keys(server.last_metrics) };
  return JSON.stringify(still);
}
