// The metrics store as plainly as it can be written: every sample in a map. The model that the cases and properties hold the real one
// against.
import { DAY, HOUR, MINUTE } from "../../base/units.ts";
import type { Clock } from "../../base/clock.ts";
import { aggregateOf } from "./accumulator.ts";
import { grainOf, roundTo } from "./grain.ts";
import type { TopProcesses } from "../../contract/top-processes.ts";
import type {
  MetricsAnswer,
  MetricsQuery,
  MetricsSeries,
  MetricsStats,
  MetricsStore,
  RetentionPolicy,
  Sample,
  SeriesName,
} from "./metrics-store.ts";
import { planQuery, type Plan } from "./query-plan.ts";
import { isMetricName, seriesMatcher, seriesOfText, seriesText } from "./series-name.ts";

/** Keeps all, in full resolution, for as long as raw samples. */
export class MemoryMetrics implements MetricsStore {
  private readonly clock: Clock;
  private policy: RetentionPolicy;
  private readonly servers = new Map<string, Map<string, Map<number, number>>>();
  private readonly tops = new Map<string, TopProcesses[]>();
  private dropped = 0;

  constructor(clock: Clock, policy: RetentionPolicy) {
    this.clock = clock;
    this.policy = policy;
  }

  async append({ server_id, at, values, instances = [] }: Sample): Promise<void> {
    const own = { service: null, index: null, values };
    for (const { service, index, values } of [own, ...instances]) {
      for (const [metric, value] of Object.entries(values)) this.put(server_id, { service, index, metric }, at, value);
    }
  }

  async appendTop({ server_id, at, processes }: TopProcesses & { server_id: string }): Promise<void> {
    const lists = this.tops.get(server_id) ?? [];
    this.tops.set(server_id, lists);
    if (!lists.some((list) => list.at === at)) lists.push({ at, processes });
  }

  async topAt(serverId: string, at: number): Promise<TopProcesses | undefined> {
    const lists = (this.tops.get(serverId) ?? []).filter((list) => list.at <= at && list.at >= at - 5 * MINUTE);
    return lists.sort((a, b) => b.at - a.at)[0];
  }

  async query(query: MetricsQuery): Promise<MetricsAnswer> {
    const plan = planQuery(query, this.policy, this.clock.now());
    const matches = seriesMatcher(query);
    const found = new Map<string, { server: string; buckets: Map<number, number[]> }[]>();
    for (const server of query.servers.toSorted()) {
      for (const [text, samples] of this.servers.get(server) ?? []) {
        if (!matches(seriesOfText(text))) continue;
        const buckets = bucketsOf(samples, plan);
        if (buckets.size > 0) found.set(text, [...(found.get(text) ?? []), { server, buckets }]);
      }
    }
    const series = [...found].flatMap(([text, all]) => {
      if (query.aggregate === "none")
        return all.map(({ server, buckets }) => draw(text, server, [buckets], "avg", plan));
      return [
        draw(
          text,
          null,
          all.map(({ buckets }) => buckets),
          query.aggregate,
          plan,
        ),
      ];
    });
    return { step: plan.step / 1000, series: series.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)) };
  }

  async drop(now: number): Promise<void> {
    const before = Math.floor((now - this.policy.raw * DAY) / HOUR) * HOUR;
    for (const series of this.servers.values()) {
      for (const samples of series.values()) for (const at of samples.keys()) if (at < before) samples.delete(at);
    }
  }

  async setPolicy(policy: RetentionPolicy): Promise<void> {
    this.policy = policy;
    await this.drop(this.clock.now());
  }

  async forget(serverId: string): Promise<void> {
    this.servers.delete(serverId);
    this.tops.delete(serverId);
  }

  async stats(): Promise<MetricsStats> {
    const all = [...this.servers.values()].flatMap((series) => [...series.values()]);
    const samples = all.reduce((sum, { size }) => sum + size, 0);
    const oldest = all.reduce((least, times) => Math.min(least, ...times.keys()), Infinity);
    const none = { damaged: 0, problem: null, set_aside: null };
    const hour = samples === 0 ? null : Math.floor(oldest / HOUR) * HOUR;
    return { bytes: 0, samples, bytes_per_sample: null, oldest: hour, dropped: this.dropped, ...none };
  }

  async close(): Promise<void> {}

  private put(server: string, name: SeriesName, at: number, value: number): void {
    const now = this.clock.now();
    if (at > now + HOUR || at < now - this.policy.raw * DAY || !Number.isFinite(value) || !isMetricName(name.metric)) {
      this.dropped += 1;
      return;
    }
    const series = this.servers.get(server) ?? new Map<string, Map<number, number>>();
    this.servers.set(server, series);
    const text = seriesText(name);
    const samples = series.get(text) ?? new Map<number, number>();
    series.set(text, samples);
    if (!samples.has(at)) samples.set(at, roundTo(value, grainOf(name.metric)));
  }
}

function bucketsOf(samples: Map<number, number>, { step, first, count }: Plan): Map<number, number[]> {
  const buckets = new Map<number, number[]>();
  for (const [at, value] of samples) {
    const bucket = Math.floor(at / step);
    if (bucket < first || bucket >= first + count) continue;
    buckets.set(bucket, [...(buckets.get(bucket) ?? []), value]);
  }
  return buckets;
}

function draw(
  text: string,
  server_id: string | null,
  all: Map<number, number[]>[],
  aggregate: Exclude<MetricsQuery["aggregate"], "none">,
  { step }: Plan,
): MetricsSeries {
  const series: MetricsSeries = { server_id, ...seriesOfText(text), points: [], min: [], max: [] };
  const numbers = [...new Set(all.flatMap((buckets) => [...buckets.keys()]))].sort((a, b) => a - b);
  for (const number of numbers) {
    const lists = all.flatMap((buckets) => [buckets.get(number) ?? []]).filter((list) => list.length > 0);
    const means = lists.map((list) => aggregateOf(Float64Array.from(list), "avg"));
    series.points.push([number * step, aggregateOf(Float64Array.from(means), aggregate)]);
    series.min.push(Math.min(...lists.flat()));
    series.max.push(Math.max(...lists.flat()));
  }
  return series;
}

function orderOf({ metric, service, index, server_id }: MetricsSeries): string {
  return `${metric}\0${service ?? ""}\0${server_id ?? ""}\0${String(index ?? "").padStart(9, "0")}`;
}
