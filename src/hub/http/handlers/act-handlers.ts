// Acts on services: one, or many as one operation.
import type { ServiceAction } from "../../../contract/operations.ts";
import { startActs } from "../../operations/act-run.ts";
import { actAlong } from "../../services/restart-along.ts";
import { ALL_INSTANCES } from "../../services/service-acts.ts";
import type { Call, HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type ActRoute = `POST /api/services/{name}/${ServiceAction}`;
type Keys = ActRoute | "POST /api/bulk";

/** Handlers of acts. */
export function actHandlers(parts: HubParts): HandlersOf<Keys> {
  const { acts, catalog } = parts;
  const handler = (action: ServiceAction) => {
    return async ({ params, query, actor }: Call<ActRoute>) => {
      const which = { index: query.index ?? null, server: query.server ?? null };
      const { message, count } = await actAlong(parts, params.name, action, which, actor);
      return { success: true, message, count };
    };
  };
  return {
    "POST /api/services/{name}/start": handler("start"),
    "POST /api/services/{name}/stop": handler("stop"),
    "POST /api/services/{name}/restart": handler("restart"),
    "POST /api/services/{name}/kill": handler("kill"),
    "POST /api/services/{name}/reload": handler("reload"),
    async "POST /api/bulk"({ body, actor }) {
      const { action, services } = body;
      for (const name of services) catalog.require(name);
      const about = { kind: `bulk ${action}`, title: `${action} ${services.length} services`, action, services };
      const { operation } = await startActs(parts, about, actor, async (service) => {
        return (await acts.act(service, action, ALL_INSTANCES, actor)).message;
      });
      return operation;
    },
  };
}
