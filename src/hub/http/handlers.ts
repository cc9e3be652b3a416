// All handlers together; the table refuses to compile when one is missing.
import { defineRoutes, type Handlers } from "./define-routes.ts";
import { accessHandlers } from "./handlers/access-handlers.ts";
import { actHandlers } from "./handlers/act-handlers.ts";
import { legacyHandlers } from "./handlers/legacy-handlers.ts";
import { serviceHandlers } from "./handlers/service-handlers.ts";
import { stateHandlers } from "./handlers/state-handlers.ts";
import { streamHandlers } from "./handlers/stream-handlers.ts";
import { transferHandlers } from "./handlers/transfer-handlers.ts";
import type { HubParts } from "./hub-parts.ts";

/** A handler for each route of the contract. */
export function createHandlers(parts: HubParts): Handlers {
  return defineRoutes({
    ...stateHandlers(parts),
    ...serviceHandlers(parts),
    ...actHandlers(parts),
    ...legacyHandlers(parts),
    ...streamHandlers(parts),
    ...accessHandlers(parts),
    ...transferHandlers(parts),
  });
}
