// What moves whole definitions in and out: plans of `apply`, the predecessor's files, tokens, audit, principals.
import { z } from "zod";
import { fieldIssueSchema } from "./errors.ts";
import { isoTimeSchema, nameSchema } from "./names.ts";
import { roleSchema } from "./roles.ts";
import { serviceSpecSchema } from "./service.ts";
import { taskSpecSchema } from "./task.ts";

export const planStepSchema = z.object({
  service: z.string(),
  change: z.enum(["add", "change", "remove", "take_over", "same"]),
  /** Dotted paths with what stands there now and what the file says. */
  differences: z.array(z.object({ path: z.string(), from: z.unknown(), to: z.unknown() })),
  /** A running instance needs a restart for this to count. */
  restart_needed: z.boolean(),
});
/** One line of a plan. `take_over`: it exists, made by hand; from now on the file owns it. */
export type PlanStep = z.infer<typeof planStepSchema>;

export const taskStepSchema = planStepSchema.omit({ service: true, restart_needed: true }).extend({ task: z.string() });
/** One line of a plan that is about a task. */
export type TaskStep = z.infer<typeof taskStepSchema>;

export const applyRequestSchema = z.strictObject({
  /** Names the file that owns these definitions, as people should see it. */
  owner: z.string().min(1).max(4096),
  services: z.array(serviceSpecSchema).max(5000),
  /** Left out: the file's tasks stay as they are. */
  tasks: z.array(taskSpecSchema).max(10_000).optional(),
  dry_run: z.boolean().default(false),
  /** Restart running services whose definition changed. */
  restart: z.boolean().default(false),
});
export const applyResultSchema = z.object({
  steps: z.array(planStepSchema),
  task_steps: z.array(taskStepSchema),
  applied: z.boolean(),
  operation_id: z.string().nullable(),
  /** What the machines think of definitions that are added or changed: "checks.web.port: 81 is none of the service's ports (80)". */
  warnings: z.array(z.object({ service: z.string(), message: z.string() })),
});
export type ApplyResult = z.infer<typeof applyResultSchema>;

/** A server as the predecessor wrote it in `servers.json`; kept for the fleet, and written back as it came. */
export const legacyServerSchema = z.looseObject({ id: z.string().min(1), name: z.string().min(1) });

export const importRequestSchema = z.strictObject({
  /** `services_config.json` */
  services: z.array(z.record(z.string(), z.unknown())).max(5000).optional(),
  /** `servers.json` */
  servers: z.array(legacyServerSchema).max(5000).optional(),
  /** `settings.json` */
  settings: z.record(z.string(), z.unknown()).optional(),
  dry_run: z.boolean().default(false),
  /** Replace services of the same name; otherwise they are left alone and told. */
  replace: z.boolean().default(false),
});
export const importResultSchema = z.object({
  added: z.array(z.string()),
  replaced: z.array(z.string()),
  skipped: z.array(z.object({ name: z.string(), reason: z.string() })),
  servers: z.int(),
  settings: z.boolean(),
  issues: z.array(fieldIssueSchema),
  applied: z.boolean(),
});
export type ImportResult = z.infer<typeof importResultSchema>;

export const exportResultSchema = z.object({
  services: z.array(z.record(z.string(), z.unknown())),
  servers: z.array(z.record(z.string(), z.unknown())),
  settings: z.record(z.string(), z.unknown()),
});

export const tokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  created_at: isoTimeSchema,
  created_by: z.string(),
  expires_at: isoTimeSchema.nullable(),
  last_used_at: isoTimeSchema.nullable(),
});
/** A bearer token without its secret, which only its maker saw, once. */
export type Token = z.infer<typeof tokenSchema>;

export const tokenRequestSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema.default("viewer"),
  /** Days until it expires; null never. */
  expires_in_days: z.number().positive().max(3650).nullable().default(90),
});

export const principalSchema = z.object({
  /** join_token and server are machines: they have no role, only the one right of their kind. */
  kind: z.enum(["local", "token", "session", "anonymous", "join_token", "server"]),
  /** How the audit names it: "uid 0 on the socket", "token ci", "session". */
  name: z.string(),
  role: roleSchema.nullable(),
  /** Why it has this role. */
  reason: z.string(),
});
/** Who calls. */
export type Principal = z.infer<typeof principalSchema>;

export const auditEntrySchema = z.object({
  seq: z.int(),
  at: isoTimeSchema,
  principal: z.string(),
  /** Door and address it came from: "socket", "127.0.0.1". */
  from: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.unknown(),
  after: z.unknown(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;
