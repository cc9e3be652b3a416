// What is wished of a service, of its instances and on its servers: pure functions, so that each store keeps the same.
import type { WishAction } from "../../contract/operations.ts";
import type { DesiredState, ServiceRecord } from "../../contract/service.ts";

/** What people asked for last. At least one instance on one server is wished to run where `desired` is "running". */
export type Wish = Pick<ServiceRecord, "desired" | "stopped_instances" | "stopped_servers">;

/** What an act is about. */
export interface ActedOn {
  /** One instance, on each of its servers; null: all. */
  index: number | null;
  /** Id of one of its servers; null: all. */
  server: string | null;
  /** Ids of all servers that the service belongs on. */
  servers: readonly string[];
}

/** All of a service. */
export const WHOLE: ActedOn = { index: null, server: null, servers: [] };

/** The wish in a record. */
export function wishOf({ desired, stopped_instances, stopped_servers }: Wish): Wish {
  return { desired, stopped_instances, stopped_servers };
}

/**
 * The wish after an act. On the whole service a start or a stop ends all wishes for parts of it, while a restart is for those that
 * should run. On one instance, or one server of several, it leaves the others as they were: to start one of a stopped service is
 * to wish the others stopped.
 */
export function wishAfter(
  before: Wish,
  action: WishAction,
  { index, server, servers }: ActedOn,
  instances: number,
): Wish {
  const stops = action === "stop" || action === "kill";
  const oneServer = server !== null && servers.length > 1;
  if (index === null && !oneServer) {
    if (action === "restart" && before.desired === "running") return wishOf(before);
    return { desired: stops ? "stopped" : "running", stopped_instances: [], stopped_servers: [] };
  }
  const wasStopped = before.desired === "stopped";
  const after = (all: readonly (number | string)[], acted: number | string, stopped: readonly (number | string)[]) =>
    all.filter((each) => (each === acted ? stops : wasStopped || stopped.includes(each)));
  const numbers = Array.from({ length: instances }, (_, at) => at);
  const stopped_instances = (
    index === null || oneServer ? wishOf(before).stopped_instances : after(numbers, index, before.stopped_instances)
  ) as number[];
  const stopped_servers = (
    oneServer ? after(servers, server, before.stopped_servers) : before.stopped_servers
  ) as string[];
  if (oneServer && servers.every((id) => stopped_servers.includes(id))) return STOPPED;
  return fitWish({ desired: "running", stopped_instances, stopped_servers }, instances);
}

const STOPPED: Wish = { desired: "stopped", stopped_instances: [], stopped_servers: [] };

/** The wish for a service that has so many instances from now on. */
export function fitWish({ desired, stopped_instances, stopped_servers }: Wish, instances: number): Wish {
  const stopped = stopped_instances.filter((at) => at < instances);
  if (desired === "stopped" || stopped.length === instances) return STOPPED;
  return { desired, stopped_instances: stopped, stopped_servers };
}

/** What is wished of it on one server. */
export function desiredOn({ desired, stopped_servers }: Wish, serverId: string): DesiredState {
  return stopped_servers.includes(serverId) ? "stopped" : desired;
}

/** Whether one instance on one server is wished to run. */
export function isWished(record: Wish & Pick<ServiceRecord, "instances">, index: number, serverId: string): boolean {
  return (
    desiredOn(record, serverId) === "running" && index < record.instances && !record.stopped_instances.includes(index)
  );
}
