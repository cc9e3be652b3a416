// Acts on services, and operations: long acts with progress: bulk acts, rolling restarts, commands on servers.
import { z } from "zod";
import { isoTimeSchema } from "./names.ts";

export const serviceActionSchema = z.enum(["start", "stop", "restart", "kill", "reload"]);
/** `stop` asks and waits out the grace; `kill` does not ask; `reload` sends the signal that the definition names for it. */
export type ServiceAction = z.infer<typeof serviceActionSchema>;

export const wishActionSchema = serviceActionSchema.exclude(["reload"]);
/** An act that says what is wished from then on. A reload does not: what runs goes on, and what is stopped stays so. */
export type WishAction = z.infer<typeof wishActionSchema>;

export const operationStateSchema = z.enum(["queued", "sent", "running", "done", "failed", "unknown", "cancelled"]);
/**
 * queued: not begun. sent: on its way, not known to have begun. running. done. failed: it clearly did not work. unknown: it may
 * have happened; the server or the link died at the wrong moment. cancelled: not begun, or ended, because somebody asked.
 */
export type OperationState = z.infer<typeof operationStateSchema>;

const operationTargetSchema = z.object({
  /** What it is done to: a service, a server, a service there, or one instance of it there. */
  service: z.string().nullable(),
  server_id: z.string().nullable(),
  server: z.string().nullable(),
  index: z.int().nullable(),
  state: operationStateSchema,
  message: z.string().nullable(),
  started_at: isoTimeSchema.nullable(),
  ended_at: isoTimeSchema.nullable(),
  /** Of a command that ran. */
  exit_code: z.int().nullable(),
  /**
   * What it printed so far, the last 1 MiB, or less where there are many targets (16 MiB for all of them). Left out (empty) in lists
   * and live messages, and cut to a share of 1 MiB in the whole operation: ask for one target, or follow `…/output`.
   */
  output: z.string(),
  /** Characters it printed before those of `output`. */
  output_dropped: z.int(),
});
export type OperationTarget = z.infer<typeof operationTargetSchema>;

export const operationSchema = z.object({
  id: z.string(),
  /** "bulk stop", "apply restart", "command run", "rolling restart". */
  kind: z.string(),
  /** What is done, for people: "run uptime". */
  title: z.string(),
  state: operationStateSchema,
  by: z.string(),
  created_at: isoTimeSchema,
  ended_at: isoTimeSchema.nullable(),
  /** Somebody asked to stop it: what has not begun will not. */
  cancelling: z.boolean(),
  /** Somebody asked to begin nothing more of it for now (a rolling restart). What is in hand goes on. */
  paused: z.boolean(),
  /** How a rolling restart goes; null for others, and once it has ended. */
  progress: z
    .object({
      /** What it waits for: "waits for web on nas to be stable, 3 s left". */
      words: z.string(),
      /** By how long it took so far; null while that tells nothing. */
      estimated_end: isoTimeSchema.nullable(),
    })
    .nullable(),
  /** How many targets are in each state. */
  counts: z.record(operationStateSchema, z.int()),
  targets: z.array(operationTargetSchema),
});
export type Operation = z.infer<typeof operationSchema>;

/** Lists and each live message name the targets of operations that have at most so many; of larger ones only what changed is told. */
export const FEW_TARGETS = 100;

/** An operation without the targets that are as they were. */
export const operationChangeSchema = operationSchema.omit({ targets: true }).extend({
  /** Targets that changed, by their place in `targets`. */
  changed: z.array(z.object({ place: z.int(), target: operationTargetSchema })),
});
