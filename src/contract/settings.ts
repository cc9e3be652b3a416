// The hub's settings: the predecessor's `settings.json`, field by field.
import { z } from "zod";
import { settingsTaskSchema } from "./task.ts";

/** The list of tasks seen from the settings: what is changed here is changed there, and the other way round. */
const scheduledTasksSchema = z
  .array(settingsTaskSchema)
  .max(10_000)
  .superRefine((tasks, context) => {
    const seen = new Set<string>();
    for (const [at, { name }] of tasks.entries()) {
      if (seen.has(name))
        context.addIssue({ code: "custom", path: [at, "name"], message: `"${name}" stands there twice` });
      seen.add(name);
    }
  })
  .default([]);

export const settingsSchema = z.strictObject({
  storage_paths: z
    .strictObject({ logs: z.string(), data: z.string(), backups: z.string() })
    .default({ logs: "./logs", data: "./data", backups: "./backups" }),
  scheduled_tasks: scheduledTasksSchema,
  /** Days that history (exits, events, means of 5 minutes of metrics) is kept. */
  stats_retention_days: z.int().min(1).max(365).default(30),
  /** Restart policy of services that do not name one: on-failure, or never. */
  auto_restart_on_failure: z.boolean().default(true),
  /** Refuse a service whose port another service declares. */
  check_port_conflicts: z.boolean().default(true),
  /** Host that dashboard links to services' ports use instead of localhost. */
  default_tailscale_domain: z.string().max(253).default(""),
  /** Seconds between full messages on /ws, between samples, and between heartbeats. */
  update_interval_seconds: z.int().min(1).max(60).default(5),
  /** Days that samples of metrics are kept as they came; means of 5 minutes are kept for `stats_retention_days`. */
  metrics_raw_days: z.int().min(1).max(365).default(14),
  /** Days that means of an hour are kept. */
  metrics_hourly_days: z.int().min(1).max(3650).default(730),
  /** Megabytes on the disk that metrics take at most; the oldest go first. */
  metrics_max_mb: z.int().min(16).max(1_000_000).default(2048),
  /** Heartbeats missed in a row after which a server is late: its values count as stale. */
  server_late_after: z.int().min(1).max(100).default(2),
  /** Heartbeats missed in a row after which a server is offline. */
  server_offline_after: z.int().min(2).max(1000).default(3),
  api_base_url: z.string().max(2048).default("http://localhost:8765"),
});
export type Settings = z.infer<typeof settingsSchema>;

/** The fields of the predecessor's `settings.json`, in its order. */
export const LEGACY_SETTINGS_FIELDS = [
  "storage_paths",
  "scheduled_tasks",
  "stats_retention_days",
  "auto_restart_on_failure",
  "check_port_conflicts",
  "default_tailscale_domain",
  "update_interval_seconds",
  "api_base_url",
] as const satisfies readonly (keyof Settings)[];

/** Any subset of the settings; what is left out stays. The hub merges and checks the whole by `settingsSchema`. */
export const settingsPatchSchema = z.record(z.string(), z.unknown());
