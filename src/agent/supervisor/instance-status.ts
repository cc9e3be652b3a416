// The row that is told of an instance: what the supervisor knows, and what the last sample measured.
import type { InstanceStatus } from "../../contract/status.ts";
import { SECOND } from "../../base/units.ts";
import type { InstanceReading } from "../sampler/sampler.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { InstanceLife } from "./instance-life.ts";

/** `reading` is of this generation, or undefined. */
export function instanceStatus(
  instance: InstanceLife,
  server: { id: string; name: string },
  table: ProcessTable,
  reading: InstanceReading | undefined,
): InstanceStatus {
  const process = instance.run?.process ?? undefined;
  const external = instance.state === "external" ? instance.external[0] : undefined;
  const pid = process?.pid ?? external?.pid ?? null;
  const startTicks = process?.startTicks ?? external?.startTicks;
  const waited = process === undefined ? 0 : (instance.run?.waited ?? 0);
  return {
    service: instance.service,
    server_id: server.id,
    server: server.name,
    index: instance.index,
    state: instance.state,
    reason: instance.reason,
    since: new Date(instance.since).toISOString(),
    pid,
    started_at:
      startTicks === undefined ? null : new Date(table.createTime(startTicks) * SECOND + waited).toISOString(),
    revision: instance.run?.revision ?? null,
    generation: instance.generation,
    restart_count: instance.restartCount,
    next_start_at: instance.nextStartAt === null ? null : new Date(instance.nextStartAt).toISOString(),
    cpu: reading?.cpu ?? null,
    memory: reading?.memory ?? null,
    memory_kind: reading?.memory_kind ?? null,
    threads: reading?.threads ?? null,
    open_files: reading?.open_files ?? null,
    read_bytes: reading?.read_bytes ?? null,
    write_bytes: reading?.write_bytes ?? null,
    processes: reading?.processes ?? [],
    port_status: reading?.port_status ?? [],
    detected_ports: reading?.detected_ports ?? [],
    last_exit: instance.lastExit,
    limits_note: instance.limitsNote,
    ready: instance.health.ready,
    checks: instance.health.statuses(),
  };
}
