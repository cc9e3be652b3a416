// Rolling restarts: begun, paused, resumed.
import { TailherdError } from "../../../contract/errors.ts";
import type { Operation } from "../../../contract/operations.ts";
import type { Actor } from "../../store/store.ts";
import type { HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "POST /api/services/{name}/rolling-restart"
  | "POST /api/rolling-restart"
  | "POST /api/operations/{id}/pause"
  | "POST /api/operations/{id}/resume";

/** Handlers of rolling restarts. */
export function rollingHandlers(parts: HubParts): HandlersOf<Keys> {
  return {
    "POST /api/services/{name}/rolling-restart"({ params }) {
      throw notYet(parts.catalog.require(params.name).name);
    },
    "POST /api/rolling-restart"() {
      throw notYet("them");
    },
    "POST /api/operations/{id}/pause": async ({ params, actor }) => await setPaused(params.id, true, actor, parts),
    "POST /api/operations/{id}/resume": async ({ params, actor }) => await setPaused(params.id, false, actor, parts),
  };
}

function notYet(what: string): TailherdError {
  return new TailherdError("refused", `Cannot restart ${what} a few at a time: that is being built`);
}

async function setPaused(
  id: string,
  paused: boolean,
  actor: Actor,
  { operations, store }: HubParts,
): Promise<Operation> {
  const operation = operations.require(id);
  const [word, ended] = paused ? ["pause", "it has ended"] : ["resume", "it has ended"];
  if (operation.ended_at !== null) throw new TailherdError("refused", `Cannot ${word} "${operation.title}": ${ended}`);
  if (operations.planOf(id).what === "act" || operations.planOf(id).what === "command")
    throw new TailherdError("refused", `Cannot ${word} "${operation.title}": only rolling restarts can be paused`);
  await store.recordAudit(`operation.${word}`, operation.title, actor);
  operations.pausing(id, paused);
  return await operations.read(id);
}
