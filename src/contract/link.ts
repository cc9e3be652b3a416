// The link between an agent and a hub: JSON-RPC 2.0 both ways. The hub calls `agentMethods` (agent.ts); the agent calls the methods
// here and sends `agentNotices`. On a network the agent dials `/agent`, and two messages prove who is who before anything else is
// said; in one process the same messages go from hand to hand, and nothing needs proof.
import { z } from "zod";
import { agentNotices } from "./agent.ts";
import { commandResultSchema } from "./commands.ts";
import { eventSchema } from "./events.ts";
import { instanceStatusSchema, systemStatsSchema } from "./status.ts";
import { agentRunSchema } from "./task.ts";
import { topProcessesSchema } from "./top-processes.ts";

/** Path of the hub that agents dial. */
export const LINK_PATH = "/agent";
/** Version of this protocol; fields are only added within one. */
export const LINK_PROTOCOL = 1;

/** Close codes of the socket, for the agent's words. */
export const LINK_CLOSED = {
  /** Key, id or signature is not right, or was taken back: dialling again does not help. */
  refused: 4001,
  /** The versions differ by more than a minor release. */
  version: 4002,
  /** Another link of the same server took this one's place. */
  replaced: 4003,
} as const;

const samplePointSchema = z.object({
  service: z.string(),
  index: z.int(),
  cpu: z.number().nullable(),
  memory: z.number().nullable(),
});

const readingSchema = z.object({
  /** By the agent's clock, Unix milliseconds. */
  at: z.number(),
  /** The machine's metrics by name (metrics.ts). */
  values: z.record(z.string(), z.number()),
  /** CPU and memory of each instance that runs. */
  samples: z.array(samplePointSchema),
});
/** What an agent measured at one time. */
export type Reading = z.infer<typeof readingSchema>;

const journalEntrySchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("event"), seq: z.int(), event: eventSchema }),
  /** A heartbeat that the hub did not confirm, told later; thinned when many are missing. */
  z.object({ kind: z.literal("reading"), seq: z.int(), reading: readingSchema }),
  z.object({ kind: z.literal("top"), seq: z.int(), top: topProcessesSchema }),
  /** How a command ended. */
  z.object({ kind: z.literal("command"), seq: z.int(), result: commandResultSchema }),
  /** A run of a task, each time that it changed. Only for hubs that take them: see the answer to `join`. */
  z.object({ kind: z.literal("run"), seq: z.int(), run: agentRunSchema }),
  /** What the journal could not keep: so many entries of the numbers before this one. */
  z.object({ kind: z.literal("dropped"), seq: z.int(), entries: z.int(), reason: z.string() }),
]);
/** One thing that an agent tells, numbered, and kept until the hub has confirmed it. */
export type JournalEntry = z.infer<typeof journalEntrySchema>;
/** The same before it has a number. */
export type JournalRecord = JournalEntry extends infer E ? (E extends unknown ? Omit<E, "seq"> : never) : never;

/** What an agent calls at the hub. */
export const hubMethods = {
  /** First: who wants in, and a nonce for the hub to sign. */
  hello: {
    params: z.object({
      protocol: z.int(),
      version: z.string().max(64),
      server_id: z.string().max(64),
      nonce: z.string().min(16).max(128),
    }),
    result: z.object({
      hub_id: z.string(),
      version: z.string(),
      nonce: z.string(),
      /** Ed25519 of `linkTranscript("hub", …)`, base64url. */
      signature: z.string(),
    }),
  },
  /** Second: the agent's signature of `linkTranscript("agent", …)`, and what it is. */
  join: {
    params: z.object({
      signature: z.string().max(256),
      /** Its clock, Unix milliseconds. */
      at: z.number(),
      locked: z.boolean(),
      allow_run: z.boolean(),
      /** Names the journal: a new one begins again at 1. */
      journal: z.string().max(64),
    }),
    result: z.object({
      /** What the hub has of that journal: nothing up to here needs to be told again. */
      confirmed: z.int(),
      /** It takes entries `run` of the journal; hubs of before do not. */
      tasks: z.boolean().default(false),
      at: z.number(),
    }),
  },
  /** Each interval: what was measured. An unanswered one goes into the journal. */
  heartbeat: {
    params: readingSchema.extend({
      /** Milliseconds between heartbeats. */
      interval: z.number(),
      system: systemStatsSchema,
      /** Rows of instances that read otherwise than at the heartbeat before. */
      instances: z.array(instanceStatusSchema),
      /** Metrics left out because a server may have 512. */
      left_out: z.int(),
    }),
    result: z.object({ at: z.number() }),
  },
  /** Entries of the journal, in order; answered when the hub has stored them. */
  tell: {
    params: z.object({ journal: z.string().max(64), entries: z.array(journalEntrySchema).min(1).max(1000) }),
    result: z.object({ confirmed: z.int() }),
  },
} as const;

type Methods = typeof hubMethods;
/** Names of what an agent can ask. */
export type HubMethod = keyof Methods;
/** Parameters of a method. */
export type HubParams<M extends HubMethod> = z.infer<Methods[M]["params"]>;
/** Answer of a method. */
export type HubResult<M extends HubMethod> = z.infer<Methods[M]["result"]>;

/** Notices that go over the link as they are; everything else an agent tells is a heartbeat or an entry of its journal. */
export const linkNotices = {
  instances: agentNotices.instances,
  output: agentNotices.output,
  command_output: agentNotices.command_output,
  run_output: agentNotices.run_output,
} as const;

/**
 * The text that either side signs: both nonces and both names, so that a signature is good for one link of one pair only, and a
 * hub's never passes for an agent's.
 */
export function linkTranscript(
  role: "hub" | "agent",
  facts: { hubId: string; serverId: string; agentNonce: string; hubNonce: string },
): string {
  return ["tailherd link 1", role, facts.hubId, facts.serverId, facts.agentNonce, facts.hubNonce].join("\n");
}

/** Do two releases talk to each other? The same major, and at most one minor apart, either way. */
export function versionsAgree(a: string, b: string): boolean {
  const [first, second] = [a, b].map((text) => /^(\d+)\.(\d+)\.\d+/.exec(text));
  if (first == null || second == null) return false;
  return first[1] === second[1] && Math.abs(Number(first[2]) - Number(second[2])) <= 1;
}
