// Facts with a time: what agents and the hub tell, what the store keeps and `/api/events` streams.
import { z } from "zod";
import { checkRoleSchema } from "./checks.ts";
import { checkStateSchema } from "./check-status.ts";
import { isoTimeSchema } from "./names.ts";
import { serverStateSchema } from "./server.ts";
import { exitRecordSchema, instanceStateSchema } from "./status.ts";

const common = {
  /** Made by the teller from what happened, so that telling it twice changes nothing. */
  id: z.string(),
  at: isoTimeSchema,
  /** Null for what happens to a server. */
  service: z.string().nullable(),
  server_id: z.string().nullable(),
  index: z.int().nullable(),
  /** Who caused it, where somebody did. */
  by: z.string().nullable(),
};

export const eventSchema = z.discriminatedUnion("type", [
  /** An instance came into another state. */
  z.object({
    ...common,
    type: z.literal("instance.state"),
    state: instanceStateSchema,
    from: instanceStateSchema,
    reason: z.string().nullable(),
    pid: z.int().nullable(),
  }),
  /** A process of an instance ended; one for each generation. */
  z.object({ ...common, type: z.literal("instance.exited"), exit: exitRecordSchema }),
  /** A check began to fail, or passes again. */
  z.object({
    ...common,
    type: z.literal("check.state"),
    check: z.string(),
    role: checkRoleSchema,
    state: checkStateSchema,
    reason: z.string().nullable(),
  }),
  /** Output was dropped because the quota was full or the disk was. */
  z.object({ ...common, type: z.literal("output.dropped"), lines: z.int(), bytes: z.int(), reason: z.string() }),
  z.object({ ...common, type: z.literal("service.added"), revision: z.int() }),
  z.object({ ...common, type: z.literal("service.changed"), revision: z.int() }),
  z.object({ ...common, type: z.literal("service.deleted") }),
  z.object({ ...common, type: z.literal("server.enrolled"), name: z.string() }),
  z.object({ ...common, type: z.literal("server.removed"), name: z.string() }),
  /** A server came into another state; `since` is when it was heard last. */
  z.object({
    ...common,
    type: z.literal("server.state"),
    state: serverStateSchema,
    from: serverStateSchema,
    since: isoTimeSchema.nullable(),
  }),
  /** A server's journal was full while it was away: so many entries are lost. */
  z.object({ ...common, type: z.literal("server.entries_dropped"), entries: z.int(), reason: z.string() }),
]);
/** One fact. */
export type TailherdEvent = z.infer<typeof eventSchema>;

export const storedEventSchema = z.object({ seq: z.int(), event: eventSchema });
/** A fact with its place in the hub's order; `seq` is the SSE event id. */
export type StoredEvent = z.infer<typeof storedEventSchema>;
