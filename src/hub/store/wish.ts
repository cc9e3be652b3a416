// What is wished of a service and of its instances: pure functions, so that each store keeps the same.
import type { ServiceAction } from "../../contract/operations.ts";
import type { ServiceRecord } from "../../contract/service.ts";

/** What people asked for last. At least one instance is wished to run where `desired` is "running". */
export type Wish = Pick<ServiceRecord, "desired" | "stopped_instances">;

/** The wish in a record. */
export function wishOf({ desired, stopped_instances }: Wish): Wish {
  return { desired, stopped_instances };
}

/**
 * The wish after an act. On the whole service (`index` null) a start or a stop ends all wishes for single instances, while a
 * restart is for those that should run. On one instance it leaves the others as they were: to start one of a stopped service is to
 * wish the others stopped.
 */
export function wishAfter(before: Wish, action: ServiceAction, index: number | null, instances: number): Wish {
  const stops = action === "stop" || action === "kill";
  if (index === null) {
    if (action === "restart" && before.desired === "running") return wishOf(before);
    return { desired: stops ? "stopped" : "running", stopped_instances: [] };
  }
  const all = Array.from({ length: instances }, (_, at) => at);
  const stopped = all.filter((at) => {
    if (at === index) return stops;
    return before.desired === "stopped" || before.stopped_instances.includes(at);
  });
  return fitWish({ desired: "running", stopped_instances: stopped }, instances);
}

/** The wish for a service that has so many instances from now on. */
export function fitWish({ desired, stopped_instances }: Wish, instances: number): Wish {
  const stopped = stopped_instances.filter((at) => at < instances);
  if (desired === "stopped" || stopped.length === instances) return { desired: "stopped", stopped_instances: [] };
  return { desired, stopped_instances: stopped };
}
