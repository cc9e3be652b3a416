// What a service waits for before it starts: other services, on whichever server they run.
import { z } from "zod";
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
