// The tasks of this server, kept on its own disk: they are due without a hub too.
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import { agentTaskSchema, type AgentTask } from "../../contract/task.ts";
import type { Logger } from "../../runtime/logger.ts";
import { KeptFile } from "../desired/kept-file.ts";
import { isSystemError, systemWords } from "../supervisor/system-words.ts";

const keptTaskSchema = z.object({
  task: agentTaskSchema,
  /** What was due up to here is not made up for: when it came, was changed or enabled. Unix milliseconds. */
  since: z.number(),
});
/** A task, and from when on it counts. */
export type KeptTask = z.infer<typeof keptTaskSchema>;

const keptSchema = z.object({ tasks: z.array(keptTaskSchema) });

/** Reads at start, then writes each change; a change is answered when it is on the disk for good, and is none when it cannot be. */
export class TaskStore {
  private readonly file: KeptFile<z.infer<typeof keptSchema>>;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private tasks = new Map<string, KeptTask>();

  constructor(options: { agentDir: string; clock: Clock; logger: Logger }) {
    this.file = new KeptFile(join(options.agentDir, "tasks.json"), keptSchema);
    this.clock = options.clock;
    this.logger = options.logger;
  }

  /** What the agent before kept. Where it is damaged, the hub tells it anew. */
  async open(): Promise<void> {
    const read = await this.file.read(this.clock.now());
    if (read.outcome === "recovered" || read.outcome === "lost") {
      this.logger.error({ damaged: read.damagedFile, outcome: read.outcome }, "the tasks of this server were damaged");
    }
    if (read.outcome === "read" || read.outcome === "recovered") {
      this.tasks = new Map(read.value.tasks.map((kept) => [kept.task.name, kept]));
    }
  }

  all(): KeptTask[] {
    return [...this.tasks.values()];
  }

  get(name: string): KeptTask | undefined {
    return this.tasks.get(name);
  }

  /** Adds or replaces one. Rejects with `disk_full` or `degraded`; then it is as it was before. */
  async put(task: AgentTask): Promise<void> {
    await this.change((tasks) => tasks.set(task.name, this.kept(task)));
  }

  /** Rejects as `put`. */
  async delete(name: string): Promise<void> {
    await this.change((tasks) => tasks.delete(name));
  }

  /** All of them at once. Rejects as `put`. */
  async replace(wanted: readonly AgentTask[]): Promise<void> {
    await this.change((tasks) => {
      const names = new Set(wanted.map(({ name }) => name));
      for (const name of tasks.keys()) if (!names.has(name)) tasks.delete(name);
      for (const task of wanted) tasks.set(task.name, this.kept(task));
    });
  }

  close(): Promise<void> {
    return this.file.settled();
  }

  /** Told again as it is, or with another turn among its servers, it goes on from where it stands. */
  private kept(task: AgentTask): KeptTask {
    const before = this.tasks.get(task.name);
    const same = before !== undefined && isDeepStrictEqual({ ...before.task, offset: 0 }, { ...task, offset: 0 });
    return { task, since: same ? before.since : this.clock.now() };
  }

  private async change(act: (tasks: Map<string, KeptTask>) => void): Promise<void> {
    const before = this.tasks;
    const after = new Map(before);
    act(after);
    this.tasks = after;
    try {
      await this.file.write(() => ({ tasks: [...this.tasks.values()] }));
    } catch (error) {
      if (this.tasks === after) this.tasks = before;
      const full = isSystemError(error, "ENOSPC") || isSystemError(error, "EDQUOT");
      const words = `Cannot keep the tasks of this server, so nothing was changed: ${systemWords(error)}`;
      throw new TailherdError(full ? "disk_full" : "degraded", words, { cause: error });
    }
  }
}
