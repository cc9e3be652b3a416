// Remote commands of the hub, each at most once:
//
//   sent ──noted on disk──► begun ──its end, told by the journal──► ended
//     └──late, not allowed, not noted──► refused         └──the agent dies──► unknown, told at its next start
import type { Clock } from "../../base/clock.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { ActResult, AgentNotice } from "../../contract/agent.ts";
import type { AgentCommand, CommandResult } from "../../contract/commands.ts";
import type { WishAction } from "../../contract/operations.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { systemWords } from "../supervisor/system-words.ts";
import type { CommandIds } from "./command-ids.ts";
import { OutputTeller } from "./command-output.ts";
import { endLeftovers, runArgv } from "./run-argv.ts";

/** Milliseconds that the kernel may take to end what was killed. */
const LEFTOVERS_TIME = 5000;
/** So many run at the same time. */
const MOST_AT_ONCE = 64;

export interface CommandsOptions {
  ids: CommandIds;
  /** Acts on a service of this server. */
  act: (service: string, action: WishAction, by: string) => Promise<ActResult>;
  table: ProcessTable;
  clock: Clock;
  logger: Logger;
  tell: (notice: AgentNotice) => void;
  /** It takes `run`. */
  allowRun: boolean;
  /** It runs only what its own file declares. */
  locked: boolean;
}

/** Answer to a command that was sent. */
export interface Taken {
  accepted: boolean;
  message: string;
}

type Ended = Omit<CommandResult, "id">;
const NO_OUTPUT = { exit_code: null, signal: null, output: "", output_dropped: 0 };

export class Commands {
  private readonly options: CommandsOptions;
  private readonly taking = new Map<string, Promise<Taken>>();
  private readonly running = new Map<string, { cancel: AbortController; ended: Promise<void>; isRun: boolean }>();
  private closing = false;

  constructor(options: CommandsOptions) {
    this.options = options;
  }

  /** Tells what the agent before left: nobody knows how it ended, so it is not begun again, and what still runs of it is ended. */
  async tellUnfinished(): Promise<void> {
    const { ids, table, clock, logger } = this.options;
    for (const id of ids.unfinished) {
      if (this.closing) return;
      logger.warn({ command: id }, "the agent ended while a command ran");
      const message = "The agent ended while it ran: nobody knows how far it came; what was left of it is ended";
      this.options.tell({ notice: "command", data: { id, ...NO_OUTPUT, outcome: "unknown", message } });
      const over = await endLeftovers(id, table, clock, LEFTOVERS_TIME);
      if (!over) logger.error({ command: id }, "processes of a command cannot be ended");
      await ids.end(id);
    }
  }

  /** Begins it, unless it was begun before. Answers when that is noted on the disk. */
  async take(command: AgentCommand): Promise<Taken> {
    const { id } = command;
    const sameTime = this.taking.get(id);
    if (sameTime !== undefined) return await sameTime;
    if (this.options.ids.has(id)) return { accepted: true, message: "It was begun before" };
    const taken = this.begin(command).finally(() => this.taking.delete(id));
    this.taking.set(id, taken);
    return await taken;
  }

  /** Ends a `run` with all it started; acts on services go on to their end. */
  cancel(id: string): void {
    this.running.get(id)?.cancel.abort(new Error("somebody cancelled it"));
  }

  /** Nothing is begun any more; what runs is ended, and told as such. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.taking.values());
    // Acts on services may take as long as their grace: they are told as unknown at the next start.
    const runs = [...this.running.values()].filter(({ isRun }) => isRun);
    for (const { cancel } of runs) cancel.abort(new Error("the agent ended"));
    await Promise.all(runs.map(({ ended }) => ended));
    await this.options.ids.close();
  }

  private async begin(command: AgentCommand): Promise<Taken> {
    const { ids, clock } = this.options;
    const { id, expires_in } = command;
    const arrived = clock.monotonic();
    const refusal = this.refusal(command);
    if (refusal !== undefined) return { accepted: false, message: refusal };
    try {
      await ids.begin(id);
    } catch (error) {
      return {
        accepted: false,
        message: `It was not begun: this server cannot note it on its disk (${systemWords(error)})`,
      };
    }
    if (this.closing || clock.monotonic() - arrived > expires_in) {
      await ids.end(id);
      return { accepted: false, message: this.closing ? "It was not begun: the agent ends" : TOO_LATE };
    }
    const cancel = new AbortController();
    const ended = this.work(command, cancel.signal)
      .catch((error: unknown): Ended => {
        const known = error instanceof TailherdError;
        if (!known) this.options.logger.error({ error: String(error), command: id }, "cannot do a command");
        return { ...NO_OUTPUT, outcome: "failed", message: known ? error.message : "Something of ours broke" };
      })
      .then(async (result) => {
        this.running.delete(id);
        await this.finished(id, result);
      });
    this.running.set(id, { cancel, ended, isRun: command.action === "run" });
    return { accepted: true, message: "It is begun" };
  }

  private refusal({ action, argv, service_name, expires_in }: AgentCommand): string | undefined {
    const { allowRun, locked } = this.options;
    if (expires_in <= 0) return TOO_LATE;
    if (this.closing) return "It was not begun: the agent ends";
    if (this.running.size >= MOST_AT_ONCE) return `It was not begun: ${MOST_AT_ONCE} commands run there already`;
    if (action === "run" && locked)
      return "It was not begun: this agent is locked, and runs only what its own file declares";
    if (action === "run" && !allowRun) return "It was not begun: this agent was started without --allow-run";
    if (action === "run" && argv === null) return "It was not begun: it has no argv";
    if (action.endsWith("_service") && service_name === null) return "It was not begun: it names no service";
    return undefined;
  }

  private async work(
    { id, action, argv, service_name, timeout, by }: AgentCommand,
    signal: AbortSignal,
  ): Promise<Ended> {
    const { act, table, clock, tell } = this.options;
    if (action === "ping") return { ...NO_OUTPUT, outcome: "done", message: "pong" };
    if (action === "run") {
      const output = new OutputTeller(clock, (part) => tell({ notice: "command_output", data: { id, ...part } }));
      const ended = await runArgv(id, argv ?? [], timeout, { table, clock, output, signal });
      return { ...ended, ...output.finish() };
    }
    const { outcome, message } = await act(service_name ?? "", ACTS[action], by);
    return { ...NO_OUTPUT, outcome, message };
  }

  /** First told, then noted: an agent that dies in between tells it as unknown too, later, which counts for nothing then. */
  private async finished(id: string, result: Ended): Promise<void> {
    this.options.tell({ notice: "command", data: { id, ...result } });
    await this.options.ids.end(id);
  }
}

const TOO_LATE = "It was not begun: it came too late";
const ACTS: Record<"start_service" | "stop_service" | "restart_service", WishAction> = {
  start_service: "start",
  stop_service: "stop",
  restart_service: "restart",
};
