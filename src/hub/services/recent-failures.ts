// The last ends of each service that nobody asked for: the predecessor's `runtime.errors`. Read from the store once, then kept up.
import type { ExitRecord } from "../../contract/status.ts";
import type { Store } from "../store/store.ts";
import { isFailure, type RecentErrors } from "./status-row.ts";

const KEPT = 3;
/** How far back to look for them: ends on request lie between. */
const LOOKED_AT = 20;

/** At most three failures a service, newest first. */
export class RecentFailures {
  private readonly byService = new Map<string, RecentErrors>();

  async load(store: Store, services: Iterable<string>): Promise<void> {
    for (const service of services) {
      const exits = await store.listExits(service, LOOKED_AT);
      const errors = exits.filter(isFailure).slice(0, KEPT).map(errorOf);
      if (errors.length > 0) this.byService.set(service, errors);
    }
  }

  of(service: string): RecentErrors {
    return this.byService.get(service) ?? [];
  }

  /** Agents tell their last ends again: one that is known changes nothing, and an old one that was missed takes its place. */
  add(service: string, exit: ExitRecord): void {
    if (!isFailure(exit)) return;
    const known = this.of(service);
    const error = errorOf(exit);
    if (known.some(({ timestamp, message }) => timestamp === error.timestamp && message === error.message)) return;
    const errors = [error, ...known].toSorted((a, b) => Date.parse(b.timestamp) - Date.parse(a.timestamp));
    this.byService.set(service, errors.slice(0, KEPT));
  }

  forget(service: string): void {
    this.byService.delete(service);
  }
}

function errorOf(exit: ExitRecord): RecentErrors[number] {
  return { timestamp: exit.ended_at, message: exit.message };
}
