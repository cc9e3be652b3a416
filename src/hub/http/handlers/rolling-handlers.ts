// Rolling restarts: begun, paused, resumed, and begun again where they did not get to.
import { TailherdError } from "../../../contract/errors.ts";
import type { Operation, OperationTarget } from "../../../contract/operations.ts";
import type { RollingOptions } from "../../../contract/rollout.ts";
import { demand, type Identity } from "../../auth/identity.ts";
import { type ChosenService, chooseServices, inOrder, planRollout } from "../../operations/rollout-plan.ts";
import type { Actor, RollingPlan } from "../../store/store.ts";
import type { HandlersOf } from "../define-routes.ts";
import type { HubParts } from "../hub-parts.ts";

type Keys =
  | "POST /api/services/{name}/rolling-restart"
  | "POST /api/rolling-restart"
  | "POST /api/operations/{id}/pause"
  | "POST /api/operations/{id}/resume";

/** Handlers of rolling restarts. */
export function rollingHandlers(parts: HubParts): HandlersOf<Keys> {
  const { catalog, book } = parts;
  return {
    async "POST /api/services/{name}/rolling-restart"({ params, body, identity, actor }) {
      const { name } = catalog.require(params.name);
      return await begin([{ name, fits: null }], body, identity, actor, parts);
    },
    async "POST /api/rolling-restart"({ body, identity, actor }) {
      const { services, kind, tag, ...options } = body;
      for (const name of services) catalog.require(name);
      const chosen = chooseServices({ services, kind, tag }, catalog.all(), book.stored());
      if (chosen.length === 0) {
        throw new TailherdError("not_found", "Cannot begin a rolling restart: no service fits what was selected");
      }
      return await begin(chosen, options, identity, actor, parts);
    },
    "POST /api/operations/{id}/pause": async ({ params, actor }) => await setPaused(params.id, true, actor, parts),
    "POST /api/operations/{id}/resume": async ({ params, actor }) => await setPaused(params.id, false, actor, parts),
  };
}

/** Begins a rolling restart of those targets of another one, and of nothing else of their services. */
export async function retryRolling(
  targets: readonly OperationTarget[],
  { options }: RollingPlan,
  identity: Identity,
  actor: Actor,
  parts: HubParts,
): Promise<Operation> {
  const names = [...new Set(targets.flatMap(({ service }) => service ?? []))];
  const chosen = names
    .filter((name) => parts.catalog.get(name) !== undefined)
    .map((name): ChosenService => {
      const own = targets.filter(({ service }) => service === name);
      return {
        name,
        fits: ({ server_id, index }) => own.some((target) => target.server_id === server_id && target.index === index),
      };
    });
  return await begin(chosen, options, identity, actor, parts);
}

/** Of these services and of those that ask to be restarted with them; the right is decided for each. */
async function begin(
  chosen: readonly ChosenService[],
  options: RollingOptions,
  identity: Identity,
  actor: Actor,
  { catalog, fleet, rollouts }: HubParts,
): Promise<Operation> {
  const ordered = inOrder(chosen, catalog.all());
  const { services, targets } = planRollout(ordered, options, (name) => {
    return { revision: catalog.require(name).revision, instances: fleet.instancesOf(name) };
  });
  const [first, ...more] = services;
  if (first === undefined) {
    const names = chosen.map(({ name }) => `"${name}"`).join(", ");
    throw new TailherdError("refused", `Cannot begin a rolling restart of ${names}: nothing of it should run`);
  }
  for (const _service of services) demand(identity, "service.operate");
  const plan: RollingPlan = {
    what: "rolling",
    options,
    from: actor.from,
    services,
    before: {},
    halt: null,
    back: null,
  };
  const title = `rolling restart of ${more.length === 0 ? first.name : `${services.length} services`}`;
  return await rollouts.start({ kind: "rolling restart", title, plan, targets }, actor);
}

async function setPaused(
  id: string,
  paused: boolean,
  actor: Actor,
  { operations, rollouts, store }: HubParts,
): Promise<Operation> {
  const operation = operations.require(id);
  const word = paused ? "pause" : "resume";
  const refuse = (why: string): TailherdError =>
    new TailherdError("refused", `Cannot ${word} "${operation.title}": ${why}`);
  if (operations.planOf(id).what !== "rolling") throw refuse("only a rolling restart can be paused");
  if (operation.ended_at !== null) throw refuse("it has ended");
  if (paused && operation.cancelling) throw refuse("it is being cancelled");
  if (operation.paused !== paused) {
    await store.recordAudit(`operation.${word}`, operation.title, actor);
    operations.pausing(id, paused);
    await operations.save(id);
    rollouts.reconsider(id);
  }
  return await operations.read(id);
}
