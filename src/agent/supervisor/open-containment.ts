// Picks how this machine holds an instance's processes together.
import type { Clock } from "../../base/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { findCgroupLayout } from "./cgroup-layout.ts";
import type { Containment } from "./containment.ts";
import { CgroupContainment } from "./containment-cgroups.ts";
import { GroupContainment } from "./containment-groups.ts";

/** cgroups where the agent may write them, else sessions and markers; TAILHERD_NO_CGROUPS=1 asks for the latter. */
export function openContainment(options: {
  owner: string;
  table: ProcessTable;
  clock: Clock;
  logger: Logger;
}): Containment {
  const layout = process.env.TAILHERD_NO_CGROUPS === "1" ? undefined : findCgroupLayout(options.owner);
  if (layout === undefined) {
    options.logger.info({}, "no writable cgroups: services are held together by session and environment");
    return new GroupContainment(options);
  }
  options.logger.debug({ unified: layout.unified, v2: [...layout.v2], v1: [...layout.v1.keys()] }, "cgroups");
  return new CgroupContainment(layout, options);
}
