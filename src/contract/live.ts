// What goes over `/ws`. Clients that never subscribe hear what the predecessor sent; those that do hear each change.
import { z } from "zod";
import { storedEventSchema } from "./events.ts";
import { operationChangeSchema, operationSchema } from "./operations.ts";
import { serviceRecordSchema } from "./service.ts";
import { serverSchema } from "./server.ts";
import { settingsSchema } from "./settings.ts";
import { taskRecordSchema, taskRunSchema } from "./task.ts";
import { logLineSchema, serviceStatusSchema, systemStatsSchema } from "./status.ts";

const topicSchema = z.union([
  z.enum(["services", "stats", "servers", "events", "operations", "tasks"]),
  /** "output:NAME" follows the output of one service. */
  z.string().regex(/^output:.{1,64}$/u),
]);
/** What a client can subscribe to. */
export type Topic = z.infer<typeof topicSchema>;

/** What a client may send. */
export const clientMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("subscribe"), topics: z.array(topicSchema).max(32) }),
  z.strictObject({ type: z.literal("unsubscribe"), topics: z.array(topicSchema).max(32) }),
]);
export type ClientMessage = z.infer<typeof clientMessageSchema>;

/** What the hub sends. */
export const serverMessageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("status_update"), data: z.array(serviceStatusSchema) }),
  z.object({ type: z.literal("system_stats"), data: systemStatsSchema }),
  z.object({ type: z.literal("settings_updated"), data: settingsSchema }),
  z.object({ type: z.literal("service_added"), data: serviceRecordSchema }),
  z.object({ type: z.literal("service_deleted"), service_name: z.string(), data: z.object({ name: z.string() }) }),
  /** Topic services: sent first after subscribing, then `status_changed` with whole rows for what changed. */
  z.object({
    type: z.literal("snapshot"),
    data: z.object({
      statuses: z.array(serviceStatusSchema),
      stats: systemStatsSchema.nullable(),
      settings: settingsSchema,
      version: z.string(),
      server_time: z.number(),
    }),
  }),
  z.object({ type: z.literal("status_changed"), data: z.array(serviceStatusSchema) }),
  z.object({ type: z.literal("service_changed"), data: serviceRecordSchema }),
  /** Topic servers: all of them after subscribing, then whole ones as they change, at most once a second each. */
  z.object({ type: z.literal("servers"), data: z.array(serverSchema) }),
  z.object({
    type: z.literal("servers_changed"),
    data: z.object({ changed: z.array(serverSchema), removed: z.array(z.string()) }),
  }),
  /** Topic events. */
  z.object({ type: z.literal("event"), data: storedEventSchema }),
  /** Topic operations: each that begins, changes or ends, at most each 100 ms; without output (see `GET /api/operations/{id}/output`). */
  z.object({ type: z.literal("operation"), data: operationSchema }),
  /** Instead of it, between begin and end, where an operation has more than 100 targets. */
  z.object({ type: z.literal("operation_changed"), data: operationChangeSchema }),
  /** Topic tasks, and for those that never subscribed: what was made, changed (also when it is due next, after a run) and deleted. */
  z.object({ type: z.literal("task_created"), data: taskRecordSchema }),
  z.object({ type: z.literal("task_updated"), data: taskRecordSchema }),
  z.object({ type: z.literal("task_deleted"), task_name: z.string(), data: z.object({ name: z.string() }) }),
  /** A run that began, changed or ended; without its output. */
  z.object({ type: z.literal("task_run"), data: taskRunSchema }),
  /** Topic output:NAME. `skipped` counts lines left out because this client reads too slowly. */
  z.object({
    type: z.literal("output"),
    data: z.object({
      service: z.string(),
      server_id: z.string(),
      index: z.int(),
      lines: z.array(logLineSchema),
      skipped: z.int(),
    }),
  }),
  /** What the client sent cannot be done; `detail` says why. */
  z.object({ type: z.literal("error"), detail: z.string() }),
]);
export type ServerMessage = z.infer<typeof serverMessageSchema>;
