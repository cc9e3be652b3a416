// Runs of tasks, from the moment they are due:
//
//   due ──noted on disk──► waiting (jitter, the run before it) ──► running ──► done | failed
//    │                                                 ▲              │
//    │                                                 └─ next attempt┘
//    └──overlap, not allowed, not there──► skipped          the agent dies ──► unknown, told at its next start; skipped, where its
//                                                                               turn behind the run before it had not come
import { SECOND } from "../../base/units.ts";
import type { AgentNotice } from "../../contract/agent.ts";
import type { AgentRun, AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import { dueRunId } from "../../runtime/run-id.ts";
import { OutputTeller } from "../commands/command-output.ts";
import { endLeftovers } from "../commands/run-argv.ts";
import type { Pace } from "../supervisor/pace.ts";
import { systemWords } from "../supervisor/system-words.ts";
import { type AttemptEnd, type AttemptTools, pause, reasonOf, runAttempts } from "./attempts.ts";
import type { RunNotes } from "./run-notes.ts";

/** Of one task at the same time, where its overlap is allowed. */
const MOST_AT_ONCE = 100;
/** Milliseconds that the kernel may take to end what was left by an agent that died. */
const LEFTOVERS_TIME = 5000;

export interface RunsOptions extends AttemptTools {
  notes: RunNotes;
  serverId: string;
  logger: Logger;
  tell: (notice: AgentNotice) => void;
  /** So many begin in a turn of the loop. */
  pace: Pace;
  /** Why a task cannot be run here now, if it cannot. */
  refusal: (task: AgentTask) => string | undefined;
  /** Is a run for this time among what the hub has not confirmed yet? undefined: that is too much to look through. */
  untold: (task: string, dueAt: string) => boolean | undefined;
}

/** Why it is run now. */
export interface Occasion {
  due: number;
  trigger: AgentRun["trigger"];
  /** Who asked, where somebody did. */
  by: string | null;
  /** Of a run that somebody asked for; the others' are made from what they are. */
  id?: string;
}

interface Active {
  run: AgentRun;
  cancel: AbortController;
  ended: Promise<void>;
  /** Waits for another one to end. */
  queued: boolean;
  /** Seconds by which other servers begin before. */
  turn: number;
}

export class Runs {
  private readonly options: RunsOptions;
  /** By task, in the order in which they came. */
  private readonly active = new Map<string, Set<Active>>();
  private closing = false;

  constructor(options: RunsOptions) {
    this.options = options;
  }

  /** Tells what the agent before left: nobody knows how it ended, so it is not begun again, and what still runs of it is ended. */
  async tellUnfinished(): Promise<void> {
    const { notes, table, clock, logger } = this.options;
    const left = notes.unfinished;
    const queued = left.filter(({ id }) => notes.isQueued(id));
    const begun = left.filter(({ id }) => !notes.isQueued(id));
    // At once: from now on they can be asked for again.
    const noted = queued.map((run) => {
      const ended_at = new Date(clock.now()).toISOString();
      this.tell({ ...run, outcome: "skipped", ended_at, reason: "the agent ended before its turn came" });
      return notes.end(run.id, false);
    });
    await Promise.all(noted);
    for (const run of begun) {
      if (this.closing) return;
      const ended_at = new Date(clock.now()).toISOString();
      const reason = "the agent ended while it ran: nobody knows how far it came; what was left of it is ended";
      this.tell({ ...run, outcome: "unknown", ended_at, reason });
      if (run.action === "command" && !(await endLeftovers(run.id, table, clock, LEFTOVERS_TIME))) {
        logger.error({ task: run.task, run: run.id }, "processes of a task cannot be ended");
      }
      await notes.end(run.id);
    }
  }

  /** Has a run begun for a time at which it was due? "untold": nobody can say yet. */
  hasBegun(task: string, due: number): "begun" | "untold" | "no" {
    const dueAt = new Date(due).toISOString();
    if (this.options.notes.hasDue(task, dueAt)) return "begun";
    const untold = this.options.untold(task, dueAt);
    if (untold === undefined) return "untold";
    return untold ? "begun" : "no";
  }

  /** Runs it, or tells why not. Answers the refusal in words, once it is clear that it begins or not. */
  async fire(task: AgentTask, occasion: Occasion): Promise<string | undefined> {
    const run = this.runOf(task, occasion);
    const { notes } = this.options;
    if (notes.has(run.id)) return undefined;
    const refusal = this.closing ? "the agent ends" : (this.options.refusal(task) ?? this.overlaps(task, occasion));
    if (refusal !== undefined) {
      // Whoever asked is told by the answer.
      if (occasion.by === null) this.skip(run, refusal);
      return refusal;
    }
    const before = [...this.of(task.name)];
    const waits = occasion.trigger === "catch_up" || task.overlap === "queue" || task.overlap === "replace";
    const cancel = new AbortController();
    const ended = Promise.withResolvers<void>();
    const turn = occasion.trigger === "schedule" ? (task.offset ?? 0) : 0;
    const active: Active = { run, cancel, ended: ended.promise, queued: waits && before.length > 0, turn };
    this.of(task.name).add(active);
    if (task.overlap === "replace") {
      // Those that are caught up with run one after the other all the same.
      const replaced =
        occasion.trigger === "catch_up" ? before.filter((each) => each.run.trigger !== "catch_up") : before;
      for (const each of replaced) each.cancel.abort(new Error(`the run due at ${run.due_at} replaces it`));
    }
    try {
      await notes.begin(run, active.queued || turn > 0);
    } catch (error) {
      this.of(task.name).delete(active);
      ended.resolve();
      const words = `this server cannot note it on its disk (${systemWords(error)})`;
      this.skip(run, words);
      return words;
    }
    void this.carryOut(task, active, waits ? before : []).finally(() => {
      this.of(task.name).delete(active);
      ended.resolve();
    });
    return undefined;
  }

  /** Tells of times that passed without a run. */
  missed(task: AgentTask, missed: { due: number; count: number; reason: string }): void {
    const run = this.runOf(task, { due: missed.due, trigger: "schedule", by: null });
    if (!this.options.notes.has(run.id)) this.skip({ ...run, missed: missed.count }, missed.reason);
  }

  /** Nothing begins any more; commands that run are ended, and told as such. */
  async close(): Promise<void> {
    this.closing = true;
    const all = [...this.active.values()].flatMap((runs) => [...runs]);
    for (const { cancel } of all) cancel.abort(new Error("the agent ended"));
    // Acts on services may take as long as their grace: they are told as unknown at the next start.
    await Promise.all(all.filter(({ run }) => run.action === "command").map(({ ended }) => ended));
  }

  private async carryOut(task: AgentTask, active: Active, before: readonly Active[]): Promise<void> {
    const { clock, notes, logger, random, pace } = this.options;
    const { cancel } = active;
    const end = async (change: Partial<AgentRun>): Promise<void> => {
      active.run = { ...active.run, ...change, ended_at: new Date(clock.now()).toISOString() };
      this.tell(active.run);
      await notes.end(active.run.id, active.run.outcome !== "skipped");
    };
    const { queued, turn } = active;
    try {
      if (queued) {
        this.change(active, { outcome: "waiting", reason: "the run before it has not ended" });
        await Promise.race([Promise.all(before.map(({ ended }) => ended)), abortOf(cancel.signal)]);
        active.queued = false;
      }
      if (turn > 0) await this.takeTurn(active);
      if (task.jitter > 0) await pause(random() * task.jitter * SECOND, clock, cancel.signal);
      if (cancel.signal.aborted) return await end({ outcome: "skipped", reason: reasonOf(cancel.signal) });
      await pace.take();
      if (queued || turn > 0) {
        const refused = await this.goes(active.run.id);
        if (refused !== undefined) return await end({ outcome: "skipped", reason: refused });
      }
      await this.run(task, active, end);
    } catch (error) {
      logger.error({ error: String(error), task: task.name }, "cannot run a task");
      await end({ outcome: "failed", reason: "something of ours broke" });
    }
  }

  /** Waits until those before have had theirs. */
  private async takeTurn(active: Active): Promise<void> {
    const { clock } = this.options;
    const left = Date.parse(active.run.due_at) + active.turn * SECOND - clock.now();
    if (left <= 0) return;
    this.change(active, { outcome: "waiting", reason: `its turn is ${active.turn} s after it was due` });
    await pause(left, clock, active.cancel.signal);
  }

  /** Notes that its turn has come: until then it is known not to have happened. Answers why it must not happen. */
  private async goes(id: string): Promise<string | undefined> {
    try {
      await this.options.notes.go(id);
      return undefined;
    } catch (error) {
      return `this server cannot note it on its disk (${systemWords(error)})`;
    }
  }

  private async run(task: AgentTask, active: Active, end: (change: Partial<AgentRun>) => Promise<void>): Promise<void> {
    const { clock, tell } = this.options;
    const { id } = active.run;
    const output = new OutputTeller(clock, (part) => tell({ notice: "run_output", data: { id, ...part } }));
    const news = {
      began: (attempt: number) => {
        const started_at = active.run.started_at ?? new Date(clock.now()).toISOString();
        this.change(active, { outcome: "running", started_at, attempt, reason: "" });
      },
      waits: (attempt: number, { reason }: AttemptEnd, delay: number) => {
        const again = `attempt ${attempt} failed (${reason}); the next one begins in ${Math.ceil(delay / SECOND)} s`;
        this.change(active, { outcome: "waiting", reason: again });
      },
    };
    const ended = await runAttempts(id, task, { output, news, signal: active.cancel.signal }, this.options);
    await end({ ...ended, ...output.finish() });
  }

  private overlaps(task: AgentTask, { trigger }: Occasion): string | undefined {
    const runs = [...this.of(task.name)];
    const [first] = runs;
    if (first === undefined || trigger === "catch_up") return undefined;
    if (task.overlap === "forbid") return `overlap: the run due at ${first.run.due_at} has not ended`;
    if (task.overlap === "queue" && runs.some(({ queued }) => queued)) return "overlap: another one waits already";
    return runs.length >= MOST_AT_ONCE ? `overlap: ${MOST_AT_ONCE} of it run already` : undefined;
  }

  private runOf({ name, action, service_name }: AgentTask, { due, trigger, by, id }: Occasion): AgentRun {
    const { serverId, notes } = this.options;
    const about = {
      id: id ?? dueRunId(name, due, serverId, notes.passes),
      task: name,
      action,
      service_name,
      trigger,
      by,
    };
    const times = { due_at: new Date(due).toISOString(), started_at: null, ended_at: null };
    const end = { outcome: "waiting", reason: "", attempt: 0, exit_code: null, signal: null, missed: 1 } as const;
    return { ...about, ...times, ...end, output: "", output_dropped: 0 };
  }

  private skip(run: AgentRun, reason: string): void {
    this.tell({ ...run, outcome: "skipped", reason, ended_at: new Date(this.options.clock.now()).toISOString() });
  }

  private change(active: Active, change: Partial<AgentRun>): void {
    active.run = { ...active.run, ...change };
    this.tell(active.run);
  }

  private tell(run: AgentRun): void {
    this.options.tell({ notice: "run", data: run });
  }

  private of(task: string): Set<Active> {
    const runs = this.active.get(task) ?? new Set<Active>();
    this.active.set(task, runs);
    return runs;
  }
}

/** Resolves once it was ended. */
function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
