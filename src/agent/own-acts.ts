// Acts that the agent does without a request of the hub for each: those of tasks and of commands.
import type { ActResult, AgentHandlers } from "../contract/agent.ts";
import { restartedWith } from "../contract/dependencies.ts";
import { TailherdError } from "../contract/errors.ts";
import type { WishAction } from "../contract/operations.ts";
import type { WantedService } from "./desired/own-file.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

/** Acts on a service of this server, as a hub would ask for it. */
export type OwnAct = (service: string, action: WishAction, by: string) => Promise<ActResult>;

/**
 * Acts by `act`, the handler for what a hub asks. A restart brings those of this server along that asked to be restarted with it;
 * those elsewhere are the hub's to restart, which did not ask for this. Rejects with `not_found`, or `refused` by a locked agent.
 */
export function createOwnAct(supervisor: Supervisor, act: AgentHandlers["act"], leaving: AbortSignal): OwnAct {
  const one = async (definition: WantedService, action: WishAction, by: string): Promise<ActResult> => {
    // The hub wishes it too, and told us so or will; until then it is ours.
    const wish = { desired: action === "stop" ? ("stopped" as const) : ("running" as const), stopped_instances: [] };
    return await act({ service: { ...definition, ...wish }, action, index: null, by }, leaving);
  };
  return async (service, action, by) => {
    const definitions = supervisor.definitions();
    const definition = definitions.find(({ spec }) => spec.name === service);
    if (definition === undefined) {
      const words = `Cannot ${action} "${service}": this server has no service of that name`;
      throw new TailherdError("not_found", words);
    }
    if (definition.refused !== undefined) {
      // Not what the hub wishes, but what a locked agent made of it: nothing to keep.
      throw new TailherdError("refused", `Cannot ${action} "${service}": ${definition.refused}`);
    }
    const result = await one(definition, action, by);
    if (action !== "restart" || result.outcome !== "done") return result;
    const specs = definitions.map(({ spec }) => spec);
    const followers = restartedWith(specs, [service]).flatMap((name) => {
      const follower = definitions.find(({ spec }) => spec.name === name);
      return follower?.desired === "running" && follower.refused === undefined ? [follower] : [];
    });
    const messages = [result.message];
    for (const follower of followers) messages.push((await one(follower, "restart", by)).message);
    return { ...result, message: messages.join("; ") };
  };
}
