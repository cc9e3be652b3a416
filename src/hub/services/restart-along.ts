// A restart that somebody asks for, and those of the services that asked to be restarted with it.
import type { ActResult } from "../../contract/agent.ts";
import { restartedWith } from "../../contract/dependencies.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ServiceAction } from "../../contract/operations.ts";
import type { Actor } from "../store/store.ts";
import type { Catalog } from "./catalog.ts";
import type { ServiceActs, Which } from "./service-acts.ts";

/** Names of those that are restarted with these, in order: only what should run. */
export function followersOf(catalog: Catalog, names: readonly string[]): string[] {
  return restartedWith(catalog.all(), names).filter((name) => catalog.get(name)?.desired === "running");
}

/**
 * As `ServiceActs.act`. When all of a service was restarted, those that follow it are too, one after the other; they wait for it as at
 * any start. What they cannot do is told with the result, and does not make the restart one that failed.
 */
export async function actAlong(
  { acts, catalog }: { acts: ServiceActs; catalog: Catalog },
  name: string,
  action: ServiceAction,
  which: Which,
  actor: Actor,
): Promise<ActResult> {
  const result = await acts.act(name, action, which, actor);
  if (action !== "restart" || which.index !== null || which.server !== null) return result;
  const messages = [result.message];
  for (const follower of followersOf(catalog, [name])) {
    try {
      messages.push((await acts.act(follower, "restart", which, actor)).message);
    } catch (error) {
      if (!(error instanceof TailherdError)) throw error;
      messages.push(`${follower} was not restarted with it: ${error.message}`);
    }
  }
  return { ...result, message: messages.join("; ") };
}
