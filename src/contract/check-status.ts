// Health checks as they are: what agents tell of each, and the results of the last looks.
import { z } from "zod";
import { checkRoleSchema } from "./checks.ts";
import { isoTimeSchema } from "./names.ts";

/** Results kept of a check. */
export const RESULTS_KEPT = 100;

export const checkStateSchema = z.enum(["waiting", "passing", "failing"]);
/** waiting: not looked at often enough to tell. */
export type CheckState = z.infer<typeof checkStateSchema>;

/** What a row of the status says of a check: changes when its state does, not with each look. */
export const checkStatusSchema = z.object({
  name: z.string(),
  kind: z.string(),
  role: checkRoleSchema,
  state: checkStateSchema,
  /** Why it fails, in words: "connection refused (127.0.0.1:8080)". Of kind notify also what the service says: "says: 3 of 10". */
  reason: z.string().nullable(),
  /** When it came into this state. */
  since: isoTimeSchema,
});
export type CheckStatus = z.infer<typeof checkStatusSchema>;

export const checkResultSchema = z.object({
  /** When the look began, Unix milliseconds. */
  at: z.number(),
  ok: z.boolean(),
  /** What came of it, where there is something to say. */
  message: z.string().nullable(),
  /** Milliseconds until the answer. */
  took: z.number(),
});
/** One look. */
export type CheckResult = z.infer<typeof checkResultSchema>;

export const checkHistorySchema = checkStatusSchema.extend({
  index: z.int(),
  /** Seconds between looks. */
  interval: z.number(),
  /** The last 100, oldest first. */
  results: z.array(checkResultSchema),
});
/** A check of one instance with its last results. */
export type CheckHistory = z.infer<typeof checkHistorySchema>;
