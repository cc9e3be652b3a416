// What is: observed state as agents tell it and as the hub answers it.
import { z } from "zod";
import { checkStatusSchema } from "./check-status.ts";
import { isoTimeSchema } from "./names.ts";

export const instanceStateSchema = z.enum([
  "stopped",
  "waiting",
  "starting",
  "running",
  "unhealthy",
  "backoff",
  "stopping",
  "exited",
  "fatal",
  "external",
]);
/**
 * stopped: nothing runs, nobody asked for it. waiting: for a dependency. starting: launched, not yet seen alive, or a startup check
 * has not passed. running. unhealthy: it runs, a startup or liveness check fails. backoff: ended, restarts at `next_start_at`. stopping: asked to end. exited: ended by
 * itself and the policy leaves it so. fatal: gave up, with the reason. external: matched by keywords, not started by us.
 */
export type InstanceState = z.infer<typeof instanceStateSchema>;

export const streamSchema = z.enum(["stdout", "stderr", "tailherd"]);
/** Where a line came from; `tailherd` lines are ours (starts, ends, what was dropped). */
export type OutputStream = z.infer<typeof streamSchema>;

export const logLineSchema = z.object({
  /** Opaque place of this line; later lines compare greater as text. Ask for what is before or after it. */
  cursor: z.string(),
  /** When the agent read it, Unix milliseconds. */
  ts: z.number(),
  stream: streamSchema,
  /** The line as written, without its newline; C0 and C1 controls stripped except tab and SGR (colours). */
  text: z.string(),
  /** The line was longer than 16 KiB and was cut there; the rest follows as further lines. */
  cut: z.boolean().optional(),
  /** Detected in JSON and logfmt lines. */
  level: z.enum(["trace", "debug", "info", "warn", "error", "fatal"]).optional(),
  message: z.string().optional(),
  fields: z.record(z.string(), z.unknown()).optional(),
});
export type LogLine = z.infer<typeof logLineSchema>;

export const exitCauseSchema = z.enum([
  "exited",
  "signalled",
  "oom",
  "stopped",
  "killed",
  "failed_to_start",
  "hook_failed",
  "check_failed",
  "lost",
]);
/**
 * exited: by itself with a code. signalled: by a signal that we did not send. oom: the kernel's memory limit. stopped: asked,
 * within the grace. killed: asked, SIGKILL was needed or wanted. failed_to_start: directory, user, command or limit missing.
 * hook_failed: pre_start failed. check_failed: ended by us because a startup or liveness check failed. lost: its end fell in a gap and its code is unknown (shim killed, machine rebooted).
 */
export type ExitCause = z.infer<typeof exitCauseSchema>;

export const exitRecordSchema = z.object({
  /** Counts the starts of this instance from 1. */
  generation: z.int(),
  started_at: isoTimeSchema.nullable(),
  ended_at: isoTimeSchema,
  cause: exitCauseSchema,
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** Who asked, where somebody did. */
  by: z.string().nullable(),
  /** Bytes of memory at the last sample before the end. */
  memory: z.number().nullable(),
  /** In words: "exit 1 after 3 s", "killed by SIGKILL: out of memory (limit 64 MiB)". */
  message: z.string(),
  /** The last lines it wrote, at most 10. */
  last_lines: z.array(z.string()),
});
export type ExitRecord = z.infer<typeof exitRecordSchema>;

export const processInfoSchema = z.object({
  pid: z.int(),
  ppid: z.int(),
  name: z.string(),
  /** Percent of one core since the last sample. */
  cpu: z.number(),
  /** Resident bytes. */
  memory: z.number(),
  /** Unix seconds. */
  create_time: z.number(),
  command: z.string(),
  user: z.string(),
  threads: z.int(),
});
export type ProcessInfo = z.infer<typeof processInfoSchema>;

export const portStatusSchema = z.object({
  port: z.int(),
  /** Somebody listens on it on this machine. */
  in_use: z.boolean(),
  /** A connection to loopback is accepted. */
  accessible: z.boolean(),
  /** Who listens, where it could be found out. */
  pid: z.int().nullable(),
  command: z.string().nullable(),
  /** The listener belongs to this service. */
  own: z.boolean(),
});
export type PortStatus = z.infer<typeof portStatusSchema>;

export const instanceStatusSchema = z.object({
  service: z.string(),
  server_id: z.string(),
  server: z.string(),
  index: z.int().min(0),
  state: instanceStateSchema,
  /** Why it is in this state, in words, where there is more to say than the state: "exit 1, third restart in 2 min". */
  reason: z.string().nullable(),
  /** When it came into this state. */
  since: isoTimeSchema,
  pid: z.int().nullable(),
  started_at: isoTimeSchema.nullable(),
  /** Saved revision that this process was started from. */
  revision: z.int().nullable(),
  generation: z.int(),
  /** Restarts by policy or by hand since it was last started from `stopped`. */
  restart_count: z.int(),
  next_start_at: isoTimeSchema.nullable(),
  /** Percent of one core. */
  cpu: z.number().nullable(),
  /** Bytes of all its processes. */
  memory: z.number().nullable(),
  memory_kind: z.enum(["cgroup", "pss", "rss"]).nullable(),
  threads: z.int().nullable(),
  open_files: z.int().nullable(),
  /** Bytes read from and written to storage since its start; null where the kernel does not say. */
  read_bytes: z.number().nullable(),
  write_bytes: z.number().nullable(),
  processes: z.array(processInfoSchema),
  port_status: z.array(portStatusSchema),
  detected_ports: z.array(z.int()),
  last_exit: exitRecordSchema.nullable(),
  /** Set where a limit of the definition could not be applied on this machine: what and why. */
  limits_note: z.string().nullable(),
  /** It runs, and no readiness check keeps others from relying on it. Null from an agent that does not know of checks. */
  ready: z.boolean().nullable().default(null),
  /** Its checks, in the order of the definition; none while nothing of it runs. */
  checks: z.array(checkStatusSchema).default([]),
});
export type InstanceStatus = z.infer<typeof instanceStatusSchema>;

export const healthSchema = z.enum(["healthy", "not_ready", "starting", "unhealthy"]);
/** What the checks of all instances that run say together; the worst speaks. */
export type Health = z.infer<typeof healthSchema>;

export const runtimeSchema = z.object({
  /** "2d 5h 23m" | "5h 2m" | "3m 4s" */
  uptime: z.string().nullable(),
  start_time: z.string().nullable(),
  /** The last three. */
  errors: z.array(z.object({ timestamp: z.string(), message: z.string() })),
  restart_count: z.int(),
  last_error: z.string().nullable(),
});

export const serviceStatusSchema = z.object({
  name: z.string(),
  kind: z.string(),
  running: z.boolean(),
  processes: z.array(processInfoSchema),
  pid_count: z.int(),
  ports: z.array(z.int()),
  port_status: z.array(portStatusSchema),
  detected_ports: z.array(z.int()),
  api_url: z.string().nullable(),
  tailscale_url: z.string().nullable(),
  description: z.string().nullable(),
  runtime: runtimeSchema,
  /** The state that needs attention most among its instances. */
  state: instanceStateSchema,
  reason: z.string().nullable(),
  /** Null where nothing of it runs, or nothing is checked. */
  health: healthSchema.nullable(),
  /** Every instance that should run is ready. */
  ready: z.boolean(),
  instances: z.array(
    instanceStatusSchema.extend({
      /** Its server is late or offline: these are its last words, not what is. */
      stale: z.boolean(),
    }),
  ),
  /** Ids of the servers it should run on. */
  placed_on: z.array(z.string()),
  desired: z.enum(["running", "stopped"]),
  /** Instances that somebody stopped one by one, of a service that should run. */
  stopped_instances: z.array(z.int()),
  /** Ids of servers on which somebody stopped it, of several that it runs on. */
  stopped_servers: z.array(z.string()),
  /** Saved revision; an instance with another one runs an older definition. */
  revision: z.int(),
  owner: z.string().nullable(),
  labels: z.record(z.string(), z.string()),
  /** When the values were told; older than three intervals is stale. */
  observed_at: isoTimeSchema,
});
/** One row of `GET /api/status`: the predecessor's fields, then ours. */
export type ServiceStatus = z.infer<typeof serviceStatusSchema>;

export const systemStatsSchema = z.object({
  cpu_percent: z.number(),
  memory_percent: z.number(),
  memory_used_gb: z.number(),
  memory_total_gb: z.number(),
  disk_percent: z.number(),
  disk_used_gb: z.number(),
  disk_total_gb: z.number(),
  load_1: z.number(),
  load_5: z.number(),
  load_15: z.number(),
  cores: z.int(),
  swap_percent: z.number(),
  /** Seconds since the machine started. */
  uptime: z.number(),
  processes: z.int(),
});
/** The machine as a whole: the predecessor's seven fields (gb are binary), then ours. */
export type SystemStats = z.infer<typeof systemStatsSchema>;

/** CPU percent of one core and bytes of memory of one instance at one time. */
export const instanceSampleSchema = z.object({
  service: z.string(),
  index: z.int(),
  cpu: z.number().nullable(),
  memory: z.number().nullable(),
});
