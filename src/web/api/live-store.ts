// What is known now of all services and this machine. Rows are subscribed to one by one, so that one change renders one row.
// Changes are gathered and announced once a frame: a thousand a second cost sixty announcements, not a thousand.
import type { ServiceAction } from "../../contract/operations.ts";
import type { Settings } from "../../contract/settings.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import { RecentValues } from "./history.ts";
import { Signal } from "./signal.ts";

/**
 * connecting: first try. live: messages come. lost: the socket is gone and values are old; next try at `retryAt`.
 * Times in Unix milliseconds of this browser.
 */
export type LinkState =
  | { phase: "connecting" }
  | { phase: "live" }
  | { phase: "lost"; since: number; retryAt: number | null; attempt: number };

/** Runs `act` before the next paint; in a hidden page, which is never painted, soon. */
export type Schedule = (act: () => void) => void;

/** Samples of one service closer together than this, in milliseconds, are one point of its sparkline: the last of them. */
const SAMPLE_GAP = 700;

export class LiveStore {
  /** The set of services or anything that filters, groups and problems look at changed. */
  readonly shape = new Signal();
  readonly machine = new Signal();
  readonly link = new Signal();
  readonly settingsChanged = new Signal();

  stats: SystemStats | null = null;
  /** When `stats` came, Unix milliseconds of this browser. */
  statsAt = 0;
  settings: Settings | null = null;
  version: string | null = null;
  linkState: LinkState = { phase: "connecting" };
  /** A snapshot has come at least once. */
  loaded = false;
  /** What to add to this browser's clock to get the hub's, milliseconds. */
  clockSkew = 0;

  private readonly rows = new Map<string, ServiceStatus>();
  private list: readonly ServiceStatus[] | null = null;
  private readonly rowSignals = new Map<string, Signal>();
  private readonly recent = new Map<string, { values: RecentValues; at: number }>();
  private readonly acting = new Map<string, ServiceAction>();
  private readonly dirtyRows = new Set<string>();
  private readonly dirty = new Set<Signal>();
  private scheduled = false;
  private readonly schedule: Schedule;

  constructor(schedule: Schedule) {
    this.schedule = schedule;
  }

  row(name: string): ServiceStatus | undefined {
    return this.rows.get(name);
  }

  /** All rows by name; the same array until any of them changes. */
  all(): readonly ServiceStatus[] {
    this.list ??= [...this.rows.values()].sort((a, b) => compareNames(a.name, b.name));
    return this.list;
  }

  /** The act that this browser is waiting for, so that its outcome can be shown before it comes. */
  actingOn(name: string): ServiceAction | undefined {
    return this.acting.get(name);
  }

  recentCpu(name: string): RecentValues | undefined {
    return this.recent.get(name)?.values;
  }

  rowSignal(name: string): Signal {
    let signal = this.rowSignals.get(name);
    if (signal === undefined) this.rowSignals.set(name, (signal = new Signal()));
    return signal;
  }

  /** Replaces everything by what the hub says now. */
  reset(statuses: readonly ServiceStatus[], now: number): void {
    const present = new Set(statuses.map((status) => status.name));
    for (const name of this.rows.keys()) if (!present.has(name)) this.remove(name);
    if (!this.loaded) this.mark(this.shape);
    this.loaded = true;
    this.change(statuses, now);
  }

  change(statuses: readonly ServiceStatus[], now: number): void {
    for (const status of statuses) {
      const before = this.rows.get(status.name);
      this.rows.set(status.name, status);
      this.dirtyRows.add(status.name);
      if (before === undefined || !sameShape(before, status)) this.mark(this.shape);
      this.sample(status, now);
    }
    this.list = null;
    this.flushSoon();
  }

  remove(name: string): void {
    if (!this.rows.delete(name)) return;
    this.recent.delete(name);
    this.list = null;
    this.dirtyRows.add(name);
    this.mark(this.shape);
  }

  /** Puts what the hub kept (percent of a core, oldest first) in place of the few samples that came since the page is open. */
  fillRecent(cpu: Readonly<Record<string, readonly number[]>>, now: number): void {
    for (const [name, values] of Object.entries(cpu)) {
      const entry = this.recentOf(name);
      if (!this.rows.has(name) || values.length < entry.values.length) continue;
      entry.values.replace(values);
      entry.at = now;
      this.dirtyRows.add(name);
    }
    this.flushSoon();
  }

  setStats(stats: SystemStats, now: number): void {
    this.stats = stats;
    // The hub tells only rows that changed. One at rest has a sample too: the same numbers again.
    for (const status of this.rows.values()) {
      if (this.sample(status, now)) this.dirtyRows.add(status.name);
    }
    this.statsAt = now;
    this.mark(this.machine);
  }

  setSettings(settings: Settings): void {
    this.settings = settings;
    this.mark(this.settingsChanged);
  }

  setLink(state: LinkState): void {
    this.linkState = state;
    this.mark(this.link);
  }

  setActing(name: string, action: ServiceAction | null): void {
    if (action === null) this.acting.delete(name);
    else this.acting.set(name, action);
    this.dirtyRows.add(name);
    this.flushSoon();
  }

  /** True when the picture of this service has one point more. */
  private sample(status: ServiceStatus, now: number): boolean {
    const entry = this.recentOf(status.name);
    const cpu = cpuOf(status);
    if (cpu === null && entry.values.length === 0) return false;
    if (now - entry.at < SAMPLE_GAP) {
      entry.values.setLast(cpu ?? 0);
      return false;
    }
    entry.at = now;
    entry.values.push(cpu ?? 0);
    return true;
  }

  private recentOf(name: string): { values: RecentValues; at: number } {
    let entry = this.recent.get(name);
    if (entry === undefined) this.recent.set(name, (entry = { values: new RecentValues(), at: 0 }));
    return entry;
  }

  private mark(signal: Signal): void {
    this.dirty.add(signal);
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.schedule(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const signals = [...this.dirty];
    const names = [...this.dirtyRows];
    this.dirty.clear();
    this.dirtyRows.clear();
    for (const name of names) this.rowSignals.get(name)?.announce();
    for (const signal of signals) signal.announce();
  }
}

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Order of names for people: web2 before web10. */
export function compareNames(a: string, b: string): number {
  return collator.compare(a, b);
}

/** CPU of all instances together, percent of one core; null when nothing runs, or nothing is known but old values. */
export function cpuOf(status: ServiceStatus): number | null {
  return sumOf(status, "cpu");
}

/** Memory of all instances together, bytes; null when nothing runs, or nothing is known but old values. */
export function memoryOf(status: ServiceStatus): number | null {
  return sumOf(status, "memory");
}

/** A number of all instances together whose servers are heard; null when none of them has it. */
export function sumOf(
  status: ServiceStatus,
  key: "cpu" | "memory" | "threads" | "open_files" | "read_bytes" | "write_bytes",
): number | null {
  let total: number | null = null;
  for (const instance of status.instances) {
    const value = instance[key];
    if (value !== null && !instance.stale) total = (total ?? 0) + value;
  }
  return total;
}

/** Start of the instance that runs longest, Unix milliseconds; null when none runs. */
export function startedAt(status: ServiceStatus): number | null {
  let first: number | null = null;
  for (const { started_at, pid, stale } of status.instances) {
    if (started_at === null || pid === null || stale) continue;
    const at = Date.parse(started_at);
    if (first === null || at < first) first = at;
  }
  return first;
}

function sameShape(a: ServiceStatus, b: ServiceStatus): boolean {
  return (
    a.state === b.state &&
    a.reason === b.reason &&
    a.kind === b.kind &&
    a.revision === b.revision &&
    a.desired === b.desired &&
    String(a.stopped_instances) === String(b.stopped_instances) &&
    String(a.stopped_servers) === String(b.stopped_servers) &&
    a.description === b.description &&
    a.instances.length === b.instances.length &&
    a.instances.every((instance, index) => {
      const other = b.instances[index];
      return (
        other !== undefined &&
        instance.state === other.state &&
        instance.stale === other.stale &&
        instance.server === other.server &&
        instance.revision === other.revision &&
        instance.generation === other.generation &&
        instance.next_start_at === other.next_start_at &&
        instance.last_exit?.ended_at === other.last_exit?.ended_at
      );
    }) &&
    String(a.placed_on) === String(b.placed_on) &&
    sameLabels(a.labels, b.labels)
  );
}

function sameLabels(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
