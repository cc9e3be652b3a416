// Which instance of a service is meant: its number and its server. Pure.
import type { ServiceStatus } from "../../../contract/status.ts";
import { compareNames } from "../../api/live-store.ts";

export interface InstanceRef {
  index: number;
  /** Id; undefined where nothing is known of any instance. */
  server: string | undefined;
}

/** One that can be chosen, and what it is called. */
export interface InstanceChoice extends InstanceRef {
  label: string;
}

/** Of a service that nothing is known of. */
const NONE_YET: InstanceRef = { index: 0, server: undefined };

/** All instances, by server and number: "web-1", "web-1 #1", and "Instance 1" where there is one server only. */
export function choicesOf({ instances }: ServiceStatus): InstanceChoice[] {
  const servers = new Set(instances.map(({ server_id }) => server_id));
  const numbered = instances.some(({ index }) => index > 0);
  return instances
    .toSorted((a, b) => compareNames(a.server, b.server) || a.index - b.index)
    .map(({ index, server_id: server, server: name }) => ({
      index,
      server,
      label: servers.size < 2 ? `Instance ${index}` : numbered ? `${name} #${index}` : name,
    }));
}

/** The instance that is wanted, or the first one. `server` may be a name too. */
export function pick(status: ServiceStatus, wanted: { index: number; server: string | null | undefined }): InstanceRef {
  const choices = choicesOf(status);
  const names = new Map(status.instances.map(({ server_id, server }) => [server, server_id]));
  const id =
    wanted.server === null || wanted.server === undefined ? undefined : (names.get(wanted.server) ?? wanted.server);
  const fits = choices.find(({ index, server }) => index === wanted.index && (id === undefined || server === id));
  return fits ?? choices[0] ?? NONE_YET;
}

/** As a query of the API. */
export function queryOf({ index, server }: InstanceRef): { index: number; server?: string } {
  return server === undefined ? { index } : { index, server };
}

export function sameInstance(a: InstanceRef, b: InstanceRef): boolean {
  return a.index === b.index && a.server === b.server;
}
