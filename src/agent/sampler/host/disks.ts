// What whole disks read and write, from /proc/diskstats. Partitions repeat their disk, loop and RAM devices are no disks.
// Volumes (LVM, RAID, LUKS) are told beside the disks below them, by the names that people gave them.
import { readFileSync } from "node:fs";
import { SECOND } from "../../../base/units.ts";
import { listDirectory } from "../../processes/proc-files.ts";
import { firstByName, type MetricValues } from "./metric-values.ts";
import { forEachLine, percentOf, readNumbers } from "./numbers.ts";
import { RateTable } from "./rates.ts";

/** Disks that are told; each has five metrics. */
const MAX_DISKS = 32;
/** How old the list of whole disks may be: disks are plugged in now and then. */
const LIST_AGE = 30 * SECOND;
/** The kernel counts sectors of this many bytes, whatever the disk's are. */
const SECTOR = 512;

/** A line of /proc/diskstats. */
export interface DiskCounters {
  name: string;
  reads: number;
  readBytes: number;
  writes: number;
  writtenBytes: number;
  /** Milliseconds in which at least one request was under way. */
  busy: number;
}

/** reads, merged, sectors, ms, writes, merged, sectors, ms, in flight, ms busy */
const FIELDS = 10;
const numbers = new Float64Array(FIELDS);

/** Follows the disks' counters. */
export class DiskMeter {
  private readonly sysRoot: string;
  private readonly rates = new RateTable();
  private names = new Map<string, string>();
  private listedAt = Number.NEGATIVE_INFINITY;

  constructor(sysRoot: string) {
    this.sysRoot = sysRoot;
  }

  /** Puts the rates since the call before. `at`: monotonic milliseconds. */
  put(values: MetricValues, text: string, at: number): void {
    const disks = parseDiskstats(text, isDiskName).filter((disk) => disk.reads + disk.writes > 0);
    if (at - this.listedAt >= LIST_AGE) this.list(at);
    const whole = disks.filter(({ name }) => (this.names.size === 0 ? !isPartitionName(name) : this.names.has(name)));
    const told = firstByName(whole, MAX_DISKS, (disk) => disk.name);
    this.rates.begin(at);
    for (const disk of told) {
      const { reads, readBytes, writes, writtenBytes, busy } = disk;
      const rates = this.rates.of(disk.name, [busy, readBytes, writtenBytes, reads, writes]) ?? [];
      const label = this.names.get(disk.name) ?? disk.name;
      values.put("disk_busy_percent", rates[0] === undefined ? undefined : percentOf(rates[0], SECOND), label);
      values.put("disk_read_bytes_per_second", rates[1], label);
      values.put("disk_write_bytes_per_second", rates[2], label);
      values.put("disk_reads_per_second", rates[3], label);
      values.put("disk_writes_per_second", rates[4], label);
    }
    values.leaveOut((whole.length - told.length) * 5);
  }

  /** Whole disks stand in /sys/block; volumes of the device mapper have a name there. */
  private list(at: number): void {
    this.listedAt = at;
    const found = listDirectory(`${this.sysRoot}/block`);
    // A container may have none, then names must do; and a list that could not be read now is no reason to forget the last.
    if (found.length === 0) return;
    this.names = new Map(found.map((name) => [name, this.names.get(name) ?? this.titleOf(name)]));
  }

  private titleOf(name: string): string {
    if (!name.startsWith("dm-")) return name;
    try {
      return readFileSync(`${this.sysRoot}/block/${name}/dm/name`, "utf8").trim() || name;
    } catch {
      return name;
    }
  }
}

/** Reads /proc/diskstats; only lines whose name is `wanted`, and that are whole. */
export function parseDiskstats(text: string, wanted: (name: string) => boolean = () => true): DiskCounters[] {
  const disks: DiskCounters[] = [];
  forEachLine(text, (start, end) => {
    // "   8       0 sda 1 2 3 …"
    const match = LINE_HEAD.exec(text.slice(start, Math.min(end, start + 120)));
    const name = match?.[1];
    if (match === null || name === undefined || !wanted(name)) return;
    if (readNumbers(text, start + match[0].length, numbers) < FIELDS) return;
    const [reads = 0, , readSectors = 0, , writes = 0, , writtenSectors = 0, , , busy = 0] = numbers;
    disks.push({ name, reads, readBytes: readSectors * SECTOR, writes, writtenBytes: writtenSectors * SECTOR, busy });
  });
  return disks;
}

const LINE_HEAD = /^ *\d+ +\d+ (\S+) /;

/** Loop, RAM and compressed-RAM devices, floppies and optical drives are left out. */
function isDiskName(name: string): boolean {
  return !/^(?:loop|ram|zram|fd|sr)\d/.test(name);
}

/** By the kernel's naming, where it cannot be asked: sda1, nvme0n1p2, mmcblk0p1, md0p1. */
export function isPartitionName(name: string): boolean {
  return /^(?:(?:sd|hd|vd|xvd)[a-z]+\d+|(?:nvme\d+n\d+|mmcblk\d+|md\d+|nbd\d+)p\d+)$/.test(name);
}
