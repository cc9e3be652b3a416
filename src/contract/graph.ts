// How services depend on one another, and how that stands: what the graph page and `tailherd graph` draw.
import { z } from "zod";
import { dependencyConditionSchema } from "./dependencies.ts";
import { instanceStateSchema } from "./status.ts";

/** How services depend on one another, and how that stands now. */
export const graphSchema = z.object({
  nodes: z.array(
    z.object({
      name: z.string(),
      /** Of the service as a whole, as its status says. */
      state: instanceStateSchema,
      /** Why, in words, where there is more to say. */
      reason: z.string().nullable(),
      /** Place in `start_order`. */
      layer: z.int().min(0),
    }),
  ),
  /** `from` waits for `to`. */
  edges: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      condition: dependencyConditionSchema,
      restart: z.boolean(),
      /** A start of `from` would not wait for `to` now. */
      met: z.boolean(),
    }),
  ),
  /** Layers to start one after the other: each service stands behind all that it depends on. To stop, backwards. */
  start_order: z.array(z.array(z.string())),
});
/** Answer of `GET /api/graph`. */
export type Graph = z.infer<typeof graphSchema>;
