// What a person defines: a service. The nine fields of the predecessor first, then ours; every default stands here, once.
import { z } from "zod";
import { checkIssues, checksSchema } from "./checks.ts";
import { dependsOnSchema } from "./dependencies.ts";
import { durationSchema, isoTimeSchema, nameSchema, portSchema, sizeSchema } from "./names.ts";
import { placementSchema } from "./server.ts";
import { portsOf, socketsSchema } from "./sockets.ts";

export const kindSchema = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(["backend", "frontend", "other"]));
/** What a service is to its users; also the unit of `bulk/stop/{kind}`. */
export type Kind = z.infer<typeof kindSchema>;

export const restartPolicySchema = z.enum(["always", "on-failure", "never"]);
/** `always`: after every end; `on-failure`: after a signal or a code other than 0; `never`. */
export type RestartPolicy = z.infer<typeof restartPolicySchema>;

const webUrlSchema = z.url({ protocol: /^https?$/, error: "must be an http:// or https:// address" }).max(2048);

const backoffSchema = z
  .strictObject({
    /** Seconds before the second restart in a row; the first one is at once, so that a single crash costs nothing. */
    initial: durationSchema.default(0.5),
    /** Each further delay is this many times the one before. */
    factor: z.number().min(1).max(10).default(2),
    /** Seconds a delay never exceeds. */
    max: durationSchema.default(30),
    /** Share of the delay that is random, so that many services do not restart in step. */
    jitter: z.number().min(0).max(1).default(0.2),
    /** Seconds of running after which the series begins anew. */
    reset_after: durationSchema.default(10),
  })
  .prefault({});

const restartSchema = z
  .strictObject({
    /** Left out: `on-failure`, or `never` where the setting `auto_restart_on_failure` is off. */
    policy: restartPolicySchema.optional(),
    backoff: backoffSchema,
    /** Restarts in a row without a stable period after which the service is `fatal`; null never gives up. */
    max: z.int().min(0).max(1_000_000).nullable().default(10),
  })
  .prefault({});

/** Signals that ask a process to end or to reload; KILL and STOP are not asking. */
export const stopSignalSchema = z.enum(["SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH"]);

const stopSchema = z
  .strictObject({
    signal: stopSignalSchema.default("SIGTERM"),
    /** Seconds between the signal and SIGKILL for all that is left. */
    grace: durationSchema.pipe(z.number().max(3600)).default(10),
  })
  .prefault({});

const reloadSchema = z
  .strictObject({
    /** Signal on which the program reads its configuration anew without ending; null: it cannot. */
    signal: stopSignalSchema.nullable().default(null),
  })
  .prefault({});

const hooksSchema = z
  .strictObject({
    /** Shell line run before each start, as the service's user; its failure is a failed start. */
    pre_start: z.string().min(1).max(32_768).nullable().default(null),
    /** Shell line run before the stop signal; its failure is told but stops nothing. */
    pre_stop: z.string().min(1).max(32_768).nullable().default(null),
    /** Seconds a hook may take. */
    timeout: durationSchema.pipe(z.number().min(0.1).max(600)).default(30),
  })
  .prefault({});

const limitsSchema = z
  .strictObject({
    /** Bytes of memory for all processes of an instance together. */
    memory: sizeSchema.pipe(z.number().min(1_048_576)).nullable().default(null),
    /** Cores: 0.5 is half of one. */
    cpu: z.number().min(0.01).max(1024).nullable().default(null),
    /** Processes and threads of an instance together. */
    pids: z.int().min(1).max(4_194_304).nullable().default(null),
  })
  .prefault({});

const logsSchema = z
  .strictObject({
    /** Bytes of output kept on disk for an instance; the oldest goes first and is counted. */
    max_size: sizeSchema.pipe(z.number().min(1_048_576)).default(67_108_864),
  })
  .prefault({});

const keywordSchema = z.string().trim().min(3, "must have 3 characters or more").max(256);

/** The kernel ends arguments, variables and paths at a NUL: what follows would be lost without a word. */
const noNul = (text: string): boolean => !text.includes("\0");
const NUL = "must hold no NUL character";

const variableNameSchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be letters, digits and '_', not beginning with a digit");

const serviceShape = {
  name: nameSchema,
  kind: kindSchema.default("other"),
  /** Shell line run by /bin/sh; give this or `argv`. */
  start_cmd: z.string().trim().min(1).max(32_768).refine(noNul, NUL).nullable().default(null),
  /** Program and arguments, run without a shell. */
  argv: z.array(z.string().max(32_768).refine(noNul, NUL)).min(1).max(1024).nullable().default(null),
  /** Absolute, or relative to the home of the service's user; null is that home. */
  working_dir: z.string().min(1).max(4096).refine(noNul, NUL).nullable().default(null),
  /** A process whose command line holds all of these, in any case, is this service, started elsewhere. */
  match_keywords: z.array(keywordSchema).max(16).default([]),
  ports: z.array(portSchema).max(64).default([]),
  api_url: webUrlSchema.nullable().default(null),
  tailscale_url: webUrlSchema.nullable().default(null),
  description: z.string().max(2000).nullable().default(null),

  env: z.record(variableNameSchema, z.string().max(65_536).refine(noNul, NUL)).default({}),
  /** File of NAME=value lines read at each start; `env` wins over it. */
  env_file: z.string().min(1).max(4096).refine(noNul, NUL).nullable().default(null),
  /** Names of variables, of `env` or `env_file`, whose values are replaced by ••• in output before it is kept. */
  secrets: z.array(variableNameSchema).max(64).default([]),
  /** Account the service runs as; only an agent that runs as root can change it. */
  user: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}\$?$/, "must be the name of an account")
    .nullable()
    .default(null),
  restart: restartSchema,
  stop: stopSchema,
  reload: reloadSchema,
  /** Sockets that are held open for it, so that nobody who connects is refused while it restarts. */
  sockets: socketsSchema.default([]),
  hooks: hooksSchema,
  /** How its agent sees that it is well; they count at once, without a restart. */
  checks: checksSchema.default([]),
  /** Services that it waits for before it starts. */
  depends_on: dependsOnSchema.default({}),
  /** Where it runs; the hub's own machine unless said. */
  placement: placementSchema,
  /** How many copies run side by side on each of its servers; each sees its number (from 0) in TAILHERD_INSTANCE_INDEX. */
  instances: z.int().min(1).max(100).default(1),
  limits: limitsSchema,
  logs: logsSchema,
  /** Start it when the machine or the agent comes up, and when it is added. */
  autostart: z.boolean().default(false),
  /** Free pairs to filter and group by. */
  labels: z.record(z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/i), z.string().max(256)).default({}),
};

/**
 * A change of a definition, as a JSON Merge Patch (RFC 7396): what is left out stays, null resets to the default. The hub
 * merges it into the saved definition and checks the whole by `serviceSpecSchema`, which names the path of what is wrong.
 */
export const servicePatchSchema = z.record(z.string(), z.unknown());

/** A whole definition as people give it; defaults are filled in. */
export const serviceSpecSchema = z.strictObject(serviceShape).superRefine((spec, context) => {
  if (spec.start_cmd !== null && spec.argv !== null) {
    context.addIssue({ code: "custom", path: ["argv"], message: "give start_cmd or argv, not both" });
  }
  for (const [path, message] of checkIssues(spec.checks, portsOf(spec))) {
    context.addIssue({ code: "custom", path: ["checks", ...path], message });
  }
  if (Object.hasOwn(spec.depends_on, spec.name)) {
    context.addIssue({ code: "custom", path: ["depends_on", spec.name], message: "is the service itself" });
  }
  if (spec.start_cmd === null && spec.argv === null && spec.match_keywords.length === 0) {
    context.addIssue({
      code: "custom",
      path: ["start_cmd"],
      message: "is required, unless match_keywords finds a process that something else starts",
    });
  }
});
/** A definition with every default filled in. */
export type ServiceSpec = z.infer<typeof serviceSpecSchema>;
/** A definition as written: only what differs from the defaults. */
export type ServiceInput = z.input<typeof serviceSpecSchema>;

export const desiredStateSchema = z.enum(["running", "stopped"]);
/** What a person asked for last. */
export type DesiredState = z.infer<typeof desiredStateSchema>;

/** Numbers of the instances of a service that are to stay stopped while the others run, ascending. Empty where `desired` is "stopped". */
export const stoppedInstancesSchema = z.array(z.int().min(0));

/** A definition as the hub keeps and answers it: the definition's own fields, and what the hub knows about it. */
export const serviceRecordSchema = z.object({
  ...serviceShape,
  /** Counts saved versions from 1; the ETag of the definition. */
  revision: z.int().min(1),
  desired: desiredStateSchema,
  /** Instances that somebody stopped one by one, of a service that should run. */
  stopped_instances: stoppedInstancesSchema,
  /** Ids of servers on which somebody stopped it, of several that it runs on. */
  stopped_servers: z.array(z.string()),
  /** The file whose `apply` owns this definition (read-only elsewhere), or null. */
  owner: z.string().nullable(),
  created_at: isoTimeSchema,
  updated_at: isoTimeSchema,
});
export type ServiceRecord = z.infer<typeof serviceRecordSchema>;

/** The nine fields of the predecessor's `services_config.json`, in its order. */
export const LEGACY_SERVICE_FIELDS = [
  "name",
  "kind",
  "start_cmd",
  "working_dir",
  "match_keywords",
  "ports",
  "api_url",
  "tailscale_url",
  "description",
] as const;
