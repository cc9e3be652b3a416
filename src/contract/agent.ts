// What hub and agent say to each other. The hub calls methods, the agent answers and sends notices. In one process the calls
// are direct; over a network the same tables become JSON-RPC.
import { z } from "zod";
import { checkHistorySchema } from "./check-status.ts";
import { agentCommandSchema, commandOutputSchema, commandResultSchema } from "./commands.ts";
import { eventSchema } from "./events.ts";
import { isoTimeSchema, nameSchema } from "./names.ts";
import { serviceActionSchema } from "./operations.ts";
import { desiredStateSchema, serviceSpecSchema, stoppedInstancesSchema } from "./service.ts";
import { standingSchema } from "./standing.ts";
import {
  instanceSampleSchema,
  instanceStatusSchema,
  logLineSchema,
  processInfoSchema,
  systemStatsSchema,
} from "./status.ts";
import { agentRunSchema, agentTaskSchema } from "./task.ts";
import { topProcessesSchema } from "./top-processes.ts";

const desiredServiceSchema = z.object({
  /** Every default filled in, the restart policy too. */
  spec: serviceSpecSchema,
  revision: z.int(),
  desired: desiredStateSchema,
  stopped_instances: stoppedInstancesSchema,
});
/** One service as an agent should have it. */
export type DesiredService = z.infer<typeof desiredServiceSchema>;

/** By name. null: the hub has not heard of it since its own start; what was told before goes on to count. */
const standingsSchema = z.record(z.string(), standingSchema.nullable());

const actResultSchema = z.object({
  /** refused: nothing was tried. failed: it was tried and clearly did not work. */
  outcome: z.enum(["done", "failed", "refused"]),
  message: z.string(),
  /** Instances (or external processes) the act touched. */
  count: z.int(),
});
export type ActResult = z.infer<typeof actResultSchema>;

export const outputQuerySchema = z.object({
  service: nameSchema,
  index: z.int().min(0).default(0),
  limit: z.int().min(1).max(10_000).default(200),
  /** Lines older than this cursor, newest `limit` of them; without `before` and `after`: the last lines. */
  before: z.string().optional(),
  /** Lines newer than this cursor, oldest `limit` of them. */
  after: z.string().optional(),
  /** Only lines from this time on, Unix milliseconds. */
  since: z.number().optional(),
  stream: z.enum(["stdout", "stderr"]).optional(),
});
export type OutputQuery = z.infer<typeof outputQuerySchema>;

export const outputPageSchema = z.object({
  /** Oldest first. */
  lines: z.array(logLineSchema),
  /** There are older lines than the first one. */
  more_before: z.boolean(),
  /** There are newer lines than the last one. */
  more_after: z.boolean(),
  /** Lines dropped by the quota since the service was defined. */
  dropped: z.int(),
});
export type OutputPage = z.infer<typeof outputPageSchema>;

export const externalProcessSchema = processInfoSchema.extend({
  argv: z.array(z.string()),
  working_dir: z.string().nullable(),
  ports: z.array(z.int()),
  /** Set when this process may not be touched: an ancestor of ours, a shim, another user's. */
  refused: z.string().nullable(),
  /** The service that already runs or matches it, if one does. */
  service: z.string().nullable(),
});
/** A process that something else started. */
export type ExternalProcess = z.infer<typeof externalProcessSchema>;

export const listenerSchema = z.object({
  port: z.int(),
  address: z.string(),
  family: z.enum(["ipv4", "ipv6"]),
  pid: z.int().nullable(),
  command: z.string().nullable(),
  /** The service whose process tree holds the socket. */
  service: z.string().nullable(),
});
/** A listening TCP socket of this machine. */
export type Listener = z.infer<typeof listenerSchema>;

export const specProblemSchema = z.object({
  path: z.string(),
  message: z.string(),
  /** error: it cannot start like this. warning: it may not do what is meant. */
  severity: z.enum(["error", "warning"]),
});
export type SpecProblem = z.infer<typeof specProblemSchema>;

export const tryResultSchema = z.object({
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  /** It still ran when the time was over (and was then ended), which for a service is good news. */
  still_running: z.boolean(),
  output: z.array(z.string()),
  duration_ms: z.number(),
});
export type TryResult = z.infer<typeof tryResultSchema>;

export const adoptionSchema = z.object({
  /** A definition made from the process: argv, directory, environment (what differs from a login's), keywords, ports. */
  spec: z.record(z.string(), z.unknown()),
  process: externalProcessSchema,
  warnings: z.array(z.string()),
});
export type Adoption = z.infer<typeof adoptionSchema>;

/** What the hub can ask of an agent. */
export const agentMethods = {
  /** The whole desired state of this server; what is not in it any more is stopped and forgotten. Kept on the agent's disk. */
  apply: {
    params: z.object({
      services: z.array(desiredServiceSchema),
      /** Left out by hubs that know of no tasks: then those that the agent has stay. */
      tasks: z.array(agentTaskSchema).optional(),
      /** As `set_standings`. Left out by hubs that know of no dependencies. */
      standings: standingsSchema.optional(),
      update_interval_ms: z.number(),
    }),
    /** Services that this machine could not take over, each for a reason in its log; all others are. Absent: an older agent. */
    result: z.object({ failed: z.array(z.string()).optional() }),
  },
  /** Adds, replaces or re-desires one service without the rest, and lets it meet its desired state; answers when kept, not when running. */
  set: { params: z.object({ service: desiredServiceSchema }), result: z.object({}) },
  /**
   * How services stand that run elsewhere and that services of this server depend on: all of them, by name. Kept, so that what was
   * told last counts while the hub is away.
   */
  set_standings: { params: z.object({ standings: standingsSchema }), result: z.object({}) },
  /** Stops one service, forgets it and its output. */
  remove: { params: z.object({ service: z.string(), by: z.string() }), result: actResultSchema },
  /**
   * Starts, stops, restarts, kills or reloads. `service` is what is desired from this act on: kept on the agent's disk first, then taken
   * over and acted on in one step, so that nothing else acts on the wish before. Answers when it is done or has clearly failed: a
   * start is done when the process lives (exec succeeded and it did not end within 200 ms), a stop when nothing of it is left,
   * a reload when the signal is sent.
   */
  act: {
    params: z.object({
      service: desiredServiceSchema,
      action: serviceActionSchema,
      /** One instance; null: all of them. */
      index: z.int().nullable(),
      /** Who asked, as in `Principal.name`. */
      by: z.string(),
    }),
    result: actResultSchema,
  },
  /** Everything observed now. */
  snapshot: {
    params: z.object({}),
    result: z.object({ instances: z.array(instanceStatusSchema), system: systemStatsSchema.nullable() }),
  },
  read_output: { params: outputQuerySchema, result: outputPageSchema },
  /** Sends `output` notices for new lines until unfollowed; `after` replays from a cursor first. */
  follow_output: {
    params: z.object({
      subscription: z.string(),
      service: z.string(),
      index: z.int().nullable(),
      after: z.string().optional(),
    }),
    result: z.object({}),
  },
  unfollow_output: { params: z.object({ subscription: z.string() }), result: z.object({}) },
  /** The process tree of a service, fresh. */
  processes: { params: z.object({ service: z.string() }), result: z.object({ processes: z.array(processInfoSchema) }) },
  /** Ports that the service's whole process tree listens on, fresh. */
  scan_ports: { params: z.object({ service: z.string() }), result: z.object({ detected_ports: z.array(z.int()) }) },
  /** The checks of a service's instances with their last results; of one, or of all. */
  check_results: {
    params: z.object({ service: z.string(), index: z.int().nullable() }),
    result: z.object({ checks: z.array(checkHistorySchema) }),
  },
  listeners: { params: z.object({}), result: z.object({ listeners: z.array(listenerSchema) }) },
  /** Dry run of keywords; or, with none, all processes that could be adopted. */
  match: {
    params: z.object({ keywords: z.array(z.string()) }),
    result: z.object({ processes: z.array(externalProcessSchema), total: z.int() }),
  },
  /** Reads a foreign process into a definition; `create_time` guards against a recycled pid. */
  describe_process: { params: z.object({ pid: z.int(), create_time: z.number() }), result: adoptionSchema },
  /** What this machine thinks of a definition: directory, user, command, env_file, limits, ports. */
  check_spec: {
    params: z.object({ spec: serviceSpecSchema }),
    result: z.object({ problems: z.array(specProblemSchema) }),
  },
  /** Runs a definition's command for a moment, under its user, directory and environment, and ends it. */
  try_command: {
    params: z.object({ spec: serviceSpecSchema, seconds: z.number().min(0.1).max(30) }),
    result: tryResultSchema,
  },
  /**
   * Begins a remote command, at most once for its id however often it is sent; answers when it is noted on disk and begun, or
   * refused. How it ends is an entry of the journal; its output comes as notices before.
   */
  command: {
    params: agentCommandSchema,
    result: z.object({ accepted: z.boolean(), message: z.string() }),
  },
  /** Ends a running command with all it started; what is not running (any more) is left alone. */
  cancel_command: { params: z.object({ id: z.string() }), result: z.object({}) },
  /** Adds or replaces one task; answers when it is kept. What was due before is never made up for. */
  set_task: { params: z.object({ task: agentTaskSchema }), result: z.object({}) },
  /** Forgets one task; a run of it that has begun goes on. */
  remove_task: { params: z.object({ task: z.string() }), result: z.object({}) },
  /**
   * Runs a task now, at most once for this id; answers when it is noted on disk and begun, or refused. `due_at`: for this time, which
   * was missed; where a run for it has begun, none begins again, and one after the other. Agents of older releases run it as of now.
   */
  run_task: {
    params: z.object({
      task: z.string(),
      id: z.string().max(128),
      by: z.string(),
      due_at: isoTimeSchema.optional(),
    }),
    result: z.object({ accepted: z.boolean(), message: z.string() }),
  },
} as const;

/** What an agent tells without being asked. */
export const agentNotices = {
  /** Instances whose state, pid or reason changed: whole rows. `removed` are gone from this server. */
  instances: z.object({
    changed: z.array(instanceStatusSchema),
    removed: z.array(z.object({ service: z.string(), index: z.int() })),
  }),
  /**
   * Each sampling interval: the machine, a sample of each instance that runs, and fresh rows (CPU, memory, processes, ports) of
   * those that read otherwise than at the sample before.
   */
  samples: z.object({
    at: z.number(),
    system: systemStatsSchema,
    instances: z.array(instanceStatusSchema),
    samples: z.array(instanceSampleSchema),
    /** The machine's metrics by name (metrics.ts), and how many were left out because a server may have 512. */
    values: z.record(z.string(), z.number()),
    left_out: z.int(),
  }),
  event: eventSchema,
  /** Once a minute: what took most. */
  top: topProcessesSchema,
  /** What a running command prints. */
  command_output: commandOutputSchema,
  /** How a command ended. */
  command: commandResultSchema,
  /** A run that began, changed or ended, or did not happen. */
  run: agentRunSchema,
  /** What a running task prints. */
  run_output: commandOutputSchema,
  output: z.object({ subscription: z.string(), service: z.string(), index: z.int(), lines: z.array(logLineSchema) }),
} as const;

type Methods = typeof agentMethods;
type Notices = typeof agentNotices;

/** Names of what a hub can ask. */
export type AgentMethod = keyof Methods;
/** Parameters of a method, defaults filled in. */
export type AgentParams<M extends AgentMethod> = z.infer<Methods[M]["params"]>;
/** Answer of a method. */
export type AgentResult<M extends AgentMethod> = z.infer<Methods[M]["result"]>;
/** A notice with its name. */
export type AgentNotice = { [N in keyof Notices]: { notice: N; data: z.infer<Notices[N]> } }[keyof Notices];

/**
 * One handler for each method: an agent that lacks one does not compile. They reject with `TailherdError` (`not_found` for what is
 * not there).
 */
export type AgentHandlers = {
  [M in AgentMethod]: (params: AgentParams<M>, signal: AbortSignal) => Promise<AgentResult<M>>;
};

/** Who an agent is to the hub; made once and kept in the agent's directory. */
export const serverIdentitySchema = z.object({
  id: z.uuid(),
  name: z.string().min(1).max(253),
  created_at: isoTimeSchema,
});
export type ServerIdentity = z.infer<typeof serverIdentitySchema>;
