// What the agents last told: the newest row of each instance and of the machine. Memory only; agents tell it all again.
import type { InstanceStatus, SystemStats } from "../../contract/status.ts";

/** Observed state. */
export class Observed {
  /** When an agent last told anything, Unix milliseconds. */
  at: number | null = null;
  system: SystemStats | null = null;
  private readonly byService = new Map<string, InstanceStatus[]>();

  /** By index. */
  instancesOf(service: string): readonly InstanceStatus[] {
    return this.byService.get(service) ?? [];
  }

  put(row: InstanceStatus): void {
    const others = this.instancesOf(row.service).filter((each) => !isSame(each, row.server_id, row.index));
    const rows = [...others, row].sort((a, b) => a.index - b.index);
    this.byService.set(row.service, rows);
  }

  remove(service: string, serverId: string, index: number): void {
    const left = this.instancesOf(service).filter((each) => !isSame(each, serverId, index));
    if (left.length > 0) this.byService.set(service, left);
    else this.byService.delete(service);
  }

  forget(service: string): void {
    this.byService.delete(service);
  }
}

function isSame(row: InstanceStatus, serverId: string, index: number): boolean {
  return row.index === index && row.server_id === serverId;
}
