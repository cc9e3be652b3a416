// What a task missed on its servers, and running that after all. A run of a due time has the id that task, time and server make, and its
// agent begins none twice: however often this is asked for, each time is made up for once.
import { duesWithin } from "../../base/schedule/due.ts";
import { TailherdError } from "../../contract/errors.ts";
import { RUNS_KEPT, RUNS_KEPT_OF_TASK, type TaskMissed, type TaskRun, type TaskSpec } from "../../contract/task.ts";
import { dueRunId } from "../../runtime/run-id.ts";
import type { Agents } from "../agents/agents.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Actor, Store } from "../store/store.ts";
import { missedTimes } from "./missed-times.ts";
import { scheduleOf, type TaskBook } from "./task-book.ts";
import { zoneOf } from "./task-places.ts";
import { type Asked, askedOf, type TaskRuns } from "./task-runs.ts";

/** Runs that are read at a time. */
const PAGE = 1000;

export interface MissedRunsParts {
  store: Store;
  tasks: TaskBook;
  agents: Agents;
  book: ServerBook;
  runs: TaskRuns;
  now: () => number;
}

/** One server's answer to "run what it missed", of one time. */
export interface AskedMissed extends Asked {
  due_at: string;
}

export class MissedRuns {
  private readonly parts: MissedRunsParts;

  constructor(parts: MissedRunsParts) {
    this.parts = parts;
  }

  /** Of the task as it is now, from `since` (Unix milliseconds) on. Rejects with `not_found`; `refused` where it does not run; `invalid` for the future. */
  async find(name: string, since: number, server: string | undefined): Promise<TaskMissed> {
    const { tasks, book, runs } = this.parts;
    const { spec } = tasks.require(name);
    const now = this.parts.now();
    if (since > now) {
      const issues = [{ path: "since", message: "must be in the past" }];
      throw new TailherdError("invalid", `Cannot say what task "${name}" missed: that time is still to come`, {
        issues,
      });
    }
    const ids = runs.placesOf(name, server);
    const known = await this.recorded(name, Math.max(since, now - RUNS_KEPT));
    const span = { after: known.since - 1, until: now, limit: Number.MAX_SAFE_INTEGER };
    const { dues } = duesWithin(scheduleOf(spec), zoneOf(spec.timezone), span);
    const servers = ids.map((id) => ({
      server_id: id,
      server: book.nameOf(id) ?? id,
      connected: book.get(id)?.connected === true,
      ...missedTimes(
        dues,
        known.runs.filter((run) => run.server_id === id),
      ),
    }));
    const total = servers.reduce((sum, each) => sum + each.total, 0);
    return { since: new Date(known.since).toISOString(), until: new Date(now).toISOString(), servers, total };
  }

  /**
   * Runs what `find` says, on each server one after the other, oldest first; answers when they are noted there. Rejects as `find`, and with
   * `agent_away` or `refused` where none was begun.
   */
  async run(name: string, since: number, server: string | undefined, actor: Actor): Promise<AskedMissed[]> {
    const { store, tasks } = this.parts;
    const missed = await this.find(name, since, server);
    const { spec } = tasks.require(name);
    const about = { servers: missed.servers.map((each) => each.server), since: missed.since };
    await store.recordAudit("task.run", name, actor, about);
    const errors: TailherdError[] = [];
    const asked = await Promise.all(
      missed.servers.map(async (place) => {
        const answers: AskedMissed[] = [];
        for (const { due_at } of place.due) {
          const answer = await this.ask(spec, place, due_at, actor);
          if (answer.error !== undefined) errors.push(answer.error);
          answers.push(answer.asked);
        }
        return answers;
      }),
    );
    const all = asked.flat();
    const [first] = errors;
    if (first !== undefined && errors.length === all.length) throw first;
    return all;
  }

  private async ask(
    spec: TaskSpec,
    { server_id, server }: { server_id: string; server: string },
    due_at: string,
    actor: Actor,
  ): Promise<{ asked: AskedMissed; error?: TailherdError }> {
    const { agents, runs } = this.parts;
    const { name: task } = spec;
    const about = { server_id, server, due_at };
    const id = dueRunId(task, Date.parse(due_at), server_id);
    try {
      const answer = await agents.call(server_id, "run_task", { task, id, by: actor.principal, due_at });
      const { accepted, message } = answer;
      if (!accepted) {
        const error = new TailherdError("refused", `Cannot run task "${task}" for ${due_at}: ${message}`);
        return { asked: { ...about, run_id: null, message }, error };
      }
      const run = askedOf(spec, { id, trigger: "catch_up", by: actor.principal, due_at });
      await runs.note([{ ...run, server_id, server }]);
      return { asked: { ...about, run_id: id, message } };
    } catch (error) {
      if (!(error instanceof TailherdError)) throw error;
      return { asked: { ...about, run_id: null, message: error.message }, error };
    }
  }

  /** What is on record of a task from `since` on; from later on where no more is kept. */
  private async recorded(task: string, since: number): Promise<{ since: number; runs: TaskRun[] }> {
    const runs: TaskRun[] = [];
    for (let before: string | undefined; ;) {
      const page = await this.parts.store.listRuns({ task, limit: PAGE, before });
      runs.push(...page.runs);
      const oldest = Date.parse(runs.at(-1)?.due_at ?? "");
      if (oldest < since) return { since, runs };
      if (page.next === null) return { since: runs.length < RUNS_KEPT_OF_TASK ? since : oldest, runs };
      before = page.next;
    }
  }
}
