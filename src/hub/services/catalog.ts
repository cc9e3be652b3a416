// All definitions and the settings, in memory beside the store: read on every request, written only after the store has them.
import type { ServiceRecord } from "../../contract/service.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { DesiredService } from "../../contract/agent.ts";
import type { Settings } from "../../contract/settings.ts";
import { specOf } from "../store/spec-of.ts";
import { desiredOn } from "../store/wish.ts";
import type { Store } from "../store/store.ts";

/** The refusal for a name that no service has. */
export function noSuchService(name: string): TailherdError {
  return new TailherdError("not_found", `There is no service "${name}"`);
}

/** What the hub knows of what people defined, as the store last said it. */
export class Catalog {
  private readonly records = new Map<string, ServiceRecord>();
  settings: Settings;

  private constructor(settings: Settings) {
    this.settings = settings;
  }

  static async load(store: Store): Promise<Catalog> {
    const catalog = new Catalog(await store.getSettings());
    for (const record of await store.listServices()) catalog.records.set(record.name, record);
    return catalog;
  }

  get size(): number {
    return this.records.size;
  }

  /** In the order in which they were added. */
  all(): ServiceRecord[] {
    return [...this.records.values()];
  }

  get(name: string): ServiceRecord | undefined {
    return this.records.get(name);
  }

  /** Throws `not_found`. */
  require(name: string): ServiceRecord {
    const record = this.records.get(name);
    if (record === undefined) throw noSuchService(name);
    return record;
  }

  put(record: ServiceRecord): void {
    this.records.set(record.name, record);
  }

  delete(name: string): void {
    this.records.delete(name);
  }

  /** A service as the agent of a server should have it: the restart policy that it leaves open comes from the setting. */
  desiredOf(record: ServiceRecord, serverId: string): DesiredService {
    const spec = specOf(record);
    const policy = spec.restart.policy ?? (this.settings.auto_restart_on_failure ? "on-failure" : "never");
    return {
      spec: { ...spec, restart: { ...spec.restart, policy } },
      revision: record.revision,
      desired: desiredOn(record, serverId),
      stopped_instances: record.stopped_instances,
    };
  }
}
