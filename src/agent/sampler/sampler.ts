// Observes the machine and what runs on it, once an interval, at a cost that is not noticed: see `instance-meter.ts` for what
// is read when, `listener-table.ts` for ports. Everything here reads; nothing touches a process.
import { existsSync } from "node:fs";
import { type Clock, systemClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { Listener } from "../../contract/agent.ts";
import type { InstanceStatus, PortStatus, ProcessInfo, SystemStats } from "../../contract/status.ts";
import { CommandLines } from "../processes/command-line.ts";
import { ListenerTable } from "../processes/listener-table.ts";
import { PortReport } from "../processes/port-report.ts";
import { ProcReader } from "../processes/proc-files.ts";
import type { ProcessStat, ProcessTable } from "../processes/process-table.ts";
import { CgroupFiles } from "./cgroup-files.ts";
import { type HostSample, HostSampler } from "./host/host-sampler.ts";
import { TopProcesses } from "./host/top-processes.ts";
import { InstanceMeter, type InstanceUsage, type MeterTools } from "./instance-meter.ts";
import { MemoryMeter } from "./memory-meter.ts";
import { ProcessFiles } from "./process-files.ts";
import { ProcessRound } from "./process-round.ts";
import { systemStatsOf } from "./system-stats.ts";

/** Samples after which command lines of processes that were not met since are forgotten; longer than any is left unread. */
const FORGET_EVERY = 24;
/** Every so many samples, instances without a cgroup are searched for members that left their trees: once a minute as a rule. */
const STRAYS_EVERY = 12;

/** Seconds after its start in which a service is expected to begin to listen. */
const YOUNG = 60;

/** A running instance as the sampler needs it. */
export interface SampledInstance {
  service: string;
  index: number;
  /** The main process; of an `external` instance all matched processes. */
  pids: readonly number[];
  /** Directories of cgroups that hold this instance and nothing else, any version, in any order; empty without cgroups. */
  cgroups: readonly string[];
  /** Processes in those cgroups that are ours and do not count: the shim. */
  shims?: readonly number[];
  /** Of these, those that hold sockets for it: they listen in its name, also while it does not run. */
  holders?: readonly number[];
  /** The ports that its definition declares. */
  ports: readonly number[];
}

/** The fields of `InstanceStatus` that a sample fills. */
export type InstanceReading = Pick<InstanceStatus, "service" | "index" | "port_status" | "detected_ports"> &
  InstanceUsage;

/** Everything of one interval. */
export interface Sample {
  /** All that was measured of the machine, and the few values of it that `/api/stats` tells. */
  host: HostSample;
  system: SystemStats;
  /** In the order asked. */
  instances: InstanceReading[];
}

/** Takes samples and answers questions in between; keeps what differences need. Nothing in it has to be closed. */
export class Sampler {
  /** Listening sockets; shared with whoever asks for ports outside of samples. */
  readonly listeners: ListenerTable;
  /** Which processes used the machine most; ask about once a minute. */
  readonly topProcesses: TopProcesses;
  private readonly tools: MeterTools;
  private readonly ports: PortReport;
  private readonly host: HostSampler;
  private readonly clock: Clock;
  private readonly reader = new ProcReader();
  private meters = new Map<string, InstanceMeter>();
  private made = 0;
  private samples = 0;

  /** `dataDir`: whose filesystem `disk_*` tells of. `procRoot` is another directory in tests. */
  constructor(options: { table: ProcessTable; dataDir: string; clock?: Clock; procRoot?: string }) {
    const { table } = options;
    const procRoot = options.procRoot ?? "/proc";
    this.clock = options.clock ?? systemClock;
    const files = existsSync(`${procRoot}/self/stat`) ? new ProcessFiles(procRoot, this.reader) : undefined;
    this.tools = {
      table,
      files,
      memory: new MemoryMeter(files),
      commands: new CommandLines(table, () => this.clock.now()),
      now: () => this.clock.now(),
    };
    this.listeners = new ListenerTable({ procRoot, clock: this.clock });
    this.ports = new PortReport({ listeners: this.listeners, table, clock: this.clock });
    this.topProcesses = new TopProcesses({ table, files, clock: this.clock });
    this.host = new HostSampler({
      dataDir: options.dataDir,
      countProcesses: () => table.pids().length,
      procRoot,
      clock: this.clock,
    });
  }

  /**
   * One interval: call it with all running instances, about every `update_interval_seconds`. An instance that was started
   * anew (another first pid) begins a new series; one left out is forgotten. Takes up to 200 ms when a new listener on a declared
   * port does not answer, else no longer than the reading.
   */
  async sample(instances: readonly SampledInstance[]): Promise<Sample> {
    const at = this.clock.monotonic();
    const round = new ProcessRound(this.tools, this.samples % STRAYS_EVERY === 0);
    this.tools.memory.beginRound();
    this.samples += 1;
    if (this.samples % FORGET_EVERY === 0) this.tools.commands.endRound();
    const kept = new Map<string, InstanceMeter>();
    const rows: { instance: SampledInstance; meter: InstanceMeter; usage: InstanceUsage }[] = [];
    let starting = false;
    for (const instance of instances) {
      const key = keyOf(instance);
      const meter = this.meterOf(instance, key);
      kept.set(key, meter);
      rows.push({ instance, meter, usage: meter.sample(round, at) });
      starting ||= this.isYoung(meter.members[0]);
    }
    this.meters = kept;
    this.listeners.refresh(starting ? "eager" : "calm");
    const holders = new Map<string, ProcessStat[]>();
    for (const { instance, meter } of rows) {
      const known = holders.get(instance.service) ?? [];
      // Its own processes first: they are who is named.
      known.unshift(...meter.members);
      known.push(...(instance.holders ?? []).flatMap((pid) => this.tools.table.stat(pid) ?? []));
      holders.set(instance.service, known);
    }
    const [host, statuses] = await Promise.all([
      this.host.sample(),
      Promise.all(rows.map(({ instance }) => this.ports.statusOf(instance.ports, holders.get(instance.service) ?? []))),
    ]);
    this.ports.forgetOld();
    return {
      host,
      system: systemStatsOf(host.values, this.host.lastCpuPercent),
      instances: rows.map(({ instance, meter, usage }, at) => ({
        service: instance.service,
        index: instance.index,
        ...usage,
        port_status: statuses[at] ?? [],
        detected_ports: this.listeners.portsOf(meter.members),
      })),
    };
  }

  /** The processes of an instance now, the main one first; CPU since the last sample. */
  processes(instance: SampledInstance): ProcessInfo[] {
    return this.meterOf(instance).processesNow(new ProcessRound(this.tools), this.clock.monotonic());
  }

  /**
   * Rows for declared ports outside of a sample: of a service that does not run here (`own` left out), or before it is saved.
   * As of the last sample, unless `fresh`.
   */
  portStatus(
    ports: readonly number[],
    options: { own?: readonly SampledInstance[]; fresh?: boolean } = {},
  ): Promise<PortStatus[]> {
    if (options.fresh === true) this.listeners.refresh("force");
    return this.ports.statusOf(ports, this.membersOf(options.own ?? []));
  }

  /** Ports that the whole trees of these instances (of one service) listen on now. */
  scanPorts(instances: readonly SampledInstance[]): number[] {
    this.listeners.refresh("force");
    return this.listeners.portsOf(this.membersOf(instances));
  }

  /** Every listening socket of the machine now, with process and service. */
  listAll(instances: readonly SampledInstance[]): Listener[] {
    const services = new Map<number, string>();
    const shims = new Set(instances.flatMap(({ holders = [] }) => holders));
    for (const instance of instances) {
      for (const { pid } of this.membersOf([instance])) services.set(pid, instance.service);
      for (const pid of instance.holders ?? []) services.set(pid, instance.service);
    }
    // A shim's child is the fork that waits for the next start, and holds what the shim does.
    const serviceOf = (pid: number): string | undefined =>
      services.get(pid) ?? services.get(this.waitsBelow(pid, shims));
    return this.ports.list((pid) => serviceOf(pid) ?? null, shims);
  }

  /** All processes of these instances now: trees and cgroups. */
  membersOf(instances: readonly SampledInstance[]): ProcessStat[] {
    const round = new ProcessRound(this.tools);
    return instances.flatMap((instance) => this.meterOf(instance).findMembers(round));
  }

  private waitsBelow(pid: number, shims: ReadonlySet<number>): number {
    const parent = this.tools.table.stat(pid)?.ppid ?? 0;
    return shims.has(parent) ? parent : 0;
  }

  /** It may be about to listen: its ports are looked for without waiting. */
  private isYoung(main: ProcessStat | undefined): boolean {
    return main !== undefined && this.clock.now() / SECOND - this.tools.table.createTime(main.startTicks) < YOUNG;
  }

  private meterOf(instance: SampledInstance, key = keyOf(instance)): InstanceMeter {
    const known = this.meters.get(key);
    if (known !== undefined) {
      known.roots = instance.pids;
      known.shims = instance.shims ?? [];
      return known;
    }
    this.made += 1;
    const cgroup = new CgroupFiles(instance.cgroups, this.reader);
    const meter = new InstanceMeter(instance.pids, cgroup, this.tools, this.made);
    meter.shims = instance.shims ?? [];
    return meter;
  }
}

/** With another main process or other cgroups it is another series. */
function keyOf(instance: SampledInstance): string {
  return `${instance.service}\n${instance.index}\n${instance.pids[0] ?? 0}\n${instance.cgroups.join(" ")}`;
}
