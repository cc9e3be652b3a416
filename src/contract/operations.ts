// Operations: long acts with progress (bulk start, stop, restart for now).
import { z } from "zod";
import { isoTimeSchema } from "./names.ts";

export const serviceActionSchema = z.enum(["start", "stop", "restart", "kill"]);
/** `stop` asks and waits out the grace; `kill` does not ask. */
export type ServiceAction = z.infer<typeof serviceActionSchema>;

export const operationSchema = z.object({
  id: z.string(),
  kind: z.string(),
  state: z.enum(["running", "done", "failed"]),
  by: z.string(),
  created_at: isoTimeSchema,
  ended_at: isoTimeSchema.nullable(),
  targets: z.array(
    z.object({
      service: z.string(),
      state: z.enum(["queued", "running", "done", "failed"]),
      message: z.string().nullable(),
    }),
  ),
});
export type Operation = z.infer<typeof operationSchema>;
