// Which servers a task runs on: a pure function of the task, the servers there are, and where services belong.
import { findZone, ownZone, type Zone } from "../../base/schedule/zone.ts";
import type { Placement } from "../../contract/server.ts";
import type { TaskSpec } from "../../contract/task.ts";
import { type PlaceableServer, placedOn } from "../agents/placement.ts";

/** What the rule asks of the fleet. */
export interface Places {
  servers: readonly PlaceableServer[];
  /** Ids of the servers that a service belongs on. */
  serversOf: (service: string) => readonly string[];
}

/** Ids. Of a service's servers those that the placement names, if it names any; a command without both runs on the hub's own machine. */
export function placesOf(
  { action, service_name, placement }: Pick<TaskSpec, "action" | "service_name" | "placement">,
  { servers, serversOf }: Places,
): string[] {
  const named = isEmpty(placement) ? undefined : placedOn(placement, servers);
  if (action === "command" && named !== undefined) return named;
  if (service_name === null) return placedOn(placement, servers);
  const own = serversOf(service_name);
  return own.filter((id) => named?.includes(id) ?? true);
}

function isEmpty({ servers, tags }: Placement): boolean {
  return servers.length === 0 && tags.length === 0;
}

/** The zone in which a task is due. */
export function zoneOf(timezone: string | null): Zone {
  const zone = findZone(timezone ?? ownZone()) ?? findZone("UTC");
  if (zone === undefined) throw new Error("this machine knows no time zones");
  return zone;
}
