// The newest state of every service, ready to be sent: each row is serialised once per change, and the list by joining. Says which
// services changed, once per turn of the event loop however many notices came in it.
import type { Clock } from "../../base/clock.ts";
import { Emitter } from "../../base/emitter.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import type { Observed } from "../agents/observed.ts";
import type { Catalog } from "./catalog.ts";
import type { RecentFailures } from "./recent-failures.ts";
import { statusRow } from "./status-row.ts";

interface Row {
  value: Omit<ServiceStatus, "observed_at">;
  /** JSON up to where `observed_at` goes, which changes with every sample while the rest does not. */
  json: string;
}

/** Rows of `GET /api/status`. */
export class StatusBoard {
  /** Names of the services whose rows changed since the last time. */
  readonly changed = new Emitter<ReadonlySet<string>>();
  private readonly rows = new Map<string, Row>();
  private readonly catalog: Catalog;
  private readonly observed: Observed;
  private readonly failures: RecentFailures;
  private readonly clock: Clock;
  private dirty = new Set<string>();
  private flushing: NodeJS.Immediate | undefined;
  private all: string | undefined;

  constructor(catalog: Catalog, observed: Observed, failures: RecentFailures, clock: Clock) {
    this.catalog = catalog;
    this.observed = observed;
    this.failures = failures;
    this.clock = clock;
  }

  /** The machine as last told; null before the first sample. */
  get system(): SystemStats | null {
    return this.observed.system;
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
    return row && { ...row.value, observed_at: this.observedAt() };
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
  }

  private rowJson(service: string): string {
    const row = this.row(service);
    return row === undefined ? "" : `${row.json},"observed_at":"${this.observedAt()}"}`;
  }

  private row(service: string): Row | undefined {
    const known = this.rows.get(service);
    if (known !== undefined) return known;
    const record = this.catalog.get(service);
    if (record === undefined) return undefined;
    const instances = this.observed.instancesOf(service);
    const value = statusRow(record, instances, this.failures.of(service), this.clock.now());
    const row = { value, json: JSON.stringify(value).slice(0, -1) };
    this.rows.set(service, row);
    return row;
  }

  private observedAt(): string {
    return new Date(this.observed.at ?? this.clock.now()).toISOString();
  }

  private flush(): void {
    this.flushing = undefined;
    const changed = this.dirty;
    this.dirty = new Set();
    this.changed.emit(changed);
  }
}
