// Remote commands: what a hub may ask a server to do once, and how it went.
import { z } from "zod";
import { nameSchema } from "./names.ts";
import { serverParamSchema, tagSchema } from "./server.ts";

/** An id is remembered by the agent for so long, and a command older than its deadline is not begun (P11). Milliseconds. */
export const COMMAND_IDS_KEPT = 24 * 3_600_000;
export const COMMAND_EXPIRES = 60_000;
/** Characters of a command's output that the hub keeps of what it is told while it runs; what is over is counted. */
export const MAX_COMMAND_OUTPUT = 1_048_576;
/** Characters of it that the result repeats, for a hub that missed some: the result has to fit into one message. */
export const MAX_RESULT_OUTPUT = 131_072;

export const commandActionSchema = z.enum(["start_service", "stop_service", "restart_service", "ping", "run"]);
export type CommandAction = z.infer<typeof commandActionSchema>;

const commandShape = {
  action: commandActionSchema,
  /** Of the three that name a service. */
  service_name: nameSchema.optional(),
  /** Of `run`: program and arguments, without a shell. */
  argv: z.array(z.string().max(32_768)).min(1).max(1024).optional(),
  /** Seconds that `run` may take; then it is killed with all it started. */
  timeout: z.number().min(0.1).max(86_400).default(60),
  /** Offline target: refused at once, or kept for so many seconds until it comes. */
  queue_for: z.number().min(0).max(86_400).default(0),
};

type CommandShape = z.infer<z.ZodObject<typeof commandShape>>;

/** What each action needs, and what it does not take. */
function checkCommand(command: CommandShape, context: z.RefinementCtx): void {
  const needsService = command.action.endsWith("_service");
  if (needsService !== (command.service_name !== undefined)) {
    const message = needsService ? `is required for ${command.action}` : `is for services, not for ${command.action}`;
    context.addIssue({ code: "custom", path: ["service_name"], message });
  }
  if ((command.action === "run") !== (command.argv !== undefined)) {
    const message = command.action === "run" ? "is required for run" : "is for run only";
    context.addIssue({ code: "custom", path: ["argv"], message });
  }
}

export const commandRequestSchema = z.strictObject(commandShape).superRefine(checkCommand);

export const commandsRequestSchema = z
  .strictObject({
    ...commandShape,
    /** Names or ids of servers. */
    servers: z.array(serverParamSchema).max(5000).default([]),
    /** Also every server that has all of these tags. */
    tags: z.array(tagSchema).max(64).default([]),
    /** At so many servers at the same time; a server that is waited for does not count. */
    width: z.int().min(1).max(1000).default(10),
    /** After so many failures (or unknown ends) nothing more is begun; null: it goes on. */
    stop_after_failures: z.int().min(1).nullable().default(null),
  })
  .superRefine((command, context) => {
    checkCommand(command, context);
    if (command.servers.length + command.tags.length > 0) return;
    context.addIssue({ code: "custom", path: ["servers"], message: "must name servers, or tags that they have" });
  });

/** What the agent gets. */
export const agentCommandSchema = z.object({
  id: z.string().max(64),
  action: commandActionSchema,
  service_name: z.string().nullable(),
  argv: z.array(z.string()).nullable(),
  timeout: z.number(),
  /** Milliseconds from its arrival in which it has to begin: clocks of hub and agent may differ. */
  expires_in: z.number(),
  by: z.string(),
});
export type AgentCommand = z.infer<typeof agentCommandSchema>;

export const commandResultSchema = z.object({
  id: z.string(),
  /** done: it ran (whatever its exit code). failed: it did not work. refused: not begun. unknown: the agent died while it ran. */
  outcome: z.enum(["done", "failed", "refused", "unknown"]),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string(),
  /** The last of stdout and stderr as they came, at most MAX_RESULT_OUTPUT characters. */
  output: z.string(),
  /** Characters of output before that. */
  output_dropped: z.int(),
});
export type CommandResult = z.infer<typeof commandResultSchema>;

export const commandOutputSchema = z.object({
  id: z.string(),
  /** Characters that the command had printed before this text: what was missed shows. */
  at: z.int(),
  text: z.string(),
});
export type CommandOutput = z.infer<typeof commandOutputSchema>;
