// The embedded metrics store: a log of what has come, and a SQLite database of blobs that a process of its own has open. The hub's
// only rounds, appends to memory, and draws up points.
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Clock, Timer } from "../../base/clock.ts";
import { DAY, HOUR, MIB, MINUTE } from "../../base/units.ts";
import type { Logger } from "../../runtime/logger.ts";
import type { AnsweredSeries } from "./answer.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type {
  MetricsAnswer,
  MetricsQuery,
  MetricsSeries,
  MetricsStats,
  MetricsStore,
  RetentionPolicy,
  Sample,
} from "./metrics-store.ts";
import { planQuery, type Plan } from "./query-plan.ts";
import { SampleLog } from "./sample-log.ts";
import { ProcessLink } from "./process-link.ts";

/** Clocks that are ahead by more are wrong. */
const AHEAD = HOUR;
const TICK = MINUTE;
/** Milliseconds of sealing between two other calls. */
const SLICE = 200;

const MANY_BYTES = 2 * MIB;

/** Where it lies and what it keeps. */
export interface EmbeddedOptions {
  /** A directory of its own, made if need be. */
  dir: string;
  clock: Clock;
  logger: Logger;
  policy: RetentionPolicy;
}

/** Opens the store. Rejects only when the directory cannot be made or read; a damaged database shows in `stats`. */
export async function openEmbeddedMetrics(options: EmbeddedOptions): Promise<EmbeddedMetrics> {
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  return new EmbeddedMetrics(options, await SampleLog.open(options));
}

/** See `MetricsStore`; `settle` is for those who cannot wait for the next minute. */
export class EmbeddedMetrics implements MetricsStore {
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly log: SampleLog;
  private readonly link: ProcessLink;
  private policy: RetentionPolicy;
  private timer: Timer | undefined;
  private refused = 0;
  private nextSealing: number | null = null;
  private droppedAt: number;
  private problem: string | null = null;
  private toldAside: string | null = null;
  /** Work on the database in order: what is asked sees all log files taken in before. */
  private taking: Promise<void> | undefined;
  private working: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(options: EmbeddedOptions, log: SampleLog) {
    this.clock = options.clock;
    this.logger = options.logger;
    this.policy = options.policy;
    this.log = log;
    this.link = new ProcessLink({ file: join(options.dir, "metrics.db"), clock: options.clock });
    this.droppedAt = this.clock.now();
    this.timer = this.clock.after(TICK, () => this.tick());
  }

  append(sample: Sample): Promise<void> {
    const instances = sample.instances ?? [];
    const stream = this.isInTime(sample.at) ? this.log.stream(sample.server_id) : undefined;
    if (stream === undefined) {
      for (const { values } of [sample, ...instances]) this.refused += Object.keys(values).length;
      return Promise.resolve();
    }
    const before = stream.length;
    this.refused += stream.add(sample);
    this.log.grew(sample.server_id, stream.length - before);
    return Promise.resolve();
  }

  appendTop({ server_id, at, processes }: TopProcesses & { server_id: string }): Promise<void> {
    const stream = this.isInTime(at) ? this.log.stream(server_id) : undefined;
    if (stream === undefined) return Promise.resolve();
    const before = stream.length;
    stream.addTop({ at, processes });
    this.log.grew(server_id, stream.length - before);
    return Promise.resolve();
  }

  async topAt(serverId: string, at: number): Promise<TopProcesses | undefined> {
    await this.takeIn();
    return await this.link.call("topAt", { server: serverId, at, streams: this.log.tails(serverId) });
  }

  async query(query: MetricsQuery): Promise<MetricsAnswer> {
    const plan = planQuery(query, this.policy, this.clock.now());
    const step = plan.step / 1000;
    if (plan.count === 0) return { step, series: [] };
    await this.takeIn();
    const { servers, metrics, aggregate, services } = query;
    const asked = { servers, metrics, aggregate, ...(services === undefined ? {} : { services }) };
    const { tails, files } = await this.notTakenIn(servers);
    const series = await this.link.call("query", { question: { query: asked, plan, tails }, files });
    return { step, series: series.map((each) => drawUp(each, plan)) };
  }

  /** What the database has not: as bytes, or of a large fleet as files, since sending megabytes would hold the event loop. */
  private async notTakenIn(servers: readonly string[]): Promise<{ tails: Map<string, Uint8Array[]>; files: string[] }> {
    if (this.log.tailBytes(servers) > MANY_BYTES) {
      await this.log.flush();
      if (this.log.problem === null) return { tails: new Map(), files: this.log.files };
    }
    const tails = servers.map((server) => [server, this.log.tails(server)] as const);
    return { tails: new Map(tails.filter(([, streams]) => streams.length > 0)), files: [] };
  }

  async drop(now: number): Promise<void> {
    this.droppedAt = now;
    while (await this.link.call("drop", { policy: this.policy, now }));
  }

  async setPolicy(policy: RetentionPolicy): Promise<void> {
    this.policy = policy;
    await this.drop(this.clock.now());
  }

  async forget(serverId: string): Promise<void> {
    this.log.forget(serverId);
    await this.takeIn();
    await this.link.call("forget", { server: serverId });
  }

  async stats(): Promise<MetricsStats> {
    await this.takeIn();
    const unknown = { bytes: 0, samples: 0, oldest: null, damaged: 0, set_aside: null };
    const kept = await this.link.call("stats", {}).catch((error: unknown) => {
      this.failed(error);
      return unknown;
    });
    return {
      ...kept,
      bytes_per_sample: kept.samples === 0 ? null : kept.bytes / kept.samples,
      dropped: this.refused,
      problem: this.log.problem ?? this.problem,
    };
  }

  /** Takes all that has come into the database and seals what is due now. */
  async settle(): Promise<void> {
    await this.log.rotate();
    await this.takeIn();
    await this.sealDue();
  }

  /** Resolves when the work that the last minute brought is done. */
  async idle(): Promise<void> {
    await this.working;
  }

  /** Resolves when what has come is safe from our death. */
  flush(): Promise<void> {
    return this.log.flush();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.timer?.cancel();
    await this.log.close();
    await this.working;
    await this.taking;
    await this.link.end();
  }

  private isInTime(at: number): boolean {
    const now = this.clock.now();
    return at <= now + AHEAD && at >= now - this.policy.raw * DAY;
  }

  private tick(): void {
    this.working = this.work()
      // What fails is told by `stats`, and tried again in a minute.
      .catch((error: unknown) => this.failed(error))
      .finally(() => {
        if (!this.closed) this.timer = this.clock.after(TICK, () => this.tick());
      });
  }

  /** The process is started only when there is something to do. */
  private async work(): Promise<void> {
    const now = this.clock.now();
    if (this.log.isDue) await this.log.rotate();
    await this.takeIn();
    if (this.nextSealing !== null && this.nextSealing <= now) await this.sealDue();
    if (now - this.droppedAt >= HOUR && this.link.isRunning) await this.drop(now);
  }

  /** Takes the waiting log files in. Never rejects: what cannot be taken in stays in memory and on the disk. */
  private takeIn(): Promise<void> {
    this.taking ??= this.takeWaiting()
      .then(() => this.recovered())
      .catch((error: unknown) => this.failed(error))
      .finally(() => (this.taking = undefined));
    return this.taking;
  }

  private async takeWaiting(): Promise<void> {
    for (let [path] = this.log.waiting; path !== undefined; [path] = this.log.waiting) {
      await this.link.call("takeIn", { path });
      await this.log.taken(path);
      // When its hours are due only the process knows; it is asked at the next turn.
      this.nextSealing = 0;
    }
  }

  private async sealDue(): Promise<void> {
    do {
      this.nextSealing = await this.link.call("sealDue", { now: this.clock.now(), budget: SLICE });
    } while (this.nextSealing !== null && this.nextSealing <= this.clock.now());
    await this.tellAside();
  }

  private async tellAside(): Promise<void> {
    const { set_aside } = await this.link.call("stats", {});
    if (set_aside === null || set_aside === this.toldAside) return;
    this.toldAside = set_aside;
    this.logger.error({ file: set_aside }, `The metrics were damaged: they are kept at ${set_aside}, and begin anew`);
  }

  private recovered(): void {
    if (this.problem !== null) this.logger.info({}, "The metrics can be written again");
    this.problem = null;
  }

  private failed(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    if (this.problem === null) this.logger.error({ err: error }, `Cannot keep the metrics: ${words}`);
    this.problem = words;
  }
}

/** The points of one series; buckets without a value are left out. */
function drawUp({ server_id, service, index, metric, values, min, max }: AnsweredSeries, plan: Plan): MetricsSeries {
  const points: MetricsSeries["points"] = [];
  const list: number[] = [];
  for (let at = 0; at < values.length; at++) {
    const value = values[at] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    points.push([(plan.first + at) * plan.step, value]);
    list.push(value);
  }
  const low = min === values ? list : present(min);
  return { server_id, service, index, metric, points, min: low, max: max === min ? low : present(max) };
}

function present(values: Float64Array): number[] {
  const list: number[] = [];
  for (const value of values) if (!Number.isNaN(value)) list.push(value);
  return list;
}
