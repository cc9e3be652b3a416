// Wires what schedules and runs tasks on this server.
import { join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import { MIB } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import type { WishAction } from "../../contract/operations.ts";
import type { AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Journal } from "../journal/journal.ts";
import type { Notices } from "../notices.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { Pace } from "../supervisor/pace.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { RunNotes } from "./run-notes.ts";
import { Runs } from "./runs.ts";
import { Scheduler } from "./scheduler.ts";
import { TaskStore } from "./task-store.ts";
import { TaskWishes } from "./task-wishes.ts";

/** Beginning a process takes about a millisecond; between so many of them others are heard. */
const BEGIN_PER_TURN = 10;

export interface TaskTools {
  agentDir: string;
  serverId: string;
  facts: { locked: boolean; allow_run: boolean };
  supervisor: Pick<Supervisor, "definitions">;
  journal: Journal;
  notices: Notices;
  /** Acts on a service of this server. */
  act: (service: string, action: WishAction, by: string) => Promise<ActResult>;
  table: ProcessTable;
  clock: Clock;
  logger: Logger;
}

/** Entries of the journal that are looked through for a run, and their bytes. */
const MOST_UNTOLD = 1000;
const UNTOLD_BYTES = 64 * MIB;

/** The tasks of this server, in hand. */
export interface Tasks {
  tasks: TaskStore;
  scheduler: Scheduler;
  wishes: TaskWishes;
  /** Begins to fire what is due. */
  start(): void;
  close(): Promise<void>;
}

export async function openTasks(tools: TaskTools): Promise<Tasks> {
  const { agentDir, serverId, supervisor, journal, notices, table, clock, logger } = tools;
  const tasks = new TaskStore({ agentDir, clock, logger });
  await tasks.open();
  const wishes = new TaskWishes({ agentDir, journal, clock, logger });
  await wishes.open();
  const notes = await RunNotes.open(join(agentDir, "scheduler"), clock, logger);
  const runs = new Runs({
    notes,
    serverId,
    table,
    clock,
    logger,
    random: Math.random,
    pace: new Pace(BEGIN_PER_TURN),
    tell: (notice) => notices.send(notice),
    refusal: (task) => refusalOf(task, supervisor, tools.facts),
    untold: (task, dueAt) => isUntold(journal, task, dueAt),
    async act(service, action, by) {
      const acting = tools.act(service, action, by);
      // The act takes any older wish for the hub's; this one is ours until the hub has heard of it.
      if (action !== "restart") await wishes.put(service, action === "stop" ? "stopped" : "running");
      return await acting;
    },
  });
  const scheduler = new Scheduler({ tasks, notes, runs, clock, logger });
  let unfinished: Promise<void> = Promise.resolve();
  return {
    tasks,
    scheduler,
    wishes,
    start() {
      // Not waited for: what cannot be ended at once must not hold up the services.
      unfinished = runs.tellUnfinished();
      scheduler.start();
    },
    async close() {
      scheduler.close();
      await runs.close();
      await unfinished;
      await Promise.all([notes.close(), wishes.close(), tasks.close()]);
    },
  };
}

/** Does the journal tell of a run for this time that the hub has not confirmed? undefined where there is too much to look through. */
function isUntold(
  journal: Pick<Journal, "newest" | "confirmed" | "read">,
  task: string,
  dueAt: string,
): boolean | undefined {
  if (journal.newest - journal.confirmed > MOST_UNTOLD) return undefined;
  const entries = journal.read(journal.confirmed, MOST_UNTOLD, UNTOLD_BYTES);
  if (entries.length > 0 && entries.at(-1)?.seq !== journal.newest) return undefined;
  // The last word on it: one whose turn never came is told as waiting, then as skipped.
  const last = entries
    .flatMap((entry) => (entry.kind === "run" ? [entry.run] : []))
    .findLast((run) => run.task === task && run.due_at === dueAt && run.trigger !== "manual");
  return last !== undefined && last.outcome !== "skipped";
}

/** Why a task cannot be run here now, if it cannot. */
function refusalOf(
  { action, service_name }: AgentTask,
  supervisor: Pick<Supervisor, "definitions">,
  { locked, allow_run }: TaskTools["facts"],
): string | undefined {
  if (action === "command") {
    if (locked) return "this agent is locked, and runs only what its own file declares";
    return allow_run ? undefined : "this agent was started without --allow-run";
  }
  const definition = supervisor.definitions().find(({ spec }) => spec.name === service_name);
  if (definition === undefined) return `this server has no service "${service_name ?? ""}"`;
  if (definition.refused !== undefined) return definition.refused;
  if (action !== "restart" || definition.desired === "running") return undefined;
  return `"${definition.spec.name}" is stopped: a restart is for what should run`;
}
