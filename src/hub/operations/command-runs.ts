// Commands on servers, each target by itself:
//
//   queued ──linked, and a place free──► sent ──taken──► running ──its result──► done | failed | unknown | cancelled
//     └──deadline, cancelled,              ├──refused──► failed
//        too many failures                 └──nothing heard for too long──► unknown ──a result after all──► …
//
// An agent runs an id once however often it is sent. So after a broken link, or a restart of the hub, the same is sent again: while it
// may still begin, it begins; after that the agent only says whether it has.
import type { Clock, Timer } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { CommandOutput, CommandResult } from "../../contract/commands.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { Operation, OperationTarget } from "../../contract/operations.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { Agents } from "../agents/agents.ts";
import type { Actor } from "../store/store.ts";
import { type CommandPlan, endOfResult, expiresIn, heardOfBy, titleOf } from "./command-rules.ts";
import { isOver } from "./operation-rules.ts";
import { type Operations, targetOf } from "./operations.ts";

const ASK_AGAIN = SECOND;
/** After a restart of the hub agents have so long to come back, at least, before what they did counts as unknown. */
const GRACE = 30 * SECOND;
/** How often a command on a service is waited for anew while its agent is linked. */
const WAIT_ON = 60 * SECOND;

/** A server to command, or why it cannot be. */
export interface CommandTarget {
  server_id: string;
  server: string;
  refusal: string | undefined;
}

/** An operation in hand. */
interface Run {
  operation: Operation;
  plan: CommandPlan;
  /** Places that are not sent yet. */
  waiting: Set<number>;
  timers: Map<number, Timer>;
  /** Places whose agent is being asked now. */
  asking: Set<number>;
  deadline: Timer | undefined;
  looking: NodeJS.Immediate | undefined;
}

export interface CommandRunsOptions {
  operations: Operations;
  agents: Agents;
  clock: Clock;
  logger: Logger;
}

export class CommandRuns {
  private readonly options: CommandRunsOptions;
  private readonly runs = new Map<string, Run>();
  /** Servers whose agents have what is desired: before that a command would find services as they were. */
  private readonly ready = new Set<string>();
  private readonly listening = new DisposableStack();
  private closed = false;

  constructor(options: CommandRunsOptions) {
    this.options = options;
    this.listening.use(options.agents.told.on((server) => this.linked(server)));
    this.listening.use(options.agents.closed.on(({ server }) => this.unlinked(server.id)));
  }

  /** Takes up what the hub before had in hand. */
  resume(): void {
    for (const { operation, plan } of this.options.operations.unfinished()) {
      if (plan.what !== "command") continue;
      const run = this.add(operation, plan);
      for (const [place, target] of operation.targets.entries()) {
        if (target.state === "queued") run.waiting.add(place);
        else if (!isOver(target.state)) this.expectEnd(run, place, GRACE);
      }
      this.look(run);
    }
  }

  /** Begins one; resolves when it is stored with its audit entry, and nothing is sent before that (P15). */
  async start(plan: CommandPlan, targets: readonly CommandTarget[], actor: Actor): Promise<Operation> {
    const { operations } = this.options;
    const places = targets.map(({ server_id, server }) => ({ service: plan.service_name, server_id, server }));
    const about = { kind: `command ${plan.action}`, title: titleOf(plan), plan, targets: places };
    const operation = await operations.create(about, actor);
    const run = this.add(operation, plan);
    for (const [place, { refusal }] of targets.entries()) {
      if (refusal === undefined) run.waiting.add(place);
      else this.settle(run, place, { state: "failed", message: `Cannot ${plan.action}: ${refusal}` });
    }
    this.lookNow(run);
    return operation;
  }

  /** Begins no more of it, and ends what runs. */
  cancel(id: string): void {
    const run = this.runs.get(id);
    if (run === undefined) return;
    this.options.operations.cancelling(id);
    this.lookNow(run);
    for (const [place, { state, server_id }] of run.operation.targets.entries()) {
      if (state === "sent" || state === "running") void this.cancelOne(run, place, server_id ?? "");
    }
  }

  /** What a command printed. */
  hear(serverId: string, { id, at, text }: CommandOutput): void {
    const found = this.find(serverId, id);
    if (found === undefined || isOver(found.target.state)) return;
    this.options.operations.print(found.operation.id, found.place, at, text);
  }

  /** How a command ended, of an agent's journal; resolves when that is stored. What is known already is left as it is. */
  async result(serverId: string, result: CommandResult): Promise<void> {
    const { operations } = this.options;
    const found = this.find(serverId, result.id);
    if (found === undefined) return;
    const { operation, place, target } = found;
    const { id } = operation;
    // Told again, maybe because it could not be stored then.
    if (isOver(target.state) && (target.state !== "unknown" || result.outcome === "unknown"))
      return operations.save(id);
    operations.print(id, place, result.output_dropped, result.output);
    const end = endOfResult(result, operation.cancelling);
    const run = this.runs.get(id);
    if (run === undefined) operations.update(id, place, end);
    else this.settle(run, place, end);
    await operations.save(id);
  }

  close(): void {
    this.closed = true;
    this.listening.dispose();
    for (const run of this.runs.values()) this.forget(run);
  }

  private add(operation: Operation, plan: CommandPlan): Run {
    const { clock } = this.options;
    const run: Run = {
      operation,
      plan,
      waiting: new Set(),
      timers: new Map(),
      asking: new Set(),
      deadline: undefined,
      looking: undefined,
    };
    this.runs.set(operation.id, run);
    const left = this.queuedUntil(run) - clock.now();
    if (left > 0) run.deadline = clock.after(left, () => this.look(run));
    return run;
  }

  private queuedUntil({ operation, plan }: Run): number {
    return Date.parse(operation.created_at) + plan.queue_for * SECOND;
  }

  /** A server's agent has what is desired, and listens. */
  private linked(serverId: string): void {
    this.ready.add(serverId);
    for (const run of this.runs.values()) {
      for (const [place, { server_id, state }] of run.operation.targets.entries()) {
        if (server_id !== serverId) continue;
        if (state === "queued") this.look(run);
        else if (!isOver(state)) void this.ask(run, place);
      }
    }
  }

  private unlinked(serverId: string): void {
    this.ready.delete(serverId);
    for (const run of this.runs.values()) {
      for (const place of run.waiting) if (targetOf(run.operation, place).server_id === serverId) this.look(run);
    }
  }

  private look(run: Run): void {
    run.looking ??= setImmediate(() => this.lookNow(run));
  }

  /** Sends to whom it can be sent, and gives up on whom it cannot. */
  private lookNow(run: Run): void {
    const { agents, clock } = this.options;
    clearImmediate(run.looking);
    run.looking = undefined;
    if (this.closed) return;
    const { operation, plan } = run;
    const tooLate = clock.now() >= this.queuedUntil(run);
    const stop = this.reasonToStop(run);
    for (const place of run.waiting) {
      const { server_id, server } = targetOf(operation, place);
      if (stop !== undefined) this.settle(run, place, { state: "cancelled", message: `Not begun: ${stop}` });
      else if (this.ready.has(server_id ?? "")) {
        const { sent, running } = operation.counts;
        if (sent + running >= plan.width) continue;
        run.waiting.delete(place);
        this.send(run, place).catch((error: unknown) => {
          this.options.logger.error({ err: error, operation: operation.id }, "Cannot send a command");
        });
      } else if (tooLate && !agents.isOpen(server_id ?? "")) {
        const waited =
          plan.queue_for > 0 ? `was not linked to the hub within ${plan.queue_for} s` : "is not linked to the hub";
        this.settle(run, place, { state: "failed", message: `Not begun: ${server} ${waited}` });
      }
    }
    if (operation.ended_at !== null) this.forget(run);
  }

  private reasonToStop({ operation, plan }: Run): string | undefined {
    if (operation.cancelling) return "cancelled";
    const failures = operation.counts.failed + operation.counts.unknown;
    if (plan.stop_after_failures === null || failures < plan.stop_after_failures) return undefined;
    return `${failures} of the others had failed`;
  }

  private async send(run: Run, place: number): Promise<void> {
    const { operations, clock } = this.options;
    const { id } = run.operation;
    operations.update(id, place, { state: "sent", started_at: new Date(clock.now()).toISOString() });
    try {
      // On the disk first: what is queued there was never sent.
      await operations.save(id);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      return this.settle(run, place, { state: "failed", message: `Not begun: ${words}` });
    }
    this.expectEnd(run, place, 0);
    await this.ask(run, place);
  }

  /** Asks the agent to run it, or whether it has; until it answers. */
  private async ask(run: Run, place: number): Promise<void> {
    const { agents, operations, clock } = this.options;
    const { operation, plan } = run;
    const { server_id, started_at } = targetOf(operation, place);
    if (run.asking.has(place) || server_id === null) return;
    run.asking.add(place);
    const { action, service_name, argv, timeout } = plan;
    const sentAt = Date.parse(started_at ?? operation.created_at);
    try {
      const answer = await agents.call(server_id, "command", {
        id: commandId(operation, place),
        action,
        service_name,
        argv,
        timeout,
        expires_in: expiresIn(sentAt, clock.now(), operation.cancelling),
        by: operation.by,
      });
      const { state } = targetOf(operation, place);
      if (isOver(state)) return;
      if (!answer.accepted) this.settle(run, place, endOfRefusal(state, answer.message, operation.cancelling));
      else if (state === "sent") operations.update(operation.id, place, { state: "running" });
      if (answer.accepted && operation.cancelling) void this.cancelOne(run, place, server_id);
    } catch (error) {
      this.notAnswered(run, place, error);
    } finally {
      run.asking.delete(place);
    }
  }

  private notAnswered(run: Run, place: number, error: unknown): void {
    const { agents, clock } = this.options;
    const { state, server_id } = targetOf(run.operation, place);
    if (isOver(state) || this.closed) return;
    const words = error instanceof Error ? error.message : String(error);
    const code = error instanceof TailherdError ? error.code : "internal";
    if (code === "invalid") {
      return this.settle(run, place, {
        state: "failed",
        message: `Not begun: its agent does not know such commands (${words})`,
      });
    }
    // Without a link it is asked when there is one again.
    if (agents.isOpen(server_id ?? "")) clock.after(ASK_AGAIN, () => void this.askIfOn(run, place));
  }

  private async askIfOn(run: Run, place: number): Promise<void> {
    if (!this.closed && this.runs.has(run.operation.id) && !isOver(targetOf(run.operation, place).state)) {
      await this.ask(run, place);
    }
  }

  private async cancelOne(run: Run, place: number, serverId: string): Promise<void> {
    try {
      await this.options.agents.call(serverId, "cancel_command", { id: commandId(run.operation, place) });
    } catch (error) {
      // When its link opens again it is asked again, and cancelled then.
      this.options.logger.debug({ err: error, server: serverId }, "Cannot cancel a command now");
    }
  }

  /** Gives up on a target when its end should have been heard of long ago. */
  private expectEnd(run: Run, place: number, least: number): void {
    const { clock, agents } = this.options;
    const { started_at, server_id } = targetOf(run.operation, place);
    const by = heardOfBy(Date.parse(started_at ?? run.operation.created_at), run.plan);
    const wait = (delay: number): void => {
      run.timers.get(place)?.cancel();
      const giveUp = (): void => {
        const { state, server } = targetOf(run.operation, place);
        if (isOver(state)) return;
        // Acts on services take as long as their grace periods; their agent is at it.
        if (run.plan.action !== "run" && agents.isOpen(server_id ?? "")) return wait(WAIT_ON);
        this.settle(run, place, { state: "unknown", message: `Nothing was heard of it from ${server} in time` });
      };
      run.timers.set(place, clock.after(delay, giveUp));
    };
    wait(Math.max(least, by - clock.now()));
  }

  private settle(
    run: Run,
    place: number,
    end: Pick<OperationTarget, "state" | "message"> & { exit_code?: number | null },
  ): void {
    const { operations, clock } = this.options;
    run.timers.get(place)?.cancel();
    run.timers.delete(place);
    run.waiting.delete(place);
    operations.update(run.operation.id, place, { ...end, ended_at: new Date(clock.now()).toISOString() });
    if (run.operation.ended_at === null) this.look(run);
    else this.forget(run);
  }

  private forget(run: Run): void {
    clearImmediate(run.looking);
    run.deadline?.cancel();
    for (const timer of run.timers.values()) timer.cancel();
    this.runs.delete(run.operation.id);
  }

  /** The target that a command's id names, if it is this server's own. */
  private find(
    serverId: string,
    commandId: string,
  ): { operation: Operation; place: number; target: OperationTarget } | undefined {
    const [id = "", number = ""] = commandId.split(":");
    const operation = this.options.operations.find(id);
    const place = Number(number);
    const target = operation?.targets[place];
    if (operation === undefined || target === undefined || target.server_id !== serverId) return undefined;
    return { operation, place, target };
  }
}

function commandId({ id }: Operation, place: number): string {
  return `${id}:${place}`;
}

/** It did not begin, unless we know that it had: then its agent has forgotten, and nobody knows. */
function endOfRefusal(
  state: OperationTarget["state"],
  words: string,
  cancelling: boolean,
): Pick<OperationTarget, "state" | "message"> {
  if (state === "running") return { state: "unknown", message: "Its agent does not know of it any more" };
  return cancelling ? { state: "cancelled", message: "Not begun: cancelled" } : { state: "failed", message: words };
}
