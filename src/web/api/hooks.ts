// How components read the live store: each hook renders its component only for what it returns.
import { useSyncExternalStore } from "react";
import type { ServiceAction } from "../../contract/operations.ts";
import type { ServerNode } from "../../contract/server.ts";
import type { Settings } from "../../contract/settings.ts";
import type { ServiceStatus, SystemStats } from "../../contract/status.ts";
import { SECOND } from "../../base/units.ts";
import { useApp } from "../app-context.ts";
import type { Preferences } from "../preferences/preferences.ts";
import { useTicking } from "../ui/ticker.ts";
import type { RecentValues } from "./history.ts";
import type { LinkState } from "./live-store.ts";

/** One service as it is now; undefined when there is none of this name (or nothing has come yet). */
export function useService(name: string): ServiceStatus | undefined {
  const { store } = useApp();
  return useSyncExternalStore(store.rowSignal(name).subscribe, () => store.row(name));
}

/** CPU of a service at its last samples, for its picture; renders with each of them. */
export function useRecentCpu(name: string): RecentValues | undefined {
  const { store } = useApp();
  const signal = store.rowSignal(name);
  useSyncExternalStore(signal.subscribe, signal.getVersion);
  return store.recentCpu(name);
}

/** The act on a service that this browser waits for. */
export function useActing(name: string): ServiceAction | undefined {
  const { store } = useApp();
  return useSyncExternalStore(store.rowSignal(name).subscribe, () => store.actingOn(name));
}

/** All services; renders when states, names, labels change, not when numbers do. */
export function useServices(): readonly ServiceStatus[] {
  const { store } = useApp();
  useSyncExternalStore(store.shape.subscribe, store.shape.getVersion);
  return store.all();
}

/** Has the first snapshot come? */
export function useLoaded(): boolean {
  const { store } = useApp();
  return useSyncExternalStore(store.shape.subscribe, () => store.loaded);
}

/** All servers by name; renders when one comes, goes or changes its state, not with each heartbeat. Null before they are known. */
export function useServers(): readonly ServerNode[] | null {
  const { servers } = useApp();
  useSyncExternalStore(servers.shape.subscribe, servers.shape.getVersion);
  return servers.loaded ? servers.all() : null;
}

/** One server, by id or name, as it is now; renders with each of its heartbeats. */
export function useServer(idOrName: string): ServerNode | undefined {
  const { servers } = useApp();
  const known = useSyncExternalStore(servers.shape.subscribe, () => servers.find(idOrName)?.id);
  const signal = servers.signal(known ?? idOrName);
  return useSyncExternalStore(signal.subscribe, () => (known === undefined ? undefined : servers.get(known)));
}

/** Now by the hub's clock, less the time of `iso`: the age that the hub would tell, milliseconds. Zero for null. */
export function useAge(iso: string | null, everyMs: number = SECOND): number {
  const { store } = useApp();
  const at = iso === null ? null : Date.parse(iso);
  return useTicking((now) =>
    at === null ? 0 : Math.floor(Math.max(0, now + store.clockSkew - at) / everyMs) * everyMs,
  );
}

export function useStats(): SystemStats | null {
  const { store } = useApp();
  return useSyncExternalStore(store.machine.subscribe, () => store.stats);
}

export function useLink(): LinkState {
  const { store } = useApp();
  return useSyncExternalStore(store.link.subscribe, () => store.linkState);
}

/** Values below this age are fresh however short the interval: a busy machine samples late. */
const SURELY_FRESH = 5 * SECOND;

/** Are the values on screen old? The connection is lost, or it lives and three intervals brought no new sample. */
export function useStale(): boolean {
  const { store } = useApp();
  const lost = useLink().phase === "lost";
  const interval = (useSettings()?.update_interval_seconds ?? 5) * SECOND;
  const late = useTicking((now) => store.stats !== null && now - store.statsAt > Math.max(SURELY_FRESH, 3 * interval));
  return lost || late;
}

export function useSettings(): Settings | null {
  const { store } = useApp();
  return useSyncExternalStore(store.settingsChanged.subscribe, () => store.settings);
}

export function usePreferences(): Preferences {
  const { preferences } = useApp();
  return useSyncExternalStore(preferences.changed.subscribe, preferences.get);
}

/** Why an act is not possible now, in words, or null: the connection is lost, or the role does not allow it. */
export function useBlocked(need: "operate" | "write" | "inspect"): string | null {
  const { principal } = useApp();
  const link = useLink();
  if (link.phase === "lost") return "not connected to the hub";
  if (principal.role === "admin" || (need === "operate" && principal.role === "operator")) return null;
  return `your role (${principal.role ?? "none"}) does not allow it`;
}
