// The port behind which the hub keeps samples of servers and instances. Asynchronous, and knows nothing of SQLite or of being the
// only hub: a time series database fits behind it. Metrics are the one thing of the hub that may be lost: nothing here throws for
// a full disk or a damaged file; `stats` tells it.

import type { TopProcesses } from "../../contract/top-processes.ts";

/** A series within its server. */
export interface SeriesName {
  /** Null: the server itself. */
  service: string | null;
  /** The instance; null for the server itself. */
  index: number | null;
  /** Small letters, digits and `_`, at most 128 characters with one label in brackets: `fs_used_bytes[/data]`. The end tells the unit. */
  metric: string;
}

/** Finite numbers by metric. They are rounded on arrival, by the unit that ends the metric's name. */
export type Values = Readonly<Record<string, number>>;

/** What one server measured at one time. */
export interface Sample {
  server_id: string;
  /** Unix milliseconds, whole. */
  at: number;
  /** Of the server itself. */
  values: Values;
  instances?: readonly { service: string; index: number; values: Values }[];
}

/** How series of several servers become one: not at all, or by this of the servers' values in each bucket. */
export type Aggregate = "none" | "avg" | "min" | "max" | "sum" | "p95";

/** What is asked. */
export interface MetricsQuery {
  /** Ids. */
  servers: readonly string[];
  /** Services whose instances are meant, `*` for all; left out: the servers themselves. */
  services?: readonly string[];
  /** Names; a trailing `[*]` means all labels. */
  metrics: readonly string[];
  /** Unix milliseconds; the end is not part of it. */
  from: number;
  to: number;
  /** Seconds that one point stands for; 0: so many that there are at most about 500 points. May be raised, see `step` of the answer. */
  step: number;
  aggregate: Aggregate;
}

/** Points of one series, or of several as one (`server_id` null). Buckets without a sample are left out. */
export interface MetricsSeries extends SeriesName {
  server_id: string | null;
  /** Start of the bucket in Unix milliseconds, aligned to the step; mean of its samples, or the aggregate of the servers' means. */
  points: [at: number, value: number][];
  /** Smallest and largest sample in the bucket of each point. */
  min: number[];
  max: number[];
}

/** What is answered. */
export interface MetricsAnswer {
  /** Seconds. */
  step: number;
  /** By metric, service, index and server. */
  series: MetricsSeries[];
}

/** What is known of the store itself. */
export interface MetricsStats {
  /** On the disk, everything included. */
  bytes: number;
  /** Raw samples kept. */
  samples: number;
  /** Null without samples. Rollups outlive raw samples and are counted in `bytes`. */
  bytes_per_sample: number | null;
  /** Unix milliseconds of the oldest hour with raw samples; null without. */
  oldest: number | null;
  /** Samples that were refused or lost since the start: disk full too long, times out of range. */
  dropped: number;
  /** Blobs that could not be read since the start. */
  damaged: number;
  /** Why nothing can be written now, in words; null while it can. */
  problem: string | null;
  /** Path of a damaged file that was set aside since the start; null if none was. */
  set_aside: string | null;
}

/** How long samples are kept. */
export interface RetentionPolicy {
  /** Days. */
  raw: number;
  /** Days of buckets of 5 minutes. */
  fine: number;
  /** Days of buckets of 1 hour. */
  coarse: number;
  /** On the disk at most; the oldest raw hours go first. */
  bytes: number;
}

export interface MetricsStore {
  /**
   * Takes a sample. Told twice (same series, same `at`) it counts once: the first value stays. It may come late and in any order;
   * what is older than raw samples are kept, or more than an hour ahead, or has no proper name or number, is refused and counted.
   * Resolves when taken, and it is safe from our own death some seconds after.
   */
  append(sample: Sample): Promise<void>;
  /** Takes a list of processes; kept as long as raw samples. */
  appendTop(list: TopProcesses & { server_id: string }): Promise<void>;
  /** The latest list of the 5 minutes up to `at`. */
  topAt(serverId: string, at: number): Promise<TopProcesses | undefined>;
  /** Buckets at both ends are whole. Rejects with `refused` when it needs too much, `degraded` or `disk_full` when it cannot be answered now. */
  query(query: MetricsQuery): Promise<MetricsAnswer>;
  /** Drops what the policy does not keep at `now`, Unix milliseconds. */
  drop(now: number): Promise<void>;
  /** From now on, by another policy. */
  setPolicy(policy: RetentionPolicy): Promise<void>;
  /** Drops everything of a server. */
  forget(serverId: string): Promise<void>;
  stats(): Promise<MetricsStats>;
  /** Writes what is only in memory. */
  close(): Promise<void>;
}
