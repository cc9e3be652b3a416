// What an agent keeps of an instance for the agent after it (the state files in its run directory).
import { readdirSync } from "node:fs";
import { z } from "zod";
import { SECOND } from "../../base/units.ts";
import { checkStateSchema } from "../../contract/check-status.ts";
import { portSchema } from "../../contract/names.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import { socketsSchema } from "../../contract/sockets.ts";
import { exitCauseSchema, exitRecordSchema, instanceStateSchema } from "../../contract/status.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { NOTHING_HELD } from "./held-sockets.ts";
import { type ProcessIdentity, RunDirectory } from "./run-directory.ts";

const identitySchema = z.object({ pid: z.int(), startTicks: z.int(), bootId: z.string() });

const runSchema = z.object({
  generation: z.int(),
  /** What it was started from; the saved definition may be newer. */
  revision: z.int(),
  spec: serviceSpecSchema,
  /** A shell stays between us and the program. */
  wrapped: z.boolean(),
  /** When the shim was given the order, Unix milliseconds. */
  launchedAt: z.number(),
  /** Counter of out-of-memory kills before it. */
  oomBefore: z.int(),
  /** Known once the launch told it. */
  process: identitySchema.nullable(),
  /**
   * Milliseconds between the birth of that process and the order: it may be a fork of the shim that waited for it (decision 0013), for
   * hours where the generation before had ended for good.
   */
  waited: z.number().default(0),
  /** The pre_start hook is done, or there was none. */
  hookDone: z.boolean(),
  /** It has lived for a moment: what ends now has not failed to start. */
  proven: z.boolean().default(true),
  /** What its environment told of sd_notify (null: nothing): its socket, and the seconds within which it has to ping, if it has. */
  notify: z.object({ watchdog: z.number().nullable() }).nullable().default(null),
  /** Its environment told it its heartbeat URL, at this port; null: it did not. */
  beat: z.object({ port: portSchema }).nullable().default(null),
});
/** One generation, from the order to start it until its end has been dealt with. */
export type Run = z.infer<typeof runSchema>;

/** How long a process had been there when the order for this run was given, milliseconds. */
export function waitedFor(
  { launchedAt }: Pick<Run, "launchedAt">,
  { startTicks }: ProcessIdentity,
  table: ProcessTable,
): number {
  return Math.max(0, launchedAt - table.createTime(startTicks) * SECOND);
}

const endingSchema = z.object({
  generation: z.int(),
  /** Unix milliseconds; null when it never began. */
  startedAt: z.number().nullable(),
  endedAt: z.number(),
  by: z.string().nullable(),
  /** Bytes at the last sample. */
  memory: z.number().nullable(),
  cause: exitCauseSchema,
  code: z.int().nullable(),
  signal: z.string().nullable(),
  message: z.string(),
});
/** A generation that ended, or never began, before its last lines are known. */
export type EndedRun = z.infer<typeof endingSchema>;

/** The last ends of an instance. */
export const endsSchema = z.object({
  /** As in the record. */
  birth: z.string(),
  /** Oldest first. */
  ends: z.array(exitRecordSchema),
});

const keptChecksSchema = z.object({
  started: z.boolean(),
  checks: z.array(
    z.object({ name: z.string(), state: checkStateSchema, reason: z.string().nullable(), since: z.number() }),
  ),
});

const saidSchema = z.object({
  ready: z.boolean(),
  passage: z.enum(["reloading", "stopping"]).nullable(),
  triggered: z.boolean(),
  status: z.string().nullable(),
});

export const instanceRecordSchema = z.object({
  service: z.string(),
  index: z.int(),
  /** Tells this run directory from one of the same name before it; part of event ids. */
  birth: z.string(),
  bootId: z.string(),
  generation: z.int(),
  run: runSchema.nullable(),
  state: instanceStateSchema,
  reason: z.string().nullable(),
  since: z.number(),
  restartCount: z.int(),
  history: z.object({
    starts: z.array(z.number()),
    inARow: z.int(),
    rowSince: z.number().nullable(),
    throttled: z.boolean(),
  }),
  nextStartAt: z.number().nullable(),
  /** The shim, in case that what it told of itself is damaged. */
  shim: identitySchema.extend({ version: z.int() }).nullable().default(null),
  /** cgroup directories that the shim entered. */
  joins: z.array(z.string()),
  /** Sockets that it holds. */
  holding: z.object({ sockets: socketsSchema, shared: z.boolean() }).default(NOTHING_HELD),
  lastExit: exitRecordSchema.nullable(),
  /** Ends that have been dealt with, but whose output had not been read yet. */
  endings: z.array(endingSchema).default([]),
  /** What was thought of its checks. */
  checks: keptChecksSchema.nullable().default(null),
  /** What this run has said by sd_notify. */
  said: saidSchema.nullable().default(null),
  /** By which calls of its heartbeat URL are known; for nobody but its environment. */
  heartbeatSecret: z.string().nullable().default(null),
});
export type InstanceRecord = z.infer<typeof instanceRecordSchema>;

/** The record of a run directory; undefined when there is none, or it is damaged, which is told to the logger. */
export function readRecord(directory: RunDirectory, logger: Logger): InstanceRecord | undefined {
  const read = directory.state.read();
  if (read.outcome === "none") return undefined;
  const parsed = read.outcome === "read" ? instanceRecordSchema.safeParse(read.record) : undefined;
  if (parsed?.success === true) return parsed.data;
  logger.warn({ directory: directory.path }, "the instance's state is damaged; the shim's files are used instead");
  return undefined;
}

/** The records of all run directories that can be read. */
export function readRecords(runRoot: string, logger: Logger): InstanceRecord[] {
  return readdirSync(runRoot).flatMap((key) => readRecord(new RunDirectory(runRoot, key), logger) ?? []);
}
