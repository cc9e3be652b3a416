// Scheduled tasks, and what became of each time they were due. The predecessor's five fields first, then ours; every default stands
// here, once. When a task is due is the rule of base/schedule.
import { z } from "zod";
import { readSchedule, refusalWords } from "../base/schedule/schedule.ts";
import { isZone } from "../base/schedule/zone.ts";
import { DAY } from "../base/units.ts";
import { durationSchema, isoTimeSchema, nameSchema } from "./names.ts";
import { placementSchema } from "./server.ts";

/** Milliseconds that runs are kept, and how many of each task. */
export const RUNS_KEPT = 90 * DAY;
export const RUNS_KEPT_OF_TASK = 10_000;
/** Characters of output that are kept of a run; the last ones. */
export const MAX_RUN_OUTPUT = 1_048_576;

export const taskActionSchema = z.enum(["start", "stop", "restart", "command"]);
/** What a task does: to a service, or by a command of its own. */
export type TaskAction = z.infer<typeof taskActionSchema>;

/** What happens when it is due while it runs: not run, with a record; run once after it; the running one is ended; both run. */
export const overlapSchema = z.enum(["forbid", "queue", "replace", "allow"]);

/** What is run of times that passed while the agent was off, or that a correction of its clock left out. */
export const catchUpSchema = z.enum(["none", "last", "all"]);

/** The predecessor let people call tasks as they liked: 1 to 64 characters on one line. */
export const taskNameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+$/u, "must be 1 to 64 characters on one line")
  // A path of such a name is another path.
  .refine((name) => name !== "." && name !== "..", { error: "must be more than dots" });

const scheduleSchema = z
  .string()
  .min(1)
  .max(256)
  .superRefine((text, context) => {
    const read = readSchedule(text);
    if (read.outcome === "refused") context.addIssue({ code: "custom", message: refusalWords(read) });
  })
  .meta({ description: "minute, hour, day of the month, month, day of the week; or @hourly, @daily, @weekly, …" });

/** The name of a time zone. */
export const zoneSchema = z
  .string()
  .refine(isZone, { error: 'must be the name of a zone, like "Europe/Berlin" or "UTC"' });

/** How a run that failed is tried again. */
const retriesSchema = z
  .strictObject({
    /** Further attempts after one that failed. */
    count: z.int().min(0).max(100).default(0),
    /** Seconds before the first of them. */
    delay: durationSchema.pipe(z.number().max(86_400)).default(10),
    /** Each further delay is this many times the one before. */
    factor: z.number().min(1).max(10).default(2),
    /** Seconds a delay never exceeds. */
    max_delay: durationSchema.pipe(z.number().max(86_400)).default(300),
    /** Share of the delay that is random. */
    jitter: z.number().min(0).max(1).default(0.2),
    /** Seconds from the first attempt's begin after which no other begins, and a running one is ended; null: no such limit. */
    within: durationSchema.pipe(z.number().min(1)).nullable().default(null),
  })
  .prefault({});

/** How many servers begin together. Each agent begins by itself, so it is told its place, and nobody waits for anybody. */
const fanOutSchema = z
  .strictObject({
    /** Servers that begin together, in order of their names; null: all of them. */
    width: z.int().min(1).max(10_000).nullable().default(null),
    /** Seconds after which the next ones begin. */
    stagger: durationSchema.pipe(z.number().max(86_400)).default(0),
  })
  .prefault({});
/** What counts of it for a task that says nothing. */
export const NO_FAN_OUT = fanOutSchema.parse(undefined);

const commandSchema = z
  .union([z.string().trim().min(1).max(32_768), z.array(z.string().max(32_768)).min(1).max(1024)])
  .meta({ description: "A shell line, run by /bin/sh; or a list of program and arguments, run without a shell." });

const taskShape = {
  name: taskNameSchema,
  cron_expression: scheduleSchema,
  action: taskActionSchema,
  /** Of start, stop and restart. A command runs on the servers of this service, if one is given. */
  service_name: nameSchema.nullable().default(null),
  enabled: z.boolean().default(true),
  /** IANA zone in whose local time it is due; null: the hub's. */
  timezone: zoneSchema.nullable().default(null),
  overlap: overlapSchema.default("forbid"),
  catch_up: catchUpSchema.default("last"),
  /** Seconds that one attempt may take. A command is ended then with all it started; an act on a service goes on, but counts as failed. */
  timeout: durationSchema.pipe(z.number().min(0.1).max(604_800)).default(3600),
  retries: retriesSchema,
  /** Seconds by which it begins later, at random each time, so that many servers do not begin in step. */
  jitter: durationSchema.pipe(z.number().max(3600)).default(0),
  /** Of a due time: how many of its servers begin together, and how much later the next ones. */
  fan_out: fanOutSchema,
  /** Of `command`: for admins only, and only where the agent takes commands (--allow-run). */
  command: commandSchema.nullable().default(null),
  /** Where it runs: for a service, those of its servers that are named; a command, on the hub's own machine unless said. */
  placement: placementSchema,
};

/** The fields of a task and their checks, for the schema of the YAML file. */
export const taskFields = taskShape;

type TaskShape = Pick<z.infer<z.ZodObject<typeof taskShape>>, "action" | "service_name" | "command" | "fan_out">;

/** What each action needs, and what it does not take. */
function checkTask({ action, service_name, command, fan_out }: TaskShape, context: z.RefinementCtx): void {
  const { width, stagger } = fan_out;
  if (width !== null && stagger === 0) {
    const message = "is required beside width: how much later the next servers begin";
    context.addIssue({ code: "custom", path: ["fan_out", "stagger"], message });
  }
  if (width === null && stagger !== 0) {
    const message = "is required beside stagger: how many servers begin together";
    context.addIssue({ code: "custom", path: ["fan_out", "width"], message });
  }
  if (action === "command") {
    if (command === null)
      context.addIssue({ code: "custom", path: ["command"], message: "is required for the action command" });
    return;
  }
  if (service_name === null)
    context.addIssue({ code: "custom", path: ["service_name"], message: `is required for the action ${action}` });
  if (command !== null)
    context.addIssue({ code: "custom", path: ["command"], message: `is for the action command, not for ${action}` });
}

/** A whole task as people give it; defaults are filled in. */
export const taskSpecSchema = z.strictObject(taskShape).superRefine(checkTask);
/** A task as written: only what differs from the defaults. */
export type TaskInput = z.input<typeof taskSpecSchema>;
/** A task with every default filled in. */
export type TaskSpec = z.infer<typeof taskSpecSchema>;

export const runOutcomeSchema = z.enum(["waiting", "running", "done", "failed", "skipped", "unknown"]);
/**
 * waiting: for the run before it, its jitter, or its next attempt. running. done. failed: also after its last attempt. skipped: it did
 * not happen, and `reason` says why. unknown: its agent died while it ran.
 */
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

/** Why it ran: it was due; it had been missed; somebody asked. */
export const runTriggerSchema = z.enum(["schedule", "catch_up", "manual"]);

const runShape = {
  /** Made from task, due time and server: telling it twice changes nothing. */
  id: z.string().max(128),
  task: z.string(),
  action: taskActionSchema,
  service_name: z.string().nullable(),
  trigger: runTriggerSchema,
  /** Who asked, of a manual one. */
  by: z.string().nullable(),
  /** When it was due; of a manual one, when it was asked for. */
  due_at: isoTimeSchema,
  started_at: isoTimeSchema.nullable(),
  ended_at: isoTimeSchema.nullable(),
  outcome: runOutcomeSchema,
  /** Why it did not happen, failed, or waits; "exit 0" of one that is done. */
  reason: z.string(),
  /** Attempts begun so far. */
  attempt: z.int().min(0),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  /** Due times that this record stands for: more than 1 where a series was missed, and `due_at` is the last of them. */
  missed: z.int().min(1),
};

/** A run as its agent tells it. `output` is what it printed last, and only of a run that ended. */
export const agentRunSchema = z.object({
  ...runShape,
  output: z.string(),
  /** Characters it printed before those of `output`. */
  output_dropped: z.int(),
});
export type AgentRun = z.infer<typeof agentRunSchema>;

export const taskRunSchema = z.object({
  ...runShape,
  server_id: z.string(),
  server: z.string(),
});
/** A run as lists and live messages have it, without its output. */
export type TaskRun = z.infer<typeof taskRunSchema>;

export const taskRunDetailSchema = taskRunSchema.extend({
  /** What it printed, as far as it is known by now: of all attempts, the last 1 MiB. */
  output: z.string(),
  output_dropped: z.int(),
});
export type TaskRunDetail = z.infer<typeof taskRunDetailSchema>;

/** Servers in the order in which they begin, and how many seconds after it is due. */
const turnsSchema = z.array(z.object({ server: z.string(), after: z.number() }));

export const taskRecordSchema = z.object({
  ...taskShape,
  /** Counts saved versions from 1. */
  revision: z.int().min(1),
  /** The file whose `apply` owns this task (read-only elsewhere), or null. */
  owner: z.string().nullable(),
  created_at: isoTimeSchema,
  updated_at: isoTimeSchema,
  /** The zone that counts: `timezone`, or the hub's. */
  zone: z.string(),
  /** The schedule in words: "at 02:30 on weekdays". */
  description: z.string(),
  /** When it is due next; null where it is not enabled or no server has it. */
  next_run: isoTimeSchema.nullable(),
  /** The newest run that began or was to begin. */
  last_run: taskRunSchema.nullable(),
  /** Names of the servers that it runs on. */
  servers: z.array(z.string()),
  /** Where they do not begin together. */
  turns: turnsSchema,
});
/** A task as the hub answers it. */
export type TaskRecord = z.infer<typeof taskRecordSchema>;

/** A task as the agent of one of its servers has it: the zone is filled in. */
export const agentTaskSchema = z.object({
  ...taskShape,
  timezone: z.string(),
  revision: z.int(),
  /** Seconds after a due time at which it begins on this server; left out for 0. */
  offset: z.number().min(0).optional(),
});
export type AgentTask = z.infer<typeof agentTaskSchema>;

const settingsTaskShape = {
  name: taskNameSchema,
  cron_expression: scheduleSchema,
  action: taskActionSchema,
  enabled: z.boolean().default(true),
};

/**
 * An entry of `settings.scheduled_tasks`: a task as the predecessor wrote it, and those of our fields that differ from their defaults.
 * Fields that nobody knows are kept.
 */
export const settingsTaskSchema = z.looseObject(settingsTaskShape).superRefine((entry, context) => {
  const checked = taskSpecSchema.safeParse(knownFields(entry));
  if (checked.success) return;
  for (const { path, message } of checked.error.issues) {
    if (!Object.hasOwn(settingsTaskShape, path[0] ?? "")) context.addIssue({ code: "custom", path, message });
  }
});
export type SettingsTask = z.infer<typeof settingsTaskSchema>;

/** The predecessor's fields of a task, in its order. */
const LEGACY_TASK_FIELDS = ["name", "cron_expression", "action", "service_name", "enabled"] as const;

/** The fields of an entry that a task has. */
export function knownFields(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => Object.hasOwn(taskShape, field)));
}

/** The fields of an entry that no task has; they are kept beside it. */
export function unknownFields(entry: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => !Object.hasOwn(taskShape, field)));
}

/** A task as an entry of the settings. */
export function toSettingsTask(spec: TaskSpec, unknown: Record<string, unknown>): SettingsTask {
  const legacy = Object.fromEntries(LEGACY_TASK_FIELDS.map((field) => [field, spec[field]]));
  return { ...legacy, ...ownFields(spec), ...unknown } as SettingsTask;
}

/** Our fields of a task that differ from their defaults. */
function ownFields(spec: TaskSpec): Record<string, unknown> {
  const own: Record<string, unknown> = {};
  for (const field of OWN_FIELDS) {
    if (JSON.stringify(spec[field]) !== JSON.stringify(STANDARD[field])) own[field] = spec[field];
  }
  return own;
}

const OWN_FIELDS = (Object.keys(taskShape) as (keyof TaskSpec)[]).filter(
  (field) => !(LEGACY_TASK_FIELDS as readonly string[]).includes(field),
);
const STANDARD = taskSpecSchema.parse({ name: "x", cron_expression: "@daily", action: "start", service_name: "x" });

/** Missed times of a server that are told and run at most: the last ones. */
export const MOST_MISSED = 10;

const missedTimeSchema = z.object({
  due_at: isoTimeSchema,
  /** Why it did not run, if that is on record. */
  reason: z.string().nullable(),
});
export type MissedTime = z.infer<typeof missedTimeSchema>;

export const taskMissedSchema = z.object({
  /** From when on; later than what was asked for where runs from then on are no longer on record. */
  since: isoTimeSchema,
  until: isoTimeSchema,
  servers: z.array(
    z.object({
      server_id: z.string(),
      server: z.string(),
      /** Its agent is linked; where it is not, it may have run what it is still to tell. */
      connected: z.boolean(),
      /** Times for which no run began, by the task as it is now: the last 10, oldest first. */
      due: z.array(missedTimeSchema),
      /** How many there were; `cut` where that is more. */
      total: z.int(),
      cut: z.boolean(),
    }),
  ),
  /** Of all servers together. */
  total: z.int(),
});
/** What a task missed on its servers. */
export type TaskMissed = z.infer<typeof taskMissedSchema>;

export const cronPreviewSchema = z.object({
  /** The schedule in words. */
  description: z.string(),
  /** In whose time it is due: the zone that was asked for, or the hub's. */
  timezone: z.string(),
  /** When it is due next, in UTC. */
  next: z.array(isoTimeSchema),
  /** What to know of it: changes of the clock within 400 days, both day fields. */
  notes: z.array(z.string()),
});

export const taskCheckSchema = z.object({
  /** What is wrong with it (error), or may not do what is meant (warning). */
  problems: z.array(z.object({ path: z.string(), message: z.string(), severity: z.enum(["error", "warning"]) })),
  /** Names of the servers that it would run on. */
  servers: z.array(z.string()),
  /** Where they would not begin together. */
  turns: turnsSchema,
  /** Times that it would be due on each of them within 7 days from now; of the task as it is saved, null where there is none. */
  runs_in_week: z.int(),
  runs_in_week_now: z.int().nullable(),
});
export type TaskCheck = z.infer<typeof taskCheckSchema>;
