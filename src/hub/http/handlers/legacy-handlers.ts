// The predecessor's routes, with its shapes: thin over the same acts and edits as the new ones.
import { TailherdError } from "../../../contract/errors.ts";
import { startActs } from "../../operations/act-run.ts";
import { actAlong } from "../../services/restart-along.ts";
import { ALL_INSTANCES } from "../../services/service-acts.ts";
import type { HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "POST /api/service/add"
  | "DELETE /api/service/{name}"
  | "POST /api/service/{name}/start"
  | "POST /api/service/{name}/stop"
  | "POST /api/service/{name}/restart"
  | "POST /api/service/{name}/scan-ports"
  | "POST /api/bulk/stop/{kind}"
  | "GET /api/settings"
  | "POST /api/settings";

/** Handlers of the predecessor's routes for services and settings. */
export function legacyHandlers(parts: HubParts): HandlersOf<Keys> {
  const { catalog, edits, acts, deployment, settings } = parts;
  return {
    async "POST /api/service/add"({ body, actor }) {
      const taken = catalog.get(body.name) !== undefined;
      if (taken) throw refusal("name_taken", body.name, [`Service name "${body.name}" is taken`], []);
      const conflicts = edits.conflicts(body).map(({ message }) => message);
      if (conflicts.length > 0 && catalog.settings.check_port_conflicts) {
        throw refusal("refused", body.name, conflicts, await edits.warnings(body));
      }
      await edits.add(body, actor);
      const warnings = [...conflicts, ...(await edits.warnings(body))];
      return { success: true, message: `Service "${body.name}" was added`, warnings };
    },
    async "DELETE /api/service/{name}"({ params, actor }) {
      await edits.delete(params.name, actor);
      return { success: true, message: `Service "${params.name}" was stopped and deleted` };
    },
    async "POST /api/service/{name}/start"({ params, actor }) {
      const { message } = await acts.act(params.name, "start", ALL_INSTANCES, actor);
      return { success: true, message };
    },
    async "POST /api/service/{name}/stop"({ params, actor }) {
      const { message, count } = await acts.act(params.name, "stop", ALL_INSTANCES, actor);
      return { success: true, message, count };
    },
    async "POST /api/service/{name}/restart"({ params, actor }) {
      const { message } = await actAlong(parts, params.name, "restart", ALL_INSTANCES, actor);
      return { success: true, message };
    },
    async "POST /api/service/{name}/scan-ports"({ params }) {
      const { name, ports } = catalog.require(params.name);
      const { detected_ports } = await deployment.ask(name, undefined, "scan_ports", { service: name });
      return { success: true, detected_ports, configured_ports: ports };
    },
    async "POST /api/bulk/stop/{kind}"({ params, actor }) {
      const names = catalog.all().flatMap(({ kind, name }) => (kind === params.kind ? [name] : []));
      let count = 0;
      const title = `stop all ${params.kind} services`;
      const about = { kind: "bulk stop", title, action: "stop", services: names } as const;
      const { operation, ended } = await startActs(parts, about, actor, async (service) => {
        const result = await acts.act(service, "stop", ALL_INSTANCES, actor);
        count += result.count;
        return result.message;
      });
      await ended;
      const failed = operation.targets.filter(({ state }) => state === "failed");
      if (failed.length > 0) {
        const words = failed.map(({ service, message }) => `"${service}": ${message}`).join("; ");
        throw new TailherdError("act_failed", `Cannot stop all ${params.kind} services: ${words}`);
      }
      return { success: true, message: `Stopped ${names.length} ${params.kind} services`, count };
    },
    "GET /api/settings": () => catalog.settings,
    async "POST /api/settings"({ body, actor }) {
      await settings.change(body, actor);
      return { success: true, message: "Settings were saved" };
    },
  };
}

/** The refusal of `service/add`, whose `detail` is an object. */
function refusal(code: "name_taken" | "refused", name: string, issues: string[], warnings: string[]): TailherdError {
  const message = `Cannot add "${name}": ${issues.join("; ")}`;
  return new TailherdError(code, message, { detail: { message, issues, warnings } });
}
