// The schema of tailherd.yaml: services in compose-like words, and where the CLI finds its hub. Mapped onto `ServiceSpec`, whose
// checks and defaults it shares. The published JSON Schemas are made from it (scripts/generate.ts).
import { z } from "zod";
import { checksByNameSchema, plainCheck, type Check } from "./checks.ts";
import { dependsOnSchema } from "./dependencies.ts";
import { nameSchema, portSchema } from "./names.ts";
import { taskFields, taskNameSchema, type TaskInput } from "./task.ts";
import { heldSocketSchema, socketsSchema } from "./sockets.ts";
import { restartPolicySchema, serviceSpecSchema, type ServiceInput, type ServiceSpec } from "./service.ts";

const spec = serviceSpecSchema.shape;
const textSchema = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** "KEY=value" lines, the other form of a map that compose files use. */
const pairsSchema = z
  .array(z.string().regex(/^[^=]+=/, 'must be like "KEY=value"'))
  .transform((lines) => Object.fromEntries(lines.map((line) => splitPair(line))));

const environmentSchema = z
  .union([z.record(z.string(), textSchema), pairsSchema])
  .pipe(spec.env.unwrap())
  .optional()
  .meta({
    description: "Variables of the process: a map, or a list of KEY=value. The hub's own environment is not inherited.",
  });

const labelsSchema = z
  .union([z.record(z.string(), textSchema), pairsSchema])
  .pipe(spec.labels.unwrap())
  .optional()
  .meta({ description: "Free pairs to filter and group by: a map, or a list of key=value." });

const restartSchema = z
  .union([restartPolicySchema, spec.restart.unwrap()])
  .transform((value) => (typeof value === "string" ? { policy: value } : value))
  .optional()
  .meta({
    description:
      "When to start again after an end: always, on-failure or never; or {policy, backoff: {initial, factor, max, jitter, reset_after}, max}.",
  });

/** Compose's words for the conditions, beside ours. */
const COMPOSE_CONDITIONS: Readonly<Record<string, string>> = {
  service_started: "started",
  service_healthy: "healthy",
  service_completed_successfully: "completed",
};

const fileDependencySchema = z.strictObject({
  condition: z
    .enum(["started", "healthy", "completed", "service_started", "service_healthy", "service_completed_successfully"])
    .transform((word) => COMPOSE_CONDITIONS[word] ?? word)
    .optional(),
  restart: z.boolean().optional(),
});

const fileDependsOnSchema = z
  .union([
    z.array(nameSchema).transform((names) => Object.fromEntries(names.map((name) => [name, {}]))),
    z.record(nameSchema, fileDependencySchema),
  ])
  .pipe(dependsOnSchema)
  .optional()
  .meta({
    description:
      "Services that it waits for before it starts: a list of names, or {db: {condition: started | healthy | completed, restart: true}}; restart: when somebody restarts that one, this one is restarted too.",
  });

/** "8080", "127.0.0.1:8080" or "[::1]:8080" beside the whole form. */
const socketTextSchema = z
  .string()
  .regex(/^(?:(?:\[[0-9a-fA-F:.]+\]|[0-9.]+):)?\d{1,5}$/, 'must be like "127.0.0.1:8080", "[::1]:8080" or "8080"')
  .transform((text) => {
    const colon = text.lastIndexOf(":");
    const port = Number(text.slice(colon + 1));
    return colon === -1 ? { port } : { host: text.slice(0, colon).replaceAll(/[[\]]/g, ""), port };
  });

const filePortSchema = z.union([portSchema, z.string().regex(/^\d+$/).transform(Number).pipe(portSchema)]);

const fileSocketsSchema = z
  .array(
    z.union([
      portSchema.transform((port) => ({ port })),
      socketTextSchema,
      heldSocketSchema.extend({ port: filePortSchema }),
    ]),
  )
  .pipe(socketsSchema)
  .optional()
  .meta({
    description:
      'Sockets that are held open for it while it restarts, handed over as LISTEN_FDS: ["127.0.0.1:8080"], or [{name: http, host: 127.0.0.1, port: 8080}].',
  });

const fileServiceSchema = z.strictObject({
  command: z
    .union([z.string().trim().min(1).max(32_768), z.array(z.string()).min(1).max(1024)])
    .optional()
    .meta({ description: "A shell line, run by /bin/sh; or a list of program and arguments, run without a shell." }),
  argv: z
    .array(z.string())
    .min(1)
    .max(1024)
    .optional()
    .meta({ description: "Program and arguments, run without a shell." }),
  kind: z.enum(["backend", "frontend", "other"]).optional().meta({ description: "What it is to its users." }),
  description: spec.description.optional().meta({ description: "A line for people." }),
  working_dir: spec.working_dir
    .optional()
    .meta({ description: "Directory it runs in; relative to this file, whose directory it is when left out." }),
  environment: environmentSchema,
  env_file: spec.env_file.optional().meta({
    description: "File of NAME=value lines, read at each start; relative to this file. environment wins over it.",
  }),
  secrets: spec.secrets.optional().meta({
    description: "Names of variables whose values are replaced by ••• in output before it is kept.",
  }),
  user: spec.user.optional().meta({ description: "Account it runs as; needs a hub that runs as root." }),
  ports: z.array(filePortSchema).max(64).optional().meta({ description: "TCP ports it listens on." }),
  match_keywords: spec.match_keywords.optional().meta({
    description: "A process whose command line holds all of these, in any case, is this service, started elsewhere.",
  }),
  api_url: spec.api_url.optional().meta({ description: "Where its interface is, for links." }),
  tailscale_url: spec.tailscale_url.optional().meta({ description: "Where it is on the tailnet, for links." }),
  restart: restartSchema,
  stop: spec.stop.unwrap().optional().meta({
    description: 'How it is asked to end: {signal: SIGTERM, grace: "10s"}; then SIGKILL to all that is left.',
  }),
  reload: spec.reload
    .unwrap()
    .optional()
    .meta({ description: "How it reads its configuration anew without ending: {signal: SIGHUP}." }),
  sockets: fileSocketsSchema,
  hooks: spec.hooks
    .unwrap()
    .optional()
    .meta({ description: "Shell lines around its life: {pre_start, pre_stop, timeout}." }),
  checks: checksByNameSchema.optional().meta({
    description:
      "How its agent sees that it is well, by name: {web: {kind: http, path: /health}, db: {kind: tcp, port: 5432, role: readiness}}.",
  }),
  depends_on: fileDependsOnSchema,
  placement: spec.placement.unwrap().optional().meta({
    description:
      "Where it runs: {servers: [names], tags: [all of these]}; on the hub's own machine when left out. Paths are those of that server.",
  }),
  instances: spec.instances
    .optional()
    .meta({ description: "Copies that run side by side; each has TAILHERD_INSTANCE_INDEX." }),
  limits: spec.limits
    .unwrap()
    .optional()
    .meta({ description: 'Limits of an instance: {memory: "512M", cpu: 0.5, pids: 100}.' }),
  logs: spec.logs.unwrap().optional().meta({ description: 'What is kept of its output: {max_size: "64M"}.' }),
  autostart: spec.autostart
    .optional()
    .meta({ description: "Start it when it is added, and whenever the machine or the hub comes up." }),
  labels: labelsSchema,
});
/** One service as a file says it, checked. */
export type FileService = z.infer<typeof fileServiceSchema>;

const fileTaskSchema = z.strictObject({
  schedule: taskFields.cron_expression,
  action: taskFields.action.optional().meta({
    description: "start, stop or restart a service; or command, which may be left out where a command is given.",
  }),
  service: taskFields.service_name
    .unwrap()
    .optional()
    .meta({ description: "The service that it starts, stops or restarts." }),
  command: taskFields.command.unwrap().optional(),
  enabled: taskFields.enabled.optional().meta({ description: "false: it is kept, and not due." }),
  timezone: taskFields.timezone
    .unwrap()
    .optional()
    .meta({ description: "Zone in whose time it is due, like Europe/Berlin; the hub's when left out." }),
  overlap: taskFields.overlap
    .optional()
    .meta({ description: "While it still runs: forbid, queue (one), replace or allow." }),
  catch_up: taskFields.catch_up
    .optional()
    .meta({ description: "Of times missed: none, last (within 1 h) or all (at most 10)." }),
  timeout: taskFields.timeout.optional().meta({ description: 'Time limit of an attempt: "10m".' }),
  retries: z
    .union([z.int().min(0).max(100), taskFields.retries.unwrap()])
    .transform((value) => (typeof value === "number" ? { count: value } : value))
    .optional()
    .meta({
      description: "Further attempts after a failure: a number, or {count, delay, factor, max_delay, jitter, within}.",
    }),
  jitter: taskFields.jitter.optional().meta({ description: "Begins up to so much later, at random." }),
  fan_out: taskFields.fan_out.unwrap().optional().meta({
    description: "{width, stagger}: so many servers begin together, in order of name, the next ones so much later.",
  }),
  placement: taskFields.placement.unwrap().optional().meta({
    description: "Where it runs: {servers: [names], tags: [all of these]}; of a service, only on these of its servers.",
  }),
});
/** One task as a file says it, checked. */
export type FileTask = z.infer<typeof fileTaskSchema>;

/** The `config` section: what flags and variables can say too. */
export const configSectionSchema = z.strictObject({
  hub: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Hub that commands talk to, like http://nas:8765 (TAILHERD_HUB)." }),
  token_file: z.string().min(1).optional().meta({
    description: "File that holds the token for that hub (TAILHERD_TOKEN_FILE). Tokens never stand here themselves.",
  }),
  data_dir: z
    .string()
    .min(1)
    .optional()
    .meta({ description: "Where hub and agent keep everything (TAILHERD_DATA_DIR)." }),
  listen: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .meta({ description: "host:port, or a list of them, that `up` listens on (TAILHERD_LISTEN)." }),
  server_name: z
    .string()
    .min(1)
    .max(253)
    .optional()
    .meta({ description: "How `up` calls this machine (TAILHERD_SERVER_NAME)." }),
  output: z
    .enum(["table", "wide", "json", "yaml", "name"])
    .optional()
    .meta({ description: "How commands print data (TAILHERD_OUTPUT)." }),
  color: z
    .enum(["auto", "always", "never"])
    .optional()
    .meta({ description: "When commands use colours (TAILHERD_COLOR)." }),
});

/** The whole file. Keys that begin with "x-" are for the file's own use (anchors) and are taken out before. */
export const tailherdFileSchema = z
  .strictObject({
    services: z.record(nameSchema, fileServiceSchema).optional().meta({ description: "What runs, by name." }),
    tasks: z
      .record(taskNameSchema, fileTaskSchema)
      .optional()
      .meta({ description: "What is done by the clock, by name." }),
    config: configSectionSchema.optional().meta({ description: "Where commands find their hub." }),
  })
  .meta({ title: "tailherd.yaml", description: "Services and tasks for tailherd, applied with `tailherd apply`." });

/** The file's words for fields of `TaskSpec` that are called otherwise there. */
export const FILE_TASK_KEYS: Readonly<Record<string, string>> = {
  cron_expression: "schedule",
  service_name: "service",
};

/** A task of a file as the hub takes it. */
export function toTaskInput(name: string, task: FileTask): TaskInput {
  const { schedule, service, action, ...rest } = task;
  const input: Record<string, unknown> = { name, cron_expression: schedule, service_name: service, ...rest };
  input.action = action ?? (rest.command === undefined ? undefined : "command");
  for (const key of Object.keys(input)) if (input[key] === undefined) delete input[key];
  return input as TaskInput;
}

/** The file's words for fields of `ServiceSpec` that are called otherwise there. */
export const FILE_KEYS: Readonly<Record<string, string>> = { start_cmd: "command", env: "environment" };

/** A service of a file as the hub takes it. */
export function toServiceInput(name: string, service: FileService): ServiceInput {
  const { command, argv, environment, ...rest } = service;
  const input: Record<string, unknown> = { name, ...rest };
  if (typeof command === "string") input.start_cmd = command;
  if (Array.isArray(command)) input.argv = command;
  if (argv !== undefined) input.argv = argv;
  if (environment !== undefined) input.env = environment;
  for (const key of Object.keys(input)) if (input[key] === undefined) delete input[key];
  return input as ServiceInput;
}

/** A definition in the file's words: only what differs from the defaults, in the schema's order. */
export function toFileService(definition: ServiceSpec): Record<string, unknown> {
  const defaults = serviceSpecSchema.parse({ name: definition.name, start_cmd: "-" });
  const { start_cmd, argv, env, checks, name: _, ...rest } = definition;
  const changed: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(rest)) {
    const different = withoutDefaults(value, defaults[key as keyof ServiceSpec]);
    if (different !== undefined) changed[key] = different;
  }
  const all: Record<string, unknown> = { ...changed };
  // Left out, it would be the directory of the file that this comes to stand in.
  if (start_cmd !== null || argv !== null) all.working_dir = belowHome(rest.working_dir);
  if (start_cmd !== null) all.command = start_cmd;
  if (argv !== null) all.command = argv;
  if (Object.keys(env).length > 0) all.environment = env;
  if (checks.length > 0) all.checks = Object.fromEntries(checks.map((check) => [check.name, toFileCheck(check)]));
  const { restart } = all as { restart?: Record<string, unknown> };
  if (restart !== undefined && Object.keys(restart).join() === "policy") all.restart = restart.policy;
  const order = Object.keys(fileServiceSchema.shape);
  return Object.fromEntries(order.filter((key) => key in all).map((key) => [key, all[key]]));
}

/** What differs from the defaults of its kind, the kind first. */
function toFileCheck({ name, kind, ...rest }: Check): Record<string, unknown> {
  const { check, required } = plainCheck(kind, name);
  const file: Record<string, unknown> = { kind };
  for (const [key, value] of Object.entries(rest)) {
    const different = withoutDefaults(value, check[key as keyof Check]);
    if (different !== undefined || required.includes(key)) file[key] = different ?? value;
  }
  return file;
}

function belowHome(directory: string | null): string {
  if (directory === null) return "~";
  return directory.startsWith("/") ? directory : `~/${directory}`;
}

function withoutDefaults(value: unknown, standard: unknown): unknown {
  if (isRecord(value) && isRecord(standard)) {
    const parts = Object.entries(value).flatMap(([key, part]) => {
      const different = withoutDefaults(part, standard[key]);
      return different === undefined ? [] : [[key, different] as const];
    });
    return parts.length === 0 ? undefined : Object.fromEntries(parts);
  }
  return JSON.stringify(value) === JSON.stringify(standard) ? undefined : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function splitPair(line: string): [string, string] {
  const equals = line.indexOf("=");
  return [line.slice(0, equals), line.slice(equals + 1)];
}
