// Machines of the fleet: what the hub answers of them, how they enrol, what a bare one sends. The predecessor's fields first, then ours.
import { z } from "zod";
import { MAX_METRICS } from "./metrics.ts";
import { isoTimeSchema } from "./names.ts";

/** What a bare node may call its metrics. */
const METRIC_NAME = /^[\x21-\x7e]{1,128}$/;
const NAMES = "must have names of 1 to 128 printable ASCII characters without blanks";

/** Free words to place services by, and to filter and act by. */
export const tagSchema = z
  .string()
  .trim()
  .regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}._:/-]{0,63}$/u, "must be 1 to 64 letters, digits, '.', '_', '-', ':' or '/'");
const tagsSchema = z.array(tagSchema).max(64);

/** A machine's name: what the predecessor took, but nothing that could pass for markup or a path. */
export const serverNameSchema = z
  .string()
  .transform((text) => text.normalize("NFC").trim())
  .pipe(
    z
      .string()
      .regex(
        /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._-]{0,252}$/u,
        "must be 1 to 253 letters, digits, blanks, '.', '_' or '-', beginning with a letter or digit",
      ),
  );

export const serverStateSchema = z.enum(["new", "online", "late", "offline"]);
/**
 * new: enrolled, nothing heard yet. online: heard within two of its intervals. late: two heartbeats are missing, its values are
 * stale. offline: three are missing (both counts are settings).
 */
export type ServerState = z.infer<typeof serverStateSchema>;

/** Numbers by name, "name" or "name[label]" (see metrics.ts). */
const metricsSchema = z.record(z.string(), z.number());

export const serverSchema = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string(),
  ip: z.string(),
  tags: z.array(z.string()),
  /** Names of the services placed there; of a bare node, what it said at its registration. */
  services: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  /** Of the last heartbeat, by the hub's clock; null before the first. */
  last_seen: isoTimeSchema.nullable(),
  last_metrics: metricsSchema,

  /** State is `online`. */
  online: z.boolean(),
  state: serverStateSchema,
  /** hub: the hub's own machine. agent: dials the hub. bare: only sends heartbeats. */
  kind: z.enum(["hub", "agent", "bare"]),
  /** Its link to the hub is open. A bare node has none. */
  connected: z.boolean(),
  agent_version: z.string().nullable(),
  /** Milliseconds that its clock is ahead of the hub's, as measured on the link; null where nobody measures. */
  clock_skew_ms: z.number().nullable(),
  /** Seconds between its heartbeats. */
  heartbeat_interval: z.number(),
  /** It runs only what its own file declares. */
  locked: z.boolean(),
  /** It takes `run` commands. */
  allow_run: z.boolean(),
  enrolled_at: isoTimeSchema,
  /** Its credential or key was taken back; it has to be enrolled again. */
  revoked: z.boolean(),
  /** The join token it came with, so that who made the token sees it arrive. */
  joined_with: z.string().nullable(),
});
/** One server (`ServerNode`). */
export type ServerNode = z.infer<typeof serverSchema>;

export const registerRequestSchema = z.strictObject({
  name: serverNameSchema,
  host: z.string().trim().min(1).max(253),
  /** Empty: the address that the request comes from. */
  ip: z.string().trim().max(64).default(""),
  tags: tagsSchema.default([]),
  services: z.array(z.string().max(64)).max(1000).default([]),
  metadata: z
    .record(z.string().max(128), z.unknown())
    .refine((metadata) => Object.keys(metadata).length <= 128, "must have at most 128 fields")
    .default({}),
  /** Seconds between the heartbeats that a bare node means to send; the fleet's interval unless given. */
  heartbeat_interval: z.number().min(1).max(86_400).optional(),
  /** Of an agent: its Ed25519 public key (SPKI, base64url), which its link is checked against from then on. */
  public_key: z.base64url().max(256).optional(),
  agent_version: z.string().max(64).optional(),
});
export type RegisterRequest = z.infer<typeof registerRequestSchema>;

export const registerResultSchema = z.object({
  success: z.boolean(),
  server_id: z.string(),
  message: z.string(),
  /** Bearer token of this server's heartbeats: shown once. Empty for an agent, which has its key. */
  credential: z.string(),
  hub: z.object({
    id: z.string(),
    /** Ed25519, SPKI, base64url: the agent pins it. */
    public_key: z.string(),
    version: z.string(),
  }),
});
/** What a new server gets. */
export type RegisterResult = z.infer<typeof registerResultSchema>;

export const heartbeatRequestSchema = z.strictObject({
  metrics: z
    .record(z.string(), z.number("must be a number (NaN and infinities are none)"))
    .refine((metrics) => Object.keys(metrics).every((name) => METRIC_NAME.test(name)), NAMES)
    .refine((metrics) => Object.keys(metrics).length <= MAX_METRICS, `must have at most ${MAX_METRICS} fields`),
});

export const serverPatchSchema = z
  .strictObject({ name: serverNameSchema.optional(), tags: tagsSchema.optional() })
  .refine((patch) => patch.name !== undefined || patch.tags !== undefined, "must name what to change: name or tags");
export type ServerPatch = z.infer<typeof serverPatchSchema>;

export const joinTokenSchema = z.object({
  id: z.string(),
  tags: z.array(z.string()),
  /** How many servers may still come in with it. */
  uses_left: z.int(),
  uses: z.int(),
  created_at: isoTimeSchema,
  created_by: z.string(),
  expires_at: isoTimeSchema,
  /** Set when it is for one known server that enrols again. */
  server_id: z.string().nullable(),
});
/** A token that lets servers in, without its secret. */
export type JoinToken = z.infer<typeof joinTokenSchema>;

export const joinTokenRequestSchema = z.strictObject({
  uses: z.int().min(1).max(10_000).default(1),
  /** Minutes until it expires. */
  expires_in_minutes: z.number().positive().max(43_200).default(15),
  tags: tagsSchema.default([]),
  /** For a server that is known already and enrols again: it keeps its id, its name and its history. */
  server_id: z.string().max(64).optional(),
});

export const joinTokenResultSchema = joinTokenSchema.extend({
  /** Shown once. Ends with a fingerprint of the hub's key, by which an agent knows the hub before it trusts it. */
  secret: z.string(),
  /** Addresses that a new server can reach the hub at. */
  hub_urls: z.array(z.string()),
});

const averageSchema = z.number().nullable();
export const metricsSummarySchema = z.object({
  servers_count: z.int(),
  /** Servers whose values the averages count. */
  servers_online: z.int(),
  cpu_avg: averageSchema,
  memory_avg: averageSchema,
  disk_avg: averageSchema,
  last_updated: isoTimeSchema,
});
export type MetricsSummary = z.infer<typeof metricsSummarySchema>;

export const recentMetricsSchema = z.object({
  server_id: z.string(),
  /** Oldest first, at most 200; `ts` is ISO 8601 in UTC. */
  history: z.array(z.record(z.string(), z.union([z.number(), z.string()]))),
});

/** Where a service runs; empty: on the hub's own machine. */
export const placementSchema = z
  .strictObject({
    /** Names or ids of servers. */
    servers: z.array(z.string().min(1).max(253)).max(1000).default([]),
    /** Also on every server that has all of these tags, now or later. */
    tags: tagsSchema.default([]),
  })
  .prefault({});
export type Placement = z.infer<typeof placementSchema>;

/** A server in a path: its id or its name. */
export const serverParamSchema = z.string().min(1).max(253);
