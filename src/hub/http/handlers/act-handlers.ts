// Acts on services: one, or many as one operation.
import { SECOND } from "../../../base/units.ts";
import type { ServiceAction } from "../../../contract/operations.ts";
import type { Call, HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type ActRoute = `POST /api/services/{name}/${ServiceAction}`;
type Keys = ActRoute | "POST /api/bulk" | "GET /api/operations" | "GET /api/operations/{id}";

/** Handlers of acts. */
export function actHandlers({ acts, catalog, operations }: HubParts): HandlersOf<Keys> {
  const handler = (action: ServiceAction) => {
    return async ({ params, query, actor }: Call<ActRoute>) => {
      const { message, count } = await acts.act(params.name, action, query.index ?? null, actor);
      return { success: true, message, count };
    };
  };
  return {
    "POST /api/services/{name}/start": handler("start"),
    "POST /api/services/{name}/stop": handler("stop"),
    "POST /api/services/{name}/restart": handler("restart"),
    "POST /api/services/{name}/kill": handler("kill"),
    "POST /api/bulk"({ body, actor }) {
      const { action, services } = body;
      for (const name of services) catalog.require(name);
      const { operation } = operations.start(`bulk ${action}`, services, actor, async (service) => {
        return (await acts.act(service, action, null, actor)).message;
      });
      return operation;
    },
    "GET /api/operations": () => operations.list(),
    "GET /api/operations/{id}": async ({ params, query }) =>
      await operations.wait(params.id, (query.wait ?? 0) * SECOND),
  };
}
