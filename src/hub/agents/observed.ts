// What the agents last told: the newest row of each instance, and of each machine. Memory only; agents tell it all again.
import { Emitter } from "../../base/emitter.ts";
import type { InstanceStatus, SystemStats } from "../../contract/status.ts";

/** Rows of one service: each in its place, and all in order once somebody asks. */
interface Rows {
  byServer: Map<string, Map<number, InstanceStatus>>;
  sorted: readonly InstanceStatus[] | undefined;
}

/** Observed state. A service may run on thousands of servers, each of which tells of it every few seconds. */
export class Observed {
  /** A row as it was told; each of them, since who waits for a steady state must not miss a short break. */
  readonly told = new Emitter<InstanceStatus>();
  private readonly byService = new Map<string, Rows>();
  private readonly systems = new Map<string, SystemStats>();
  /** When an agent last told anything, by server, Unix milliseconds. */
  private readonly heard = new Map<string, number>();

  /** By server, then by index. */
  instancesOf(service: string): readonly InstanceStatus[] {
    const rows = this.byService.get(service);
    if (rows === undefined) return [];
    rows.sorted ??= [...rows.byServer.values()]
      .flatMap((ofServer) => [...ofServer.values()])
      .sort((a, b) => compare(a.server, b.server) || a.index - b.index);
    return rows.sorted;
  }

  /** One row. */
  get(service: string, serverId: string, index: number): InstanceStatus | undefined {
    return this.byService.get(service)?.byServer.get(serverId)?.get(index);
  }

  /** Has a service instances on a server? */
  isOn(service: string, serverId: string): boolean {
    return this.byService.get(service)?.byServer.has(serverId) === true;
  }

  /** On how many servers a service has instances. */
  serverCount(service: string): number {
    return this.byService.get(service)?.byServer.size ?? 0;
  }

  /** Services that have instances on a server. */
  servicesOn(serverId: string): string[] {
    return [...this.byService].flatMap(([service, { byServer }]) => (byServer.has(serverId) ? [service] : []));
  }

  put(row: InstanceStatus): void {
    const rows = this.byService.get(row.service) ?? { byServer: new Map(), sorted: undefined };
    this.byService.set(row.service, rows);
    const ofServer = rows.byServer.get(row.server_id) ?? new Map<number, InstanceStatus>();
    rows.byServer.set(row.server_id, ofServer);
    ofServer.set(row.index, row);
    rows.sorted = undefined;
    this.told.emit(row);
  }

  remove(service: string, serverId: string, index: number): void {
    const ofServer = this.byService.get(service)?.byServer.get(serverId);
    if (ofServer?.delete(index) === true) this.tidy(service, serverId, ofServer.size === 0);
  }

  /** Forgets the instances of a service on one server. */
  removeFrom(service: string, serverId: string): void {
    this.tidy(service, serverId, true);
  }

  forget(service: string): void {
    this.byService.delete(service);
  }

  /** The machine as last told; null before the first sample. */
  systemOf(serverId: string): SystemStats | null {
    return this.systems.get(serverId) ?? null;
  }

  putSystem(serverId: string, system: SystemStats): void {
    this.systems.set(serverId, system);
  }

  /** An agent told something, at this time. */
  hearNow(serverId: string, now: number): void {
    this.heard.set(serverId, now);
  }

  /** When the newest thing of any of these servers was told; undefined when nothing was. */
  heardAt(serverIds: readonly string[]): number | undefined {
    const times = serverIds.flatMap((id) => this.heard.get(id) ?? []);
    return times.length === 0 ? undefined : Math.max(...times);
  }

  forgetServer(serverId: string): void {
    this.systems.delete(serverId);
    this.heard.delete(serverId);
    for (const service of this.servicesOn(serverId)) this.removeFrom(service, serverId);
  }

  private tidy(service: string, serverId: string, isEmpty: boolean): void {
    const rows = this.byService.get(service);
    if (rows === undefined) return;
    rows.sorted = undefined;
    if (isEmpty) rows.byServer.delete(serverId);
    if (rows.byServer.size === 0) this.byService.delete(service);
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
