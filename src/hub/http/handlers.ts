// All handlers together; the table refuses to compile when one is missing.
import { defineRoutes, type Handlers } from "./define-routes.ts";
import { accessHandlers } from "./handlers/access-handlers.ts";
import { actHandlers } from "./handlers/act-handlers.ts";
import { legacyHandlers } from "./handlers/legacy-handlers.ts";
import { metricsHandlers } from "./handlers/metrics-handlers.ts";
import { operationHandlers } from "./handlers/operation-handlers.ts";
import { prometheusHandlers } from "./handlers/prometheus-handlers.ts";
import { rollingHandlers } from "./handlers/rolling-handlers.ts";
import { serverHandlers } from "./handlers/server-handlers.ts";
import { serviceHandlers } from "./handlers/service-handlers.ts";
import { stateHandlers } from "./handlers/state-handlers.ts";
import { streamHandlers } from "./handlers/stream-handlers.ts";
import { taskHandlers } from "./handlers/task-handlers.ts";
import { transferHandlers } from "./handlers/transfer-handlers.ts";
import type { HubParts } from "./hub-parts.ts";

/** A handler for each route of the contract. */
export function createHandlers(parts: HubParts): Handlers {
  return defineRoutes({
    ...stateHandlers(parts),
    ...serviceHandlers(parts),
    ...serverHandlers(parts),
    ...metricsHandlers(parts),
    ...prometheusHandlers(parts),
    ...actHandlers(parts),
    ...operationHandlers(parts),
    ...rollingHandlers(parts),
    ...legacyHandlers(parts),
    ...streamHandlers(parts),
    ...accessHandlers(parts),
    ...taskHandlers(parts),
    ...transferHandlers(parts),
  });
}
