// What becomes of tasks: runs that agents tell, what they print meanwhile, and runs that somebody asks for now.
import { TailText } from "../../base/tail-text.ts";
import type { CommandOutput } from "../../contract/commands.ts";
import { TailherdError } from "../../contract/errors.ts";
import { type AgentRun, MAX_RUN_OUTPUT, type TaskRunDetail, type TaskSpec } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { ServerBook } from "../agents/server-book.ts";
import type { Announcer } from "../services/announcer.ts";
import type { Deployment } from "../services/deployment.ts";
import type { ServiceActs } from "../services/service-acts.ts";
import type { Actor, Store } from "../store/store.ts";
import type { TaskBook } from "./task-book.ts";

export interface TaskRunsParts {
  store: Store;
  tasks: TaskBook;
  agents: Agents;
  book: ServerBook;
  deployment: Deployment;
  /** Set where acts are made, which need what is made before this. */
  acts: () => Pick<ServiceActs, "wishFor">;
  announcer: Announcer;
  logger: Logger;
  now: () => number;
}

/** Output of so many runs is followed at the same time; of others the end is known when they end. */
const MOST_PRINTING = 2000;

/** One server's answer to "run it now". */
export interface Asked {
  server_id: string;
  server: string;
  /** Null where it was not begun; `message` says why. */
  run_id: string | null;
  message: string;
}

export class TaskRuns implements Disposable {
  private readonly parts: TaskRunsParts;
  /** What running ones printed so far, by server and id. */
  private readonly printed = new Map<string, TailText>();

  /** Wishes of tasks that agents have told, and may not know yet to be known. */
  private adopted: { service: string; serverId: string }[] = [];
  private readonly listening: Disposable;

  constructor(parts: TaskRunsParts) {
    this.parts = parts;
    this.listening = parts.agents.heard.on((serverId) => this.confirmed(serverId));
  }

  [Symbol.dispose](): void {
    this.listening[Symbol.dispose]();
  }

  /** A run of an agent's journal; resolves when it is stored with what it wishes of its service. */
  async take(serverId: string, told: AgentRun): Promise<void> {
    const { tasks, book, store } = this.parts;
    // Deleted meanwhile, and its history with it.
    if (tasks.get(told.task) === undefined) return;
    const run = this.detailOf(serverId, book.nameOf(serverId) ?? serverId, told);
    const known = await store.getRun(told.task, told.id);
    // Once, when it is first heard that it began.
    if (known === undefined || known.started_at === null) await this.adoptWish(serverId, told);
    await this.note([run]);
    if (told.ended_at !== null) this.printed.delete(keyOf(serverId, told.id));
  }

  /** What a running one printed; it may come before it is stored that it runs. */
  hear(serverId: string, { id, at, text }: CommandOutput): void {
    const key = keyOf(serverId, id);
    const tail = this.printed.get(key) ?? new TailText(MAX_RUN_OUTPUT);
    if (!this.printed.has(key) && this.printed.size >= MOST_PRINTING) return;
    this.printed.set(key, tail);
    if (at > tail.total) tail.skip(at - tail.total);
    tail.add(text.slice(Math.max(0, tail.total - at)));
  }

  /** Throws `not_found`. */
  async read(task: string, id: string): Promise<TaskRunDetail> {
    this.parts.tasks.require(task);
    const run = await this.parts.store.getRun(task, id);
    if (run === undefined) throw new TailherdError("not_found", `There is no run ${id} of task "${task}"`);
    const tail = run.ended_at === null ? this.printed.get(keyOf(run.server_id, id)) : undefined;
    return tail === undefined ? run : { ...run, output: tail.text, output_dropped: tail.dropped };
  }

  /** Runs a task now on all its servers, or one. Rejects with `not_found`; `agent_away` or `refused` where none began. */
  async runNow(name: string, server: string | undefined, actor: Actor): Promise<Asked[]> {
    const { tasks, book, store } = this.parts;
    const { spec } = tasks.require(name);
    const ids = this.placesOf(name, server);
    await store.recordAudit("task.run", name, actor, { servers: ids.map((id) => book.nameOf(id) ?? id) });
    const errors: TailherdError[] = [];
    const asked = await Promise.all(
      ids.map(async (id): Promise<Asked> => {
        const about = { server_id: id, server: book.nameOf(id) ?? id };
        try {
          const run_id = crypto.randomUUID();
          const { accepted, message } = await this.parts.agents.call(id, "run_task", {
            task: name,
            id: run_id,
            by: actor.principal,
          });
          const due_at = new Date(this.parts.now()).toISOString();
          const run = askedOf(spec, { id: run_id, trigger: "manual", by: actor.principal, due_at });
          if (accepted) await this.note([{ ...run, ...about }]);
          else errors.push(new TailherdError("refused", `Cannot run task "${name}": ${message}`));
          return { ...about, run_id: accepted ? run_id : null, message };
        } catch (error) {
          if (!(error instanceof TailherdError)) throw error;
          errors.push(error);
          return { ...about, run_id: null, message: error.message };
        }
      }),
    );
    const [first] = errors;
    if (first !== undefined && errors.length === asked.length) throw first;
    return asked;
  }

  /** From now on the agent takes the hub's word for them again, which may by now be another one. */
  private confirmed(serverId: string): void {
    const mine = this.adopted.filter((each) => each.serverId === serverId);
    if (mine.length === 0) return;
    this.adopted = this.adopted.filter((each) => each.serverId !== serverId);
    const { deployment, logger } = this.parts;
    for (const service of new Set(mine.map((each) => each.service))) {
      deployment.tellAgain(service, serverId).catch((error: unknown) => {
        logger.debug({ err: error, service }, "An agent is told what is wished when it comes back");
      });
    }
  }

  /** Ids of the servers that somebody may have it run on: all that it is on, or one. Throws `not_found`; `refused` where it is on none. */
  placesOf(name: string, server: string | undefined): string[] {
    const { tasks, book } = this.parts;
    const all = tasks.serversOf(tasks.require(name).spec);
    const ids = server === undefined ? all : [book.require(server).id].filter((id) => all.includes(id));
    if (ids.length > 0) return ids;
    const where = server === undefined ? "on no server" : `not on ${server}`;
    throw new TailherdError("refused", `Cannot run task "${name}": it runs ${where}`);
  }

  /** Stores what is known of runs, and tells everybody who looks. */
  async note(runs: TaskRunDetail[]): Promise<void> {
    const { store, tasks, announcer } = this.parts;
    for (const stored of await store.noteRuns(runs)) {
      tasks.ran(stored);
      announcer.taskRan(stored);
      // Deleted while it was stored.
      if (tasks.get(stored.task) !== undefined) announcer.task("task_updated", tasks.record(stored.task));
    }
  }

  private detailOf(serverId: string, server: string, told: AgentRun): TaskRunDetail {
    const detail = { ...told, server_id: serverId, server };
    if (told.ended_at === null) return detail;
    const heard = this.printed.get(keyOf(serverId, told.id));
    // The end repeats only the last of it; what was heard before joins on, where nothing is missing between.
    if (heard === undefined || heard.total < told.output_dropped) return detail;
    heard.add(told.output.slice(heard.total - told.output_dropped));
    return { ...detail, output: heard.text, output_dropped: heard.dropped };
  }

  /** A start or stop by a task is what is wished of the service there from then on, unless somebody has wished something since. */
  private async adoptWish(serverId: string, run: AgentRun): Promise<void> {
    const { action, service_name, started_at } = run;
    if (service_name === null || started_at === null || (action !== "start" && action !== "stop")) return;
    const { deployment, book } = this.parts;
    if (!deployment.isOn(service_name, serverId)) return;
    const actor = { principal: `task ${run.task}`, from: book.nameOf(serverId) ?? serverId };
    const at = Date.parse(started_at) - book.skewOf(serverId);
    await this.parts.acts().wishFor(service_name, action, serverId, actor, at);
    this.adopted.push({ service: service_name, serverId });
  }
}

/** A run that was asked for, known from the answer on, though its agent may not have told of it yet. */
export function askedOf(
  { name, action, service_name }: TaskSpec,
  occasion: Pick<AgentRun, "id" | "trigger" | "by" | "due_at">,
): AgentRun {
  const about = { ...occasion, task: name, action, service_name, started_at: null, ended_at: null };
  const end = { outcome: "waiting", reason: "asked for", attempt: 0, exit_code: null, signal: null } as const;
  return { ...about, ...end, missed: 1, output: "", output_dropped: 0 };
}

function keyOf(serverId: string, run: string): string {
  return `${serverId}:${run}`;
}
