// Starts agents for tests: in this process, or as a process of its own that can be killed. Everything is cleaned up on dispose.
import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAgent } from "../../src/agent/agent.ts";
import type { AgentMethod, AgentNotice, AgentParams, AgentResult, DesiredService } from "../../src/contract/agent.ts";
import type { AgentCommand, CommandOutput, CommandResult } from "../../src/contract/commands.ts";
import type { TailherdEvent } from "../../src/contract/events.ts";
import { type DesiredState, type ServiceInput, serviceSpecSchema } from "../../src/contract/service.ts";
import type { AgentRun } from "../../src/contract/task.ts";
import type { InstanceStatus } from "../../src/contract/status.ts";
import { fitWish, WHOLE, wishAfter } from "../../src/hub/store/wish.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { endChild } from "./processes.ts";
import { type CallAgent, miniHub } from "./mini-hub.ts";

const WAIT = 20_000;
/** What was defined last, by data directory and name: an act carries it, also to an agent that was started since. */
const defined = new Map<string, DesiredService>();

/** What tests ask of an agent, wherever it runs. */
export class TestAgent implements AsyncDisposable {
  readonly dataDir: string;
  readonly events: TailherdEvent[] = [];
  /** Ends of commands, as often as they were told. */
  readonly results: CommandResult[] = [];
  readonly commandOutput: CommandOutput[] = [];
  /** What was told of runs of tasks, as often as it was. */
  readonly runs: AgentRun[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly ask: CallAgent;
  private readonly end: () => Promise<void>;

  constructor(dataDir: string, ask: CallAgent, end: () => Promise<void>) {
    this.dataDir = dataDir;
    this.ask = ask;
    this.end = end;
  }

  hear(notice: AgentNotice): void {
    if (notice.notice === "event") this.events.push(notice.data);
    if (notice.notice === "command") this.results.push(notice.data);
    if (notice.notice === "command_output") this.commandOutput.push(notice.data);
    if (notice.notice === "run") this.runs.push(notice.data);
    for (const look of this.waiting) look();
  }

  call<M extends AgentMethod>(method: M, params: AgentParams<M>): Promise<AgentResult<M>> {
    return this.ask(method, params);
  }

  /** Defines a service as a hub would: what is desired stays, at first "stopped"; one that is desired is started. */
  async set(input: ServiceInput, wish?: DesiredState, revision = 1): Promise<void> {
    const spec = serviceSpecSchema.parse(input);
    const before = defined.get(this.keyOf(spec.name)) ?? {
      desired: "stopped" as const,
      stopped_instances: [],
      stopped_servers: [],
    };
    const { stopped_instances, desired } = fitWish(
      { ...before, stopped_servers: [], ...(wish && { desired: wish }) },
      spec.instances,
    );
    const service = { spec, revision, desired, stopped_instances };
    defined.set(this.keyOf(spec.name), service);
    await this.call("set", { service });
  }

  /** Acts as a hub would: with what is desired from now on. */
  act(
    name: string,
    action: AgentParams<"act">["action"],
    { by = "test", index = null }: { by?: string; index?: number | null } = {},
  ): Promise<AgentResult<"act">> {
    const before = defined.get(this.keyOf(name));
    if (before === undefined) throw new Error(`this test has not set ${name}`);
    const wish = { ...before, stopped_servers: [] };
    const after = action === "reload" ? wish : wishAfter(wish, action, { ...WHOLE, index }, before.spec.instances);
    const service = { ...before, desired: after.desired, stopped_instances: after.stopped_instances };
    defined.set(this.keyOf(name), service);
    return this.call("act", { service, action, index, by });
  }

  async instance(service: string, index = 0): Promise<InstanceStatus> {
    const { instances } = await this.call("snapshot", {});
    const found = instances.find((one) => one.service === service && one.index === index);
    if (found === undefined) throw new Error(`no instance ${index} of ${service}`);
    return found;
  }

  /** Waits until an instance is as wanted; looks after each notice. */
  async until(
    service: string,
    wanted: (status: InstanceStatus) => boolean,
    index = 0,
    limit = WAIT,
  ): Promise<InstanceStatus> {
    const deadline = Date.now() + limit;
    for (;;) {
      const status = await this.instance(service, index);
      if (wanted(status)) return status;
      if (Date.now() > deadline) throw new Error(`${service} did not get there: ${JSON.stringify(status)}`);
      await this.noticed(Math.min(1000, deadline - Date.now() + 1));
    }
  }

  /** Sends a command, as a hub would. */
  command(id: string, command: Partial<AgentCommand>): Promise<AgentResult<"command">> {
    const rest = { service_name: null, argv: null, timeout: 30, expires_in: 60_000, by: "test" };
    return this.call("command", { id, action: "run", ...rest, ...command });
  }

  /** How a command ended. */
  async resultOf(id: string, limit = WAIT): Promise<CommandResult> {
    const deadline = Date.now() + limit;
    for (;;) {
      const result = this.results.find((one) => one.id === id);
      if (result !== undefined) return result;
      if (Date.now() > deadline) throw new Error(`the end of command ${id} was not told`);
      await this.noticed(Math.min(1000, deadline - Date.now() + 1));
    }
  }

  /** How a run of a task ended. */
  async runEnd(id: string, limit = WAIT): Promise<AgentRun> {
    const deadline = Date.now() + limit;
    for (;;) {
      const run = this.runs.find((one) => one.id === id && one.ended_at !== null);
      if (run !== undefined) return run;
      if (Date.now() > deadline) throw new Error(`the end of run ${id} was not told`);
      await this.noticed(Math.min(1000, deadline - Date.now() + 1));
    }
  }

  /** Exits that were told, by service. */
  exitsOf(service: string): Extract<TailherdEvent, { type: "instance.exited" }>[] {
    return this.events.filter((event) => event.type === "instance.exited").filter((event) => event.service === service);
  }

  /** Removes all services, ends the agent, deletes its directory. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.call("apply", { services: [], update_interval_ms: 5000 });
    await this.end();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private keyOf(name: string): string {
    return `${this.dataDir}\n${name}`;
  }

  noticed(limit: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.waiting.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, limit);
      this.waiting.add(finish);
    });
  }
}

/** A directory that the test's agents share; deleted by the agent's dispose. */
export function makeDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tailherd-test-"));
}

/** An agent in this process. */
export async function openTestAgent(
  options: { dataDir?: string; puncher?: null; perl?: null; allowRun?: boolean } = {},
): Promise<TestAgent> {
  const dataDir = options.dataDir ?? (await makeDataDir());
  const agent = await startAgent({ ...options, dataDir, serverName: "test", logger: silentLogger });
  const call = miniHub(agent.open(), (notice) => test.hear(notice));
  const test: TestAgent = new TestAgent(dataDir, call, () => agent.close());
  return test;
}

/** An agent in a process of its own. */
export interface ForkedAgent extends TestAgent {
  /** Ends the agent as `kill -9` does, without a word to anything. */
  crash(): Promise<void>;
}

type Answer = { id: number; result?: unknown; error?: string } | { notice: AgentNotice } | { ready: true };

/** Starts an agent as a process of its own and talks to it over the fork's channel. */
export async function forkTestAgent(dataDir: string, env: Record<string, string> = {}): Promise<ForkedAgent> {
  const child = fork(join(import.meta.dirname, "agent-process.ts"), [dataDir], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let sent = 0;
  const call = <M extends AgentMethod>(method: M, params: AgentParams<M>): Promise<AgentResult<M>> =>
    new Promise((resolve, reject) => {
      sent += 1;
      open.set(sent, { resolve: (value) => resolve(value as AgentResult<M>), reject });
      child.send({ id: sent, method, params });
    });
  const agent = new TestAgent(dataDir, call, () => endChild(child, "SIGTERM"));
  const ready = Promise.withResolvers<void>();
  child.on("message", (message: Answer) => {
    if ("ready" in message) ready.resolve();
    else if ("notice" in message) agent.hear(message.notice);
    else if (message.error === undefined) open.get(message.id)?.resolve(message.result);
    else open.get(message.id)?.reject(new Error(message.error));
  });
  child.on("exit", (code, signal) =>
    ready.reject(new Error(`the agent ended at its start: ${signal ?? `code ${code}`}`)),
  );
  await ready.promise;
  return Object.assign(agent, { crash: () => endChild(child, "SIGKILL") });
}
