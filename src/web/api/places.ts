// Where a service is: the servers of its instances, and those that it should be on and nothing is known from. Pure.
import type { ServiceStatus } from "../../contract/status.ts";
import { compareNames } from "./live-store.ts";

/** A server as a service sees it. */
export interface Place {
  id: string;
  name: string;
  /** What is known from there is old. */
  stale: boolean;
  /** It belongs there, but nothing was told from there yet. */
  untold: boolean;
}

/** By name, each server once. `nameOf` knows the servers that no instance names. */
export function placesOf(status: ServiceStatus, nameOf: (id: string) => string | undefined): Place[] {
  const places = new Map<string, Place>();
  for (const { server_id: id, server: name, stale } of status.instances) {
    if (!places.has(id)) places.set(id, { id, name, stale, untold: false });
  }
  for (const id of status.placed_on) {
    if (!places.has(id)) places.set(id, { id, name: nameOf(id) ?? id, stale: false, untold: true });
  }
  return [...places.values()].sort((a, b) => compareNames(a.name, b.name));
}

/** Is all that is known of it old? */
export function isAllStale({ instances }: ServiceStatus): boolean {
  return instances.length > 0 && instances.every(({ stale }) => stale);
}
