// Every HTTP route, once: what it needs, takes and answers. Server checks, OpenAPI, and the types of CLI and dashboard follow.
import { z } from "zod";
import {
  externalProcessSchema,
  adoptionSchema,
  listenerSchema,
  outputPageSchema,
  specProblemSchema,
  tryResultSchema,
} from "./agent.ts";
import { checkHistorySchema } from "./check-status.ts";
import { commandRequestSchema, commandsRequestSchema } from "./commands.ts";
import type { ErrorCode } from "./errors.ts";
import { storedEventSchema } from "./events.ts";
import { metricsAnswerSchema, metricsQuerySchema } from "./metrics-query.ts";
import { isoTimeSchema, nameSchema } from "./names.ts";
import { graphSchema } from "./graph.ts";
import { operationSchema, serviceActionSchema } from "./operations.ts";
import type { Action } from "./roles.ts";
import { rollingOptionsSchema, rollingRequestSchema } from "./rollout.ts";
import { kindSchema, servicePatchSchema, serviceRecordSchema, serviceSpecSchema } from "./service.ts";
import {
  heartbeatRequestSchema,
  joinTokenRequestSchema,
  joinTokenResultSchema,
  joinTokenSchema,
  metricsSummarySchema,
  recentMetricsSchema,
  registerRequestSchema,
  registerResultSchema,
  serverParamSchema,
  serverPatchSchema,
  serverSchema,
} from "./server.ts";
import { settingsPatchSchema, settingsSchema } from "./settings.ts";
import { exitRecordSchema, processInfoSchema, serviceStatusSchema, systemStatsSchema } from "./status.ts";
import {
  cronPreviewSchema,
  taskCheckSchema,
  taskMissedSchema,
  taskNameSchema,
  taskRecordSchema,
  taskRunDetailSchema,
  taskRunSchema,
  taskSpecSchema,
  zoneSchema,
} from "./task.ts";
import { topAnswerSchema } from "./top-processes.ts";
import {
  applyRequestSchema,
  applyResultSchema,
  auditEntrySchema,
  exportResultSchema,
  importRequestSchema,
  importResultSchema,
  principalSchema,
  tokenRequestSchema,
  tokenSchema,
} from "./transfer.ts";

/** One route of the table. */
export interface RouteSpec {
  summary: string;
  /** What the caller must be allowed to do. */
  action: Action;
  /** Values of the `{…}` in the path. */
  params?: z.ZodObject;
  query?: z.ZodObject;
  /** JSON body; one that may be undefined may be left out. */
  body?: z.ZodType;
  /** JSON answer, or the media type of another one. */
  result: z.ZodType | { media: string };
  /** Errors of its own, beside those any route can give. */
  errors?: readonly ErrorCode[];
  /** Headers it answers with a meaning of their own. */
  note?: string;
}

const named = z.object({ name: nameSchema });
const done = z.object({ success: z.boolean(), message: z.string() });
const taskNamed = z.object({ name: taskNameSchema });
const counted = done.extend({ count: z.int() });
/** Which instance: its number, and its server where the service runs on several. */
const indexQuery = z.object({
  index: z.coerce.number().int().min(0).optional(),
  server: serverParamSchema.optional(),
});
const onServer = z.object({ server: serverParamSchema.optional() });
const serverNamed = z.object({ id: serverParamSchema });
const operationNamed = z.object({ id: z.string().max(64) });
const acts = ["not_found", "act_failed", "agent_away"] as const;

/** Key: method and path. The predecessor's routes come first. */
export const routes = {
  "GET /health": {
    summary: "Is the hub alive",
    action: "public",
    result: z.object({
      status: z.enum(["healthy", "degraded"]),
      version: z.string(),
      services_count: z.int(),
      problems: z.array(z.string()),
    }),
  },
  "GET /api/services": { summary: "All definitions", action: "service.read", result: z.array(serviceRecordSchema) },
  "GET /api/status": {
    summary: "All services as they are now",
    action: "service.read",
    result: z.array(serviceStatusSchema),
  },
  "GET /api/stats": { summary: "This machine: CPU, memory, disk", action: "stats.read", result: systemStatsSchema },
  "GET /api/port-conflicts": {
    summary: "Ports that two definitions or a stranger hold",
    action: "service.read",
    result: z.object({
      has_conflicts: z.boolean(),
      conflicts: z.record(z.string(), z.array(z.string())),
      strangers: z.array(
        z.object({ port: z.int(), service: z.string(), pid: z.int().nullable(), command: z.string().nullable() }),
      ),
    }),
  },
  "POST /api/service/add": {
    summary: "Add a service (predecessor)",
    action: "service.write",
    body: serviceSpecSchema,
    result: done.extend({ warnings: z.array(z.string()) }),
    errors: ["name_taken", "refused", "invalid"],
  },
  "DELETE /api/service/{name}": {
    summary: "Stop and delete a service (predecessor)",
    action: "service.write",
    params: named,
    result: done,
    errors: [...acts, "owned_by_file"],
  },
  "POST /api/service/{name}/start": {
    summary: "Start (predecessor)",
    action: "service.operate",
    params: named,
    result: done,
    errors: acts,
  },
  "POST /api/service/{name}/stop": {
    summary: "Stop (predecessor)",
    action: "service.operate",
    params: named,
    result: counted,
    errors: acts,
  },
  "POST /api/service/{name}/restart": {
    summary: "Restart (predecessor)",
    action: "service.operate",
    params: named,
    result: done,
    errors: acts,
  },
  "POST /api/service/{name}/scan-ports": {
    summary: "Ports its process tree listens on (predecessor)",
    action: "service.read",
    params: named,
    result: z.object({ success: z.boolean(), detected_ports: z.array(z.int()), configured_ports: z.array(z.int()) }),
    errors: ["not_found"],
  },
  "POST /api/bulk/stop/{kind}": {
    summary: "Stop all of a kind (predecessor)",
    action: "service.operate",
    params: z.object({ kind: kindSchema }),
    result: counted,
  },
  "GET /api/settings": { summary: "Settings", action: "settings.read", result: settingsSchema },
  "POST /api/settings": {
    summary: "Change any of the settings",
    action: "settings.write",
    body: settingsPatchSchema,
    result: done,
    errors: ["invalid"],
  },

  "POST /api/services": {
    summary: "Add a service",
    action: "service.write",
    body: serviceSpecSchema,
    result: serviceRecordSchema.extend({ warnings: z.array(z.string()) }),
    errors: ["name_taken", "invalid"],
  },
  "POST /api/services/check": {
    summary: "What is wrong with a definition, without saving it",
    action: "service.write",
    body: z.record(z.string(), z.unknown()),
    result: z.object({ problems: z.array(specProblemSchema) }),
  },
  "POST /api/services/try": {
    summary: "Run a definition's command for a moment",
    action: "service.write",
    body: z.strictObject({ spec: serviceSpecSchema, seconds: z.number().min(0.1).max(30).default(3) }),
    result: tryResultSchema,
  },
  "GET /api/services/{name}": {
    summary: "One definition",
    action: "service.read",
    params: named,
    result: serviceRecordSchema,
    errors: ["not_found"],
    note: "ETag is the revision",
  },
  "PUT /api/services/{name}": {
    summary: "Replace a definition, or add it; If-Match guards against changes meanwhile",
    action: "service.write",
    params: named,
    body: serviceSpecSchema,
    result: serviceRecordSchema,
    errors: ["invalid", "revision_conflict", "owned_by_file"],
  },
  "PATCH /api/services/{name}": {
    summary: "Change parts of a definition (JSON Merge Patch)",
    action: "service.write",
    params: named,
    body: servicePatchSchema,
    result: serviceRecordSchema,
    errors: ["not_found", "invalid", "revision_conflict", "owned_by_file"],
  },
  "DELETE /api/services/{name}": {
    summary: "Stop and delete a service",
    action: "service.write",
    params: named,
    result: done,
    errors: [...acts, "owned_by_file"],
  },
  "GET /api/services/{name}/status": {
    summary: "One service as it is now",
    action: "service.read",
    params: named,
    result: serviceStatusSchema,
    errors: ["not_found"],
  },
  "POST /api/services/{name}/start": {
    summary: "Start; answers when it lives or has clearly failed",
    action: "service.operate",
    params: named,
    query: indexQuery,
    result: counted,
    errors: acts,
  },
  "POST /api/services/{name}/stop": {
    summary: "Stop; answers when nothing of it is left",
    action: "service.operate",
    params: named,
    query: indexQuery,
    result: counted,
    errors: acts,
  },
  "POST /api/services/{name}/restart": {
    summary: "Stop, then start the saved definition",
    action: "service.operate",
    params: named,
    query: indexQuery,
    result: counted,
    errors: acts,
  },
  "POST /api/services/{name}/reload": {
    summary: "Send what runs its reload.signal; refused where none is defined, or where it does not run",
    action: "service.operate",
    params: named,
    query: indexQuery,
    result: counted,
    errors: [...acts, "refused"],
  },
  "POST /api/services/{name}/kill": {
    summary: "SIGKILL to all of it, without asking",
    action: "service.operate",
    params: named,
    query: indexQuery,
    result: counted,
    errors: acts,
  },
  "POST /api/services/{name}/rolling-restart": {
    summary: "Restart its instances a few at a time, each only when those before are ready, as one operation",
    action: "service.operate",
    params: named,
    body: rollingOptionsSchema,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },
  "GET /api/services/{name}/logs": {
    summary: "Lines of output, oldest first",
    action: "output.read",
    params: named,
    query: z.object({
      index: z.coerce.number().int().min(0).default(0),
      server: serverParamSchema.optional(),
      limit: z.coerce.number().int().min(1).max(10_000).default(200),
      before: z.string().optional(),
      after: z.string().optional(),
      since: z.coerce.number().optional(),
      stream: z.enum(["stdout", "stderr"]).optional(),
    }),
    result: outputPageSchema,
    errors: ["not_found"],
  },
  "GET /api/services/{name}/logs/follow": {
    summary: "Output as it comes, as server-sent events; the id is the cursor",
    action: "output.read",
    params: named,
    query: indexQuery.extend({ after: z.string().optional() }),
    result: { media: "text/event-stream" },
    errors: ["not_found"],
  },
  "GET /api/services/{name}/spec": {
    summary: "Saved definition, the running one, and their differences",
    action: "service.read",
    params: named,
    result: z.object({
      saved: serviceSpecSchema,
      saved_revision: z.int(),
      running: serviceSpecSchema.nullable(),
      running_revision: z.int().nullable(),
      differences: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
    }),
    errors: ["not_found"],
  },
  "GET /api/services/{name}/processes": {
    summary: "Its process tree",
    action: "service.read",
    params: named,
    query: onServer,
    result: z.array(processInfoSchema),
    errors: ["not_found"],
  },
  "GET /api/services/{name}/exits": {
    summary: "Why its processes ended, newest first",
    action: "service.read",
    params: named,
    query: z.object({ limit: z.coerce.number().int().min(1).max(500).default(50) }),
    result: z.array(exitRecordSchema.extend({ index: z.int(), server_id: z.string().nullable() })),
    errors: ["not_found"],
  },
  "GET /api/services/{name}/checks": {
    summary: "Its health checks with their last 100 results, by instance",
    action: "service.read",
    params: named,
    query: indexQuery,
    result: z.object({
      checks: z.array(checkHistorySchema.extend({ server_id: z.string(), server: z.string() })),
      /** Names of its servers that are not heard of, or were too many to ask. */
      unheard: z.array(z.string()),
    }),
    errors: ["not_found"],
  },
  "GET /api/services/{name}/series": {
    summary: "CPU (percent of a core) and memory (bytes) since its start, thinned to a screenful",
    action: "service.read",
    params: named,
    query: indexQuery,
    result: z.object({
      step: z.number(),
      points: z.array(z.tuple([z.number(), z.number().nullable(), z.number().nullable()])),
    }),
    errors: ["not_found"],
  },
  "GET /api/series/recent": {
    summary: "CPU (percent of a core) of each service at its last samples, oldest first",
    action: "service.read",
    result: z.object({
      /** Seconds between two values. */
      step: z.number(),
      cpu: z.record(z.string(), z.array(z.number())),
    }),
  },

  "GET /api/graph": {
    summary: "What services depend on, how that stands now, and the order to start in",
    action: "service.read",
    result: graphSchema,
  },
  "POST /api/bulk": {
    summary: "Act on many services as one operation",
    action: "service.operate",
    body: z.strictObject({ action: serviceActionSchema, services: z.array(nameSchema).min(1).max(5000) }),
    result: operationSchema,
    errors: ["not_found"],
  },
  "POST /api/rolling-restart": {
    summary: "The same for many services, dependencies first: by name, kind or tag",
    action: "service.operate",
    body: rollingRequestSchema,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },
  "POST /api/servers/{id}/command": {
    summary: "Tell a server to do something, at most once (predecessor); `run` is for admins",
    action: "service.operate",
    params: serverNamed,
    body: commandRequestSchema,
    result: done.extend({ operation_id: z.string() }),
    errors: ["not_found", "refused", "agent_away"],
  },
  "POST /api/commands": {
    summary: "Tell many servers to do something, as one operation; `run` is for admins",
    action: "service.operate",
    body: commandsRequestSchema,
    result: operationSchema,
    errors: ["not_found"],
  },
  "GET /api/operations": {
    summary:
      "Recent operations, newest first; without output, and without the targets of those that have more than 100",
    action: "operation.read",
    result: z.array(operationSchema),
  },
  "GET /api/operations/{id}": {
    summary:
      "One operation, once it has ended or after `wait` seconds; with `server`, that target alone and all of its output",
    action: "operation.read",
    params: operationNamed,
    query: onServer.extend({ wait: z.coerce.number().min(0).max(5).optional() }),
    result: operationSchema,
    errors: ["not_found"],
  },
  "GET /api/operations/{id}/output": {
    summary:
      "What its targets print (`output`), from the beginning as far as it is kept; ends with `end` when the operation has",
    action: "operation.read",
    params: operationNamed,
    result: { media: "text/event-stream" },
    errors: ["not_found"],
  },
  "POST /api/operations/{id}/cancel": {
    summary:
      "Begin no more of it, and end the commands that run; what a rolling restart has in hand it brings to its end",
    action: "service.operate",
    params: operationNamed,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },
  "POST /api/operations/{id}/pause": {
    summary: "Begin nothing more of a rolling restart for now; what is in hand goes on",
    action: "service.operate",
    params: operationNamed,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },
  "POST /api/operations/{id}/resume": {
    summary: "Go on with a rolling restart that was paused",
    action: "service.operate",
    params: operationNamed,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },
  "POST /api/operations/{id}/retry": {
    summary: "Do it again, as a new operation, where it failed, was cancelled, or nobody knows",
    action: "service.operate",
    params: operationNamed,
    result: operationSchema,
    errors: ["not_found", "refused"],
  },

  "POST /api/servers/register": {
    summary: "Enrol a server (predecessor); needs a join token or an admin's token",
    action: "server.enrol",
    body: registerRequestSchema,
    result: registerResultSchema,
    errors: ["name_taken", "invalid"],
  },
  "POST /api/servers/{id}/heartbeat": {
    summary: "What a bare server measured (predecessor); needs the credential of its registration",
    action: "server.tell",
    params: serverNamed,
    body: heartbeatRequestSchema,
    result: done,
    errors: ["not_found"],
  },
  "GET /api/servers": { summary: "All servers", action: "server.read", result: z.array(serverSchema) },
  "GET /api/servers/{id}": {
    summary: "One server, by id or name",
    action: "server.read",
    params: serverNamed,
    result: serverSchema,
    errors: ["not_found"],
  },
  "PATCH /api/servers/{id}": {
    summary: "Rename a server, or change its tags",
    action: "server.write",
    params: serverNamed,
    body: serverPatchSchema,
    result: serverSchema,
    errors: ["not_found", "name_taken", "invalid"],
  },
  "DELETE /api/servers/{id}": {
    summary: "Remove a server and its history; what runs there goes on, and is nobody's any more",
    action: "server.write",
    params: serverNamed,
    result: done,
    errors: ["not_found", "refused"],
  },
  "POST /api/servers/{id}/revoke": {
    summary: "Take back a server's key or credential; it stays known, and can be enrolled again",
    action: "server.write",
    params: serverNamed,
    result: serverSchema,
    errors: ["not_found", "refused"],
  },
  "GET /api/join-tokens": {
    summary: "Tokens that let servers in, without their secrets",
    action: "server.write",
    result: z.array(joinTokenSchema),
  },
  "POST /api/join-tokens": {
    summary: "Make a token that lets servers in; its secret is answered once",
    action: "server.write",
    body: joinTokenRequestSchema,
    result: joinTokenResultSchema,
    errors: ["not_found"],
  },
  "DELETE /api/join-tokens/{id}": {
    summary: "Take back a join token",
    action: "server.write",
    params: z.object({ id: z.string() }),
    result: done,
    errors: ["not_found"],
  },
  "GET /api/metrics/summary": {
    summary: "Averages over the servers that are online",
    action: "server.read",
    result: metricsSummarySchema,
  },
  "GET /api/metrics/query": {
    summary: "History of metrics: servers, services, range, step, aggregated or not",
    action: "server.read",
    query: metricsQuerySchema,
    result: metricsAnswerSchema,
    errors: ["not_found", "refused"],
  },
  "GET /api/servers/{id}/top": {
    summary: "The processes that took most, as of a minute",
    action: "process.inspect",
    params: serverNamed,
    query: z.object({ at: isoTimeSchema.optional() }),
    result: topAnswerSchema,
    errors: ["not_found"],
  },
  "GET /api/metrics/{id}": {
    summary: "The last 200 heartbeats of a server",
    action: "server.read",
    params: serverNamed,
    result: recentMetricsSchema,
    errors: ["not_found"],
  },

  "GET /api/tasks": {
    summary: "All scheduled tasks (predecessor)",
    action: "task.read",
    result: z.array(taskRecordSchema),
  },
  "POST /api/tasks": {
    summary: "Add a task (predecessor); commands are for admins",
    action: "task.write",
    body: taskSpecSchema,
    result: done.extend({ warnings: z.array(z.string()) }),
    errors: ["name_taken", "invalid"],
  },
  "POST /api/tasks/check": {
    summary: "What is wrong with a task, where it would run and how often, without saving it",
    action: "task.write",
    body: z.record(z.string(), z.unknown()),
    result: taskCheckSchema,
  },
  "GET /api/tasks/{name}": {
    summary: "One task",
    action: "task.read",
    params: taskNamed,
    result: taskRecordSchema,
    errors: ["not_found"],
    note: "ETag is the revision",
  },
  "PUT /api/tasks/{name}": {
    summary: "Replace a task (predecessor); commands are for admins; If-Match guards against changes meanwhile",
    action: "task.write",
    params: taskNamed,
    body: taskSpecSchema,
    result: done.extend({ warnings: z.array(z.string()) }),
    errors: ["not_found", "invalid", "revision_conflict", "owned_by_file"],
  },
  "DELETE /api/tasks/{name}": {
    summary: "Delete a task (predecessor); its history goes with it",
    action: "task.write",
    params: taskNamed,
    result: done,
    errors: ["not_found", "owned_by_file"],
  },
  "POST /api/tasks/{name}/run": {
    summary:
      "Run a task now, or with `since` what it missed from then on, on all its servers or on one; answers when it has begun",
    action: "task.write",
    params: taskNamed,
    query: onServer,
    body: z.strictObject({ since: isoTimeSchema.optional() }).optional(),
    result: done.extend({
      /** Of the first server that began; empty where nothing was missed. */
      run_id: z.string(),
      runs: z.array(
        z.object({
          server_id: z.string(),
          server: z.string(),
          run_id: z.string().nullable(),
          message: z.string(),
          /** Of a time that was missed. */
          due_at: isoTimeSchema.optional(),
        }),
      ),
    }),
    errors: ["not_found", "refused", "agent_away", "invalid"],
  },
  "GET /api/tasks/{name}/missed": {
    summary:
      "When a task was due, as it is now, without a run for it: the last 10 times of each server, which `run` would run",
    action: "task.read",
    params: taskNamed,
    query: onServer.extend({ since: isoTimeSchema }),
    result: taskMissedSchema,
    errors: ["not_found", "refused", "invalid"],
  },
  "GET /api/tasks/{name}/runs": {
    summary: "Its runs and those that did not happen, newest first; `next` asks for older ones as `before`",
    action: "task.read",
    params: taskNamed,
    query: onServer.extend({
      limit: z.coerce.number().int().min(1).max(1000).default(50),
      before: z.string().max(200).optional(),
    }),
    result: z.object({ runs: z.array(taskRunSchema), next: z.string().nullable() }),
    errors: ["not_found"],
  },
  "GET /api/tasks/{name}/runs/{run}": {
    summary: "One run, with what it printed so far",
    action: "task.read",
    params: taskNamed.extend({ run: z.string().max(128) }),
    result: taskRunDetailSchema,
    errors: ["not_found"],
  },
  "GET /api/cron/preview": {
    summary: "A schedule in words, when it is due next, and what to know of it",
    action: "task.read",
    query: z.object({
      expression: z.string().max(256),
      timezone: zoneSchema.optional(),
      from: isoTimeSchema.optional(),
      count: z.coerce.number().int().min(1).max(100).default(5),
    }),
    result: cronPreviewSchema,
    errors: ["invalid"],
  },

  "GET /api/processes": {
    summary: "Processes that could be adopted, or that keywords match",
    action: "process.inspect",
    query: onServer.extend({ keyword: z.union([z.string(), z.array(z.string())]).optional() }),
    result: z.object({ processes: z.array(externalProcessSchema), total: z.int() }),
  },
  "GET /api/processes/{pid}/definition": {
    summary: "A definition made from a running process",
    action: "process.inspect",
    params: z.object({ pid: z.coerce.number().int() }),
    query: onServer.extend({ create_time: z.coerce.number() }),
    result: adoptionSchema,
    errors: ["not_found"],
  },
  "GET /api/ports": {
    summary: "All listening TCP sockets of a server and who holds them",
    action: "service.read",
    query: onServer,
    result: z.array(listenerSchema),
  },

  "GET /api/events": {
    summary: "Events as server-sent events; resumes after Last-Event-ID",
    action: "event.read",
    query: z.object({ service: nameSchema.optional(), server: serverParamSchema.optional() }),
    result: { media: "text/event-stream" },
  },
  "GET /api/events/recent": {
    summary: "The last events, newest first",
    action: "event.read",
    query: z.object({
      service: nameSchema.optional(),
      server: serverParamSchema.optional(),
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      before: z.coerce.number().int().optional(),
    }),
    result: z.array(storedEventSchema),
  },
  "GET /api/audit": {
    summary: "Who changed what, newest first",
    action: "audit.read",
    query: z.object({
      limit: z.coerce.number().int().min(1).max(1000).default(100),
      before: z.coerce.number().int().optional(),
    }),
    result: z.array(auditEntrySchema),
  },

  "POST /api/apply": {
    summary: "Make the services of a file so; all or nothing",
    action: "service.write",
    body: applyRequestSchema,
    result: applyResultSchema,
    errors: ["invalid"],
  },
  "POST /api/import": {
    summary: "Take over the predecessor's files; all or nothing",
    action: "data.transfer",
    body: importRequestSchema,
    result: importResultSchema,
    errors: ["invalid"],
  },
  "GET /api/export": { summary: "The predecessor's three files", action: "data.transfer", result: exportResultSchema },
  "GET /api/backup": {
    summary: "A consistent copy of the hub's database",
    action: "data.transfer",
    result: { media: "application/vnd.sqlite3" },
  },

  "GET /api/whoami": { summary: "Who you are to the hub, and why", action: "public", result: principalSchema },
  "GET /api/tokens": {
    summary: "Bearer tokens, without their secrets",
    action: "token.manage",
    result: z.array(tokenSchema),
  },
  "POST /api/tokens": {
    summary: "Make a bearer token; its secret is answered once",
    action: "token.manage",
    body: tokenRequestSchema,
    result: tokenSchema.extend({ secret: z.string() }),
    errors: ["name_taken"],
  },
  "DELETE /api/tokens/{id}": {
    summary: "Revoke a token; its open sockets close",
    action: "token.manage",
    params: z.object({ id: z.string() }),
    result: done,
    errors: ["not_found"],
  },
  "POST /api/sign-in-links": {
    summary: "A one-time sign-in link, valid 10 minutes",
    action: "token.manage",
    result: z.object({ url: z.string(), expires_at: z.string() }),
  },
  "POST /api/session": {
    summary: "Trade a one-time code for a session cookie",
    action: "public",
    body: z.strictObject({ code: z.string().max(256) }),
    result: principalSchema,
    errors: ["unauthenticated", "rate_limited"],
  },
  "DELETE /api/session": { summary: "Sign out", action: "public", result: done },
  "POST /api/ws-ticket": {
    summary: "A ticket for opening /ws, valid 30 seconds, once",
    action: "self.read",
    result: z.object({ ticket: z.string() }),
  },

  "GET /metrics": {
    summary:
      "Everything that can be counted, for Prometheus: its text format, or OpenMetrics 1.0 where Accept prefers it",
    action: "stats.read",
    result: { media: "text/plain" },
  },
  "GET /openapi.json": {
    summary: "This table as OpenAPI 3.1",
    action: "self.read",
    result: { media: "application/json" },
  },
  "GET /docs": { summary: "This table for people", action: "self.read", result: { media: "text/html" } },
} as const satisfies Record<`${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, RouteSpec>;

/** The table's type; clients take it with `import type`, so that no validator reaches them. */
export type Routes = typeof routes;
/** "METHOD /path" of a route. */
export type RouteKey = keyof Routes;

type Part<K extends RouteKey, P extends string, Fallback> =
  Routes[K] extends Record<P, infer S extends z.ZodType> ? z.infer<S> : Fallback;
type InputPart<K extends RouteKey, P extends string, Fallback> =
  Routes[K] extends Record<P, infer S extends z.ZodType> ? z.input<S> : Fallback;

/** Path values as a handler gets them. */
export type RouteParams<K extends RouteKey> = Part<K, "params", Record<string, never>>;
/** Query values as a handler gets them. */
export type RouteQuery<K extends RouteKey> = Part<K, "query", Record<string, never>>;
/** Body as a handler gets it, defaults filled in. */
export type RouteBody<K extends RouteKey> = Part<K, "body", undefined>;
/** Body as a client sends it. */
export type RouteBodyInput<K extends RouteKey> = InputPart<K, "body", undefined>;
/** Query as a client sends it. */
export type RouteQueryInput<K extends RouteKey> = InputPart<K, "query", Record<string, never>>;
/** JSON answer; `never` for other media. */
export type RouteResult<K extends RouteKey> = Routes[K]["result"] extends z.ZodType
  ? z.infer<Routes[K]["result"]>
  : never;
