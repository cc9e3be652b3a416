// An agent that runs nothing: it keeps what it is told, answers acts at once, and tells what a test lets it tell.
import { systemClock } from "../../src/base/clock.ts";
import type {
  ActResult,
  AgentHandlers,
  AgentMethod,
  AgentNotice,
  AgentParams,
  AgentResult,
  DesiredService,
  ServerIdentity,
} from "../../src/contract/agent.ts";
import type { AgentCommand, CommandOutput, CommandResult } from "../../src/contract/commands.ts";
import type { AgentRun, AgentTask } from "../../src/contract/task.ts";
import { type Channel, channelPair } from "../../src/runtime/link/channel.ts";
import { RpcPeer } from "../../src/runtime/link/rpc-peer.ts";
import { TailherdError } from "../../src/contract/errors.ts";
import type { TailherdEvent } from "../../src/contract/events.ts";
import type { ExitRecord, InstanceState, InstanceStatus, LogLine, SystemStats } from "../../src/contract/status.ts";

const SERVER = { id: "6f1f2f0e-0000-4000-8000-000000000001", name: "fake" };

/** A machine that is half busy. */
export const SYSTEM: SystemStats = {
  cpu_percent: 12.5,
  memory_percent: 50,
  memory_used_gb: 4,
  memory_total_gb: 8,
  disk_percent: 25,
  disk_used_gb: 25,
  disk_total_gb: 100,
  load_1: 0.5,
  load_5: 0.4,
  load_15: 0.3,
  cores: 2,
  swap_percent: 0,
  uptime: 3600,
  processes: 120,
};

/** A row of an instance that is in this state. */
export function instanceRow(
  service: string,
  state: InstanceState,
  overrides: Partial<InstanceStatus> = {},
): InstanceStatus {
  const alive = state === "running" || state === "unhealthy" || state === "stopping";
  const started = alive ? new Date(Date.now() - 3_000_000).toISOString() : null;
  return {
    service,
    server_id: SERVER.id,
    server: SERVER.name,
    index: 0,
    state,
    reason: null,
    since: new Date().toISOString(),
    pid: alive ? 4711 : null,
    started_at: started,
    revision: alive ? 1 : null,
    generation: 1,
    restart_count: 0,
    next_start_at: null,
    cpu: alive ? 1.5 : null,
    memory: alive ? 1_048_576 : null,
    memory_kind: alive ? "rss" : null,
    threads: alive ? 1 : null,
    open_files: alive ? 5 : null,
    read_bytes: null,
    write_bytes: null,
    processes: alive ? [processOf(service)] : [],
    port_status: [],
    detected_ports: [],
    last_exit: null,
    limits_note: null,
    ready: state === "running",
    checks: [],
    ...overrides,
  };
}

function processOf(service: string): InstanceStatus["processes"][number] {
  const create_time = Math.floor(Date.now() / 1000) - 3000;
  const command = `/usr/bin/${service} --serve`;
  return {
    pid: 4711,
    ppid: 1,
    name: service,
    cpu: 1.5,
    memory: 1_048_576,
    create_time,
    command,
    user: "root",
    threads: 1,
  };
}

/** The end of a process, by itself with this code. */
export function exitRecord(code: number, message = `exit ${code} after 3 s`): ExitRecord {
  return {
    generation: 1,
    started_at: null,
    ended_at: new Date().toISOString(),
    cause: "exited",
    code,
    signal: null,
    by: null,
    memory: null,
    message,
    last_lines: [],
  };
}

/** An agent for tests of the hub. */
export class FakeAgent {
  readonly server = { ...SERVER, created_at: new Date(0).toISOString() };
  /** A hub is at the other end. */
  linked = false;
  readonly desired = new Map<string, DesiredService>();
  readonly tasks = new Map<string, AgentTask>();
  private awaited: { count: number; resolve: () => void }[] = [];
  /** Every call, in order. */
  readonly calls: { method: AgentMethod; params: unknown }[] = [];
  /** Lines of every service, all instances. */
  readonly lines: LogLine[] = [];
  /** Milliseconds between full samples, as last told. */
  updateInterval: number | undefined;
  /** Answers acts instead of a success. */
  onAct: ((params: AgentParams<"act">) => Promise<ActResult> | ActResult) | undefined;
  /** Awaited before each answer: tests hold the agent up with it. */
  gate: Promise<unknown> = Promise.resolve();
  /** What a method fails with, if it does. */
  failure: ((method: AgentMethod) => Error | undefined) | undefined;
  readonly follows = new Map<string, AgentParams<"follow_output">>();
  /** Answers commands instead of taking them, doing nothing. */
  onCommand: ((command: AgentCommand) => Promise<AgentResult<"command">> | AgentResult<"command">) | undefined;
  private peer: RpcPeer | undefined;
  /** It hung up: links to it are of no use. */
  private away = false;
  private told = 0;
  private readonly rows = new Map<string, InstanceStatus>();

  async call<M extends AgentMethod>(method: M, params: AgentParams<M>): Promise<AgentResult<M>> {
    this.calls.push({ method, params });
    await this.gate;
    const failure = this.failure?.(method);
    if (failure !== undefined) throw failure;
    const handler = this.handlers[method] as unknown as (params: AgentParams<M>) => Promise<AgentResult<M>>;
    return await handler(params);
  }

  /** What `startHub` takes of it. */
  get local(): { server: ServerIdentity; open: () => Channel } {
    return { server: this.server, open: () => this.open() };
  }

  private open(): Channel {
    const [agentEnd, hubEnd] = channelPair();
    if (this.away) return hubEnd;
    const peer = new RpcPeer(
      agentEnd,
      {
        handle: (method, params) => this.call(method as AgentMethod, params as never),
        hear: () => undefined,
        failed: () => undefined,
      },
      systemClock,
    );
    this.peer = peer;
    this.linked = true;
    agentEnd.closed.on(() => (this.linked = false));
    const join = { signature: "", at: Date.now(), locked: false, allow_run: true, journal: "fake" };
    // Before the hub listens nobody hears it.
    setImmediate(() => void peer.request("join", join).catch(() => undefined));
    return hubEnd;
  }

  /** Ends its link. */
  hangUp(): void {
    this.away = true;
    this.peer?.close(1001, "it hangs up");
  }

  private emit(notice: AgentNotice): void {
    const { peer } = this;
    if (peer === undefined) return;
    if (notice.notice === "samples") {
      void peer.request("heartbeat", { ...notice.data, interval: this.updateInterval ?? 5000 }).catch(() => undefined);
    } else if (notice.notice === "event") {
      this.told += 1;
      const entries = [{ kind: "event", seq: this.told, event: notice.data }];
      void peer.request("tell", { journal: "fake", entries }).catch(() => undefined);
    } else if (notice.notice === "command") {
      this.told += 1;
      const entries = [{ kind: "command", seq: this.told, result: notice.data }];
      void peer.request("tell", { journal: "fake", entries }).catch(() => undefined);
    } else if (notice.notice === "run") {
      this.told += 1;
      const entries = [{ kind: "run", seq: this.told, run: notice.data }];
      void peer.request("tell", { journal: "fake", entries }).catch(() => undefined);
    } else peer.notify(notice.notice, notice.data);
  }

  /** Puts instances into states and tells it. */
  tell(...rows: InstanceStatus[]): void {
    for (const row of rows) this.rows.set(`${row.service}/${row.index}`, row);
    this.emit({ notice: "instances", data: { changed: rows, removed: [] } });
  }

  tellSamples(samples: { service: string; index: number; cpu: number; memory: number }[] = [], at = Date.now()): void {
    const instances = [...this.rows.values()].filter(({ state }) => state === "running");
    this.emit({
      notice: "samples",
      data: { at, system: SYSTEM, instances, samples, values: { ...SYSTEM }, left_out: 0 },
    });
  }

  tellEvent(event: TailherdEvent): void {
    this.emit({ notice: "event", data: event });
  }

  /** How a command ended. */
  tellResult(result: Partial<CommandResult> & { id: string }): void {
    const rest = { exit_code: 0, signal: null, message: "exit 0", output: "", output_dropped: 0 };
    this.emit({ notice: "command", data: { ...rest, outcome: "done", ...result } });
  }

  /** What became of a task: done, due now and run at once, unless said otherwise. */
  /** Ids of runs that were asked for. */
  readonly ranTasks: string[] = [];

  tellRun({ name, action, service_name }: AgentTask, run: Partial<AgentRun>): void {
    const now = new Date().toISOString();
    const times = { due_at: now, started_at: now, ended_at: now };
    const end = { outcome: "done", reason: "", attempt: 1, exit_code: null, signal: null, missed: 1 } as const;
    const about = {
      id: `${name}:${run.due_at ?? now}`,
      task: name,
      action,
      service_name,
      trigger: "schedule",
      by: null,
    } as const;
    this.emit({ notice: "run", data: { ...about, ...times, ...end, output: "", output_dropped: 0, ...run } });
  }

  tellRunOutput(output: CommandOutput): void {
    this.emit({ notice: "run_output", data: output });
  }

  tellCommandOutput(output: CommandOutput): void {
    this.emit({ notice: "command_output", data: output });
  }

  /** Writes a line of a service's instance to whoever follows it. */
  write(service: string, text: string, index = 0): void {
    const cursor = String(this.lines.length).padStart(8, "0");
    const line: LogLine = { cursor, ts: Date.now(), stream: "stdout", text };
    this.lines.push(line);
    for (const [subscription, params] of this.follows) {
      if (params.service !== service) continue;
      this.emit({ notice: "output", data: { subscription, service, index, lines: [line] } });
    }
  }

  /** Resolves once it has so many tasks. */
  async untilTasks(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.awaited.push({ count, resolve });
      this.tasksChanged();
    });
  }

  private tasksChanged(): void {
    const met = this.awaited.filter(({ count }) => count === this.tasks.size);
    this.awaited = this.awaited.filter((each) => !met.includes(each));
    for (const { resolve } of met) resolve();
  }

  /** How services elsewhere stand, as told last. */
  standings: AgentParams<"set_standings">["standings"] = {};

  private readonly handlers: AgentHandlers = {
    apply: async ({ services, tasks = [], standings = {}, update_interval_ms }) => {
      this.standings = standings;
      this.tasks.clear();
      for (const task of tasks) this.tasks.set(task.name, task);
      this.tasksChanged();
      this.updateInterval = update_interval_ms;
      this.desired.clear();
      for (const service of services) this.desired.set(service.spec.name, service);
      return {};
    },
    set_standings: async ({ standings }) => {
      this.standings = standings;
      return {};
    },
    set: async ({ service }) => {
      this.desired.set(service.spec.name, service);
      return {};
    },
    remove: async ({ service }) => {
      this.desired.delete(service);
      this.rows.delete(`${service}/0`);
      this.emit({ notice: "instances", data: { changed: [], removed: [{ service, index: 0 }] } });
      return { outcome: "done", message: `"${service}" is gone`, count: 1 };
    },
    check_results: async () => ({ checks: [] }),
    act: async (params) => {
      const { action } = params;
      const service = params.service.spec.name;
      this.desired.set(service, params.service);
      if (this.onAct !== undefined) return await this.onAct(params);
      const up = action === "start" || action === "restart";
      const was = this.rows.get(`${service}/0`)?.state ?? "stopped";
      this.tell(instanceRow(service, up ? "running" : "stopped"));
      const count = up || was === "running" ? 1 : 0;
      return { outcome: "done", message: `${action} of "${service}" is done`, count };
    },
    snapshot: async () => ({ instances: [...this.rows.values()], system: SYSTEM }),
    read_output: async ({ limit }) => {
      const lines = this.lines.slice(-limit);
      return { lines, more_before: this.lines.length > lines.length, more_after: false, dropped: 0 };
    },
    follow_output: async (params) => {
      this.follows.set(params.subscription, params);
      const { subscription, service, after } = params;
      if (after === undefined) return {};
      const lines = this.lines.filter(({ cursor }) => cursor > after);
      this.emit({ notice: "output", data: { subscription, service, index: 0, lines } });
      return {};
    },
    unfollow_output: async ({ subscription }) => {
      this.follows.delete(subscription);
      return {};
    },
    processes: async ({ service }) => ({ processes: [processOf(service)] }),
    scan_ports: async () => ({ detected_ports: [8000] }),
    listeners: async () => ({
      listeners: [
        {
          port: 9999,
          address: "0.0.0.0",
          family: "ipv4",
          pid: 77,
          command: "stranger --password hunter2",
          service: null,
        },
      ],
    }),
    match: async ({ keywords }) => {
      const process = { ...processOf(keywords[0] ?? "any"), argv: [], working_dir: null, ports: [], refused: null };
      return { processes: [{ ...process, service: null }], total: 1 };
    },
    describe_process: async ({ pid }) => {
      if (pid !== 4711) throw new TailherdError("not_found", `There is no process ${pid}`);
      const process = { ...processOf("found"), argv: [], working_dir: null, ports: [], refused: null, service: null };
      return { spec: { name: "found" }, process, warnings: [] };
    },
    check_spec: async ({ spec }) => ({
      problems:
        spec.working_dir === "/missing"
          ? [{ path: "working_dir", message: "there is no directory /missing", severity: "error" as const }]
          : [],
    }),
    command: async (command) => (await this.onCommand?.(command)) ?? { accepted: true, message: "It is begun" },
    cancel_command: async () => ({}),
    set_task: async ({ task }) => {
      this.tasks.set(task.name, task);
      this.tasksChanged();
      return {};
    },
    remove_task: async ({ task }) => {
      this.tasks.delete(task);
      this.tasksChanged();
      return {};
    },
    run_task: async ({ task, id, by, due_at }) => {
      const known = this.tasks.get(task);
      if (known === undefined) return { accepted: false, message: "this server has no such task" };
      this.ranTasks.push(id);
      const now = new Date().toISOString();
      const trigger = due_at === undefined ? ("manual" as const) : ("catch_up" as const);
      const manual = { id, trigger, by, due_at: due_at ?? now, started_at: now };
      this.tellRun(known, { ...manual, outcome: "running", ended_at: null });
      this.tellRun(known, { ...manual, outcome: "done", reason: "exit 0", exit_code: 0, output: "done\n" });
      return { accepted: true, message: "It is begun" };
    },
    try_command: async () => ({ exit_code: 0, signal: null, still_running: false, output: ["hello"], duration_ms: 5 }),
  };
}
