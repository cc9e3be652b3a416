// What a service waits for before it starts: other services, on whichever server they run.
import { z } from "zod";
import { dependentsOf, layersOf } from "../base/dependency-graph.ts";
import { nameSchema } from "./names.ts";

export const dependencyConditionSchema = z.enum(["started", "healthy", "completed"]);
/**
 * started: it runs. healthy: it runs and is ready, by its checks where it has any. completed: it ended by itself with code 0, as a
 * job that prepares something does.
 */
export type DependencyCondition = z.infer<typeof dependencyConditionSchema>;

const dependencySchema = z.strictObject({
  condition: dependencyConditionSchema.default("started"),
  /** When somebody restarts it, restart this service too. A restart after a crash is nobody's wish, and is not followed. */
  restart: z.boolean().default(false),
});
/** One thing that a service waits for. */
export type Dependency = z.infer<typeof dependencySchema>;

/** By the name of the other service. */
export const dependsOnSchema = z
  .record(nameSchema, dependencySchema)
  .refine((all) => Object.keys(all).length <= 64, "must name at most 64 services");

/** Names of the services that are restarted when somebody restarts these, directly or not, in the order to do it; without these. */
export function restartedWith(
  services: readonly { name: string; depends_on: Readonly<Record<string, Dependency>> }[],
  names: readonly string[],
): string[] {
  const following = new Map(
    services.map(({ name, depends_on }) => {
      return [name, Object.keys(depends_on).filter((other) => depends_on[other]?.restart === true)] as const;
    }),
  );
  const found = dependentsOf(following, names);
  return layersOf(following)
    .flat()
    .filter((name) => found.has(name) && !names.includes(name));
}
