// The newest state of every service, ready to be sent: each row is serialised once per change, and the list by joining. Says which
// services changed, once per turn of the event loop however many notices came in it.
import type { Clock, Timer } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import { SECOND } from "../../base/units.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import type { Observed } from "../agents/observed.ts";
import type { Catalog } from "./catalog.ts";
import type { RecentFailures } from "./recent-failures.ts";
import { statusRow } from "./status-row.ts";

/** The row of a service on so many servers is long, and one of them tells something at every moment: it is not made each time. */
const MANY_SERVERS = 100;
const TELL_EVERY = 2 * SECOND;

interface Row {
  value: Omit<ServiceStatus, "observed_at">;
  /** JSON up to where `observed_at` goes, which changes with every sample while the rest does not. */
  json: string;
}

/** What the board asks of the fleet. */
export interface Fleet {
  /** Id of the hub's own server. */
  home(): string | undefined;
  placedOn(service: string): readonly string[];
  isStale(serverId: string): boolean;
  nameOf(serverId: string): string | undefined;
}

/** Rows of `GET /api/status`. */
export class StatusBoard {
  /** Names of the services whose rows changed since the last time; those on many servers come every few seconds. */
  readonly changed = new Emitter<ReadonlySet<string>>();
  private readonly rows = new Map<string, Row>();
  private readonly catalog: Catalog;
  private readonly observed: Observed;
  private readonly failures: RecentFailures;
  private readonly clock: Clock;
  private readonly fleet: Fleet;
  private dirty = new Set<string>();
  private flushing: NodeJS.Immediate | undefined;
  /** Services of many servers that changed since they were told last. */
  private waiting = new Set<string>();
  private telling: Timer | undefined;
  private all: string | undefined;

  constructor(parts: { catalog: Catalog; observed: Observed; failures: RecentFailures; clock: Clock; fleet: Fleet }) {
    this.catalog = parts.catalog;
    this.observed = parts.observed;
    this.failures = parts.failures;
    this.clock = parts.clock;
    this.fleet = parts.fleet;
  }

  /** The hub's own machine as last told; null before the first sample. */
  get system(): SystemStats | null {
    const home = this.fleet.home();
    return home === undefined ? null : this.observed.systemOf(home);
  }

  /** A service's definition or state changed, or it went away. */
  touch(service: string): void {
    this.rows.delete(service);
    this.all = undefined;
    this.dirty.add(service);
    this.flushing ??= setImmediate(() => this.flush());
  }

  /** The agent told something, so all rows are as fresh as that; nobody needs to hear of it. */
  refresh(): void {
    this.all = undefined;
  }

  /** One row, or undefined for a name that no service has. */
  get(service: string): ServiceStatus | undefined {
    const row = this.row(service);
    return row && { ...row.value, observed_at: this.observedAt(row.value) };
  }

  /** JSON of the whole list. */
  allJson(): string {
    this.all ??= `[${this.catalog
      .all()
      .map(({ name }) => this.rowJson(name))
      .join(",")}]`;
    return this.all;
  }

  /** JSON of some rows, without the names that are gone. */
  someJson(names: Iterable<string>): string {
    const found = [...names].map((name) => this.rowJson(name)).filter((json) => json !== "");
    return `[${found.join(",")}]`;
  }

  close(): void {
    clearImmediate(this.flushing);
    this.telling?.cancel();
  }

  private rowJson(service: string): string {
    const row = this.row(service);
    return row === undefined ? "" : `${row.json},"observed_at":"${this.observedAt(row.value)}"}`;
  }

  private row(service: string): Row | undefined {
    const known = this.rows.get(service);
    if (known !== undefined) return known;
    const record = this.catalog.get(service);
    if (record === undefined) return undefined;
    const instances = this.observed.instancesOf(service);
    const { fleet } = this;
    const places = {
      placedOn: fleet.placedOn(service),
      isStale: (id: string) => fleet.isStale(id),
      nameOf: (id: string) => fleet.nameOf(id),
      now: this.clock.now(),
    };
    const value = statusRow(record, instances, this.failures.of(service), places);
    const row = { value, json: JSON.stringify(value).slice(0, -1) };
    this.rows.set(service, row);
    return row;
  }

  private observedAt({ placed_on }: Row["value"]): string {
    return new Date(this.observed.heardAt(placed_on) ?? this.clock.now()).toISOString();
  }

  private flush(): void {
    this.flushing = undefined;
    const soon = new Set<string>();
    for (const service of this.dirty) {
      if (this.observed.serverCount(service) < MANY_SERVERS) soon.add(service);
      else this.waiting.add(service);
    }
    this.dirty = new Set();
    if (soon.size > 0) this.changed.emit(soon);
    if (this.waiting.size > 0) this.telling ??= this.clock.after(TELL_EVERY, () => this.tellWaiting());
  }

  private tellWaiting(): void {
    this.telling = undefined;
    const changed = this.waiting;
    this.waiting = new Set();
    this.changed.emit(changed);
  }
}
