// How full filesystems are. They are looked at rarely, one after the other and off the event loop: see `patient-reads.ts`.
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { SECOND } from "../../../base/units.ts";
import { firstByName, type MetricValues } from "./metric-values.ts";
import type { Mount } from "./mounts.ts";
import { percentOf } from "./numbers.ts";
import type { PatientReads } from "./patient-reads.ts";

/** Filesystems that are told; each has four metrics. */
const MAX_FILESYSTEMS = 24;
/** How long a value is told that could not be renewed. */
const KEEP = 90 * SECOND;

/** What statfs says, in bytes. */
export interface Fullness {
  total: number;
  used: number;
  /** Of what users may fill: blocks kept for root are neither used nor free, as df counts. */
  percent: number;
  /** Undefined where files are not counted (btrfs, vfat). */
  inodesPercent: number | undefined;
}

interface Reading extends Fullness {
  /** Monotonic milliseconds. */
  at: number;
}

/** Where filesystems are looked up, and how. */
export interface FilesystemSources {
  /** The real filesystems at this moment. */
  mounts: () => readonly Pick<Mount, "point">[];
  /** A directory of the filesystem that `disk_*` without a label tells of. */
  dataDir: string;
  reads: PatientReads;
  monotonic: () => number;
  /** Another one in tests. */
  statfs?: (path: string) => Promise<StatsFs>;
}

/** Keeps the last look at each filesystem. */
export class FilesystemMeter {
  private readonly sources: FilesystemSources;
  private readonly readings = new Map<string, Reading>();
  private data: Fullness | undefined;
  private points: readonly string[] = [];
  private overflow = 0;

  constructor(sources: FilesystemSources) {
    this.sources = sources;
  }

  /** Looks at all of them; never fails, and takes as long as the slowest may. */
  async refresh(): Promise<void> {
    const { mounts, dataDir, monotonic } = this.sources;
    this.data = (await this.ask(dataDir)) ?? this.data;
    const found = mounts().map(({ point }) => point);
    this.points = firstByName(found, MAX_FILESYSTEMS, (point) => point);
    this.overflow = found.length - this.points.length;
    for (const point of this.points) {
      const fullness = await this.ask(point);
      if (fullness !== undefined) this.readings.set(point, { ...fullness, at: monotonic() });
    }
    const oldest = monotonic() - KEEP;
    for (const [point, { at }] of this.readings) {
      if (at < oldest || !this.points.includes(point)) this.readings.delete(point);
    }
  }

  /** The filesystem of the data directory; its last value stays when it cannot be asked any more. */
  putData(values: MetricValues): void {
    values.put("disk_percent", this.data?.percent);
    values.put("disk_total_bytes", this.data?.total);
    values.put("disk_used_bytes", this.data?.used);
  }

  put(values: MetricValues): void {
    const oldest = this.sources.monotonic() - KEEP;
    for (const point of this.points) {
      const known = this.readings.get(point);
      const reading = known !== undefined && known.at >= oldest ? known : undefined;
      values.put("filesystem_percent", reading?.percent, point);
      values.put("filesystem_total_bytes", reading?.total, point);
      values.put("filesystem_used_bytes", reading?.used, point);
      values.put("filesystem_inodes_percent", reading?.inodesPercent, point);
    }
    values.leaveOut(this.overflow * 4);
  }

  private async ask(path: string): Promise<Fullness | undefined> {
    const answer = await this.sources.reads.ask(path, () => (this.sources.statfs ?? statfs)(path));
    return answer && fullnessOf(answer);
  }
}

/** Undefined for a filesystem without blocks: one that only looks like a disk's. */
export function fullnessOf(stats: StatsFs): Fullness | undefined {
  const { blocks, bfree, bavail, bsize, files, ffree } = stats;
  if (blocks <= 0) return undefined;
  const used = (blocks - bfree) * bsize;
  return {
    total: blocks * bsize,
    used,
    percent: percentOf(used, used + bavail * bsize) ?? 0,
    inodesPercent: percentOf(files - ffree, files),
  };
}
