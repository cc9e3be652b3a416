// What the agent sees at each interval, and the rows it tells: instances as they change, samples as they come.
import { isDeepStrictEqual } from "node:util";
import type { Clock, Timer } from "../base/clock.ts";
import { MINUTE, SECOND } from "../base/units.ts";
import type { InstanceStatus, SystemStats } from "../contract/status.ts";
import { portsOf } from "../contract/sockets.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Notices } from "./notices.ts";
import { ExternalMatcher } from "./processes/external-match.ts";
import type { ProcessTable } from "./processes/process-table.ts";
import { Untouchable } from "./processes/untouchable.ts";
import { type InstanceReading, type SampledInstance, Sampler } from "./sampler/sampler.ts";
import type { Containment } from "./supervisor/containment.ts";
import type { InstanceLife } from "./supervisor/instance-life.ts";
import { instanceStatus } from "./supervisor/instance-status.ts";
import { isShimCommand } from "./supervisor/shims.ts";
import type { Supervisor } from "./supervisor/supervisor.ts";

/**
 * How soon after a start its processes are looked at (before `act` answers, 200 ms after it), and how far apart such early
 * samples are, however much starts. Milliseconds.
 */
const EARLY = 0.15 * SECOND;
const EARLY_GAP = SECOND;
const TOP_EVERY = MINUTE;

export interface ObserverOptions {
  server: { id: string; name: string };
  table: ProcessTable;
  containment: Containment;
  clock: Clock;
  logger: Logger;
  notices: Notices;
  /** Its filesystem is the one whose fullness is told. */
  dataDir: string;
}

export class Observer {
  readonly sampler: Sampler;
  system: SystemStats | null = null;
  private readonly options: ObserverOptions;
  private readonly matcher: ExternalMatcher;
  private readonly readings = new WeakMap<InstanceLife, { generation: number; reading: InstanceReading }>();
  private readonly pending = new Set<InstanceLife>();
  private supervisor: Supervisor | undefined;
  /** Milliseconds between samples. */
  interval = 0;
  private timer: Timer | undefined;
  private topTimer: Timer | undefined;
  /** On the monotonic clock: when the next sample is due, and when the last one was taken. */
  private due = 0;
  private last = Number.NEGATIVE_INFINITY;
  private sampling: Promise<void> = Promise.resolve();
  private lookingForTop: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(options: ObserverOptions) {
    this.options = options;
    const { table, dataDir, clock } = options;
    this.sampler = new Sampler({ table, dataDir, clock });
    this.matcher = new ExternalMatcher(table, () => clock.now());
  }

  /** Whose instances it looks at. */
  attach(supervisor: Supervisor): void {
    this.supervisor = supervisor;
  }

  /** Begins to sample; the first sample is taken at once. */
  start(interval: number): void {
    this.interval = interval;
    this.schedule(0);
    this.lookForTop();
  }

  /** Milliseconds between samples from now on. */
  setInterval(interval: number): void {
    if (interval === this.interval) return;
    this.interval = interval;
    this.schedule(interval);
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    this.topTimer?.cancel();
    await Promise.all([this.sampling, this.lookingForTop]);
  }

  /** Tells an instance's row at the end of this turn; several changes within it are one. */
  changed(instance: InstanceLife): void {
    this.pending.add(instance);
    if (this.pending.size === 1) queueMicrotask(() => this.tellChanged());
  }

  removed(service: string, index: number): void {
    this.options.notices.send({ notice: "instances", data: { changed: [], removed: [{ service, index }] } });
  }

  status(instance: InstanceLife): InstanceStatus {
    return instanceStatus(instance, this.options.server, this.options.table, this.readingOf(instance));
  }

  memoryOf(instance: InstanceLife): number | null {
    return this.readings.get(instance)?.reading.memory ?? null;
  }

  /** Looks for processes that match the keywords of services that do not run. */
  match(): void {
    const instances = this.supervisor?.instances() ?? [];
    const services = instances.filter((instance) => instance.index === 0 && !instance.alive);
    const wanted = services.flatMap(({ service, desired }) =>
      desired.spec.match_keywords.length === 0 ? [] : [{ name: service, keywords: desired.spec.match_keywords }],
    );
    const found = this.matcher.match(wanted, () => this.untouchable());
    const bootId = this.options.table.bootId();
    for (const instance of services) {
      const match = found.get(instance.service);
      const processes = match?.processes.map(({ pid, startTicks }) => ({ pid, startTicks, bootId })) ?? [];
      instance.matched(processes, match?.refused ?? null);
    }
  }

  /** Judges what may be touched, as of now. */
  untouchable(): Untouchable {
    const managed = (this.supervisor?.instances() ?? [])
      .filter((instance) => instance.state !== "external")
      .map((instance) => {
        const { service, pids, shims = [], cgroups } = this.sampled(instance);
        return { service, pids: [...pids, ...shims], cgroups };
      });
    return new Untouchable({ table: this.options.table, managed, isShim: isShimCommand });
  }

  /** What the sampler needs of an instance that runs, here or as something external. */
  sampled(instance: InstanceLife): SampledInstance {
    const { shim, main } = instance.contained;
    const external = instance.state === "external";
    return {
      service: instance.service,
      index: instance.index,
      pids: external ? instance.external.map(({ pid }) => pid) : main === null ? [] : [main.pid],
      cgroups: external ? [] : this.options.containment.directories(instance.directory.key),
      shims: shim === null ? [] : [shim.pid],
      holders: shim !== null && instance.shim.holds ? [shim.pid] : [],
      ports: portsOf(instance.desired.spec),
    };
  }

  private schedule(delay: number): void {
    this.timer?.cancel();
    if (this.closed) return;
    const { clock } = this.options;
    this.due = clock.monotonic() + delay;
    this.timer = clock.after(delay, () => {
      this.due = Number.POSITIVE_INFINITY;
      this.last = clock.monotonic();
      this.sampling = this.sample()
        .catch((error: unknown) => this.options.logger.error({ error: String(error) }, "a sample failed"))
        .finally(() => this.schedule(this.interval));
    });
  }

  /** Once a minute: which processes took most. */
  private lookForTop(): void {
    if (this.closed) return;
    const { clock, logger, notices } = this.options;
    this.topTimer = clock.after(TOP_EVERY, () => {
      this.lookingForTop = this.sampler.topProcesses
        .sample()
        .then((top) => notices.send({ notice: "top", data: top }))
        .catch((error: unknown) => logger.error({ error: String(error) }, "cannot look for the top processes"))
        .finally(() => this.lookForTop());
    });
  }

  /** What has just come up is measured before its turn, so that it is not told as running without a process for an interval. */
  private sampleEarly(): void {
    const now = this.options.clock.monotonic();
    const delay = Math.max(EARLY, this.last + EARLY_GAP - now);
    if (now + delay < this.due && this.due !== Number.POSITIVE_INFINITY) this.schedule(delay);
  }

  private async sample(): Promise<void> {
    const { supervisor } = this;
    if (supervisor === undefined) return;
    supervisor.tick();
    this.match();
    const instances = supervisor.instances();
    const running = instances.filter((instance) => instance.alive || instance.state === "external");
    const sample = await this.sampler.sample(running.map((instance) => this.sampled(instance)));
    this.system = sample.system;
    const fresh = running.filter((instance, at) => {
      const reading = sample.instances[at];
      return reading !== undefined && this.keep(instance, reading);
    });
    if (this.closed) return;
    this.options.notices.send({
      notice: "samples",
      data: {
        at: this.options.clock.now(),
        system: sample.system,
        instances: fresh.map((instance) => this.status(instance)),
        samples: sample.instances.map(({ service, index, cpu, memory }) => ({ service, index, cpu, memory })),
        values: sample.host.values,
        left_out: sample.host.left_out,
      },
    });
  }

  /** Whether it reads otherwise than at the sample before. */
  private keep(instance: InstanceLife, reading: InstanceReading): boolean {
    const before = this.readings.get(instance);
    if (before?.generation === instance.generation && readsTheSame(before.reading, reading)) return false;
    this.readings.set(instance, { generation: instance.generation, reading });
    return true;
  }

  /** Measurements of the generation that runs; none for one that is gone. */
  private readingOf(instance: InstanceLife): InstanceReading | undefined {
    const kept = this.readings.get(instance);
    const current = kept?.generation === instance.generation && (instance.alive || instance.state === "external");
    return current ? kept.reading : undefined;
  }

  private tellChanged(): void {
    const changed = [...this.pending].map((instance) => this.status(instance));
    if ([...this.pending].some((instance) => instance.alive && this.readingOf(instance) === undefined))
      this.sampleEarly();
    this.pending.clear();
    if (!this.closed) this.options.notices.send({ notice: "instances", data: { changed, removed: [] } });
  }
}

/** What slept since the last sample has the very same list of processes. */
function readsTheSame(a: InstanceReading, b: InstanceReading): boolean {
  return (
    a.processes === b.processes &&
    a.cpu === b.cpu &&
    a.memory === b.memory &&
    a.open_files === b.open_files &&
    a.detected_ports.join() === b.detected_ports.join() &&
    a.port_status.length === b.port_status.length &&
    a.port_status.every((port, at) => isDeepStrictEqual(port, b.port_status[at]))
  );
}
