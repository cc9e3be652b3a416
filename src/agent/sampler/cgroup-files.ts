// What cgroups tell of an instance that has its own: CPU time and memory of all its processes together, also those that have
// ended. Version 2 where it has controllers, version 1 beside it (the hybrid layout), each where its files are.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { numberAfter, type ProcReader } from "../processes/proc-files.ts";
import { parsePids } from "../processes/process-tree.ts";

/** Enough of cpu.stat for its first line, "usage_usec N", and for the bare number of version 1. */
const USAGE_BYTES = 64;

/** Which file of which directory tells what; undefined where none does. */
interface Sources {
  procs: string | undefined;
  /** cpu.stat tells microseconds in a line, cpuacct.usage nanoseconds as a bare number. */
  cpu: { path: string; version: 1 | 2 } | undefined;
  memory: { current: string; stat: string; inactiveKey: string } | undefined;
}

/** The cgroup directories of one instance. */
export class CgroupFiles {
  private readonly reader: ProcReader;
  private readonly sources: Sources;

  /** `directories` hold this instance and nothing else; which files they have is looked up once. */
  constructor(directories: readonly string[], reader: ProcReader) {
    this.reader = reader;
    const find = (file: string) =>
      directories.map((directory) => join(directory, file)).find((path) => existsSync(path));
    const current = find("memory.current");
    const usage = find("memory.usage_in_bytes");
    const stat = find("cpu.stat");
    const account = find("cpuacct.usage");
    let cpu: Sources["cpu"];
    // Version 1 has a cpu.stat too, which tells of throttling only.
    if (stat !== undefined && this.usageOf(stat, 2) !== undefined) cpu = { path: stat, version: 2 };
    else if (account !== undefined) cpu = { path: account, version: 1 };
    let memory: Sources["memory"];
    if (current !== undefined) {
      memory = { current, stat: join(current, "../memory.stat"), inactiveKey: "inactive_file" };
    } else if (usage !== undefined) {
      memory = { current: usage, stat: join(usage, "../memory.stat"), inactiveKey: "total_inactive_file" };
    }
    this.sources = {
      procs: find("cgroup.procs"),
      cpu,
      memory,
    };
  }

  /** Members, or undefined when the instance has no cgroup. */
  pids(): number[] | undefined {
    if (this.sources.procs === undefined) return undefined;
    const found = this.reader.read(this.sources.procs);
    return found === undefined ? [] : parsePids(found.bytes.toString("latin1", 0, found.length));
  }

  /** CPU seconds since the cgroup was made. */
  cpuSeconds(): number | undefined {
    return this.sources.cpu && this.usageOf(this.sources.cpu.path, this.sources.cpu.version);
  }

  /** Whether memory is told here; else processes must be asked. */
  get tellsMemory(): boolean {
    return this.sources.memory !== undefined;
  }

  /** Bytes charged to the cgroup, page cache included. */
  memoryCharged(): number | undefined {
    const text = this.sources.memory && this.reader.text(this.sources.memory.current);
    return text === undefined || text === "" ? undefined : Number(text);
  }

  /** Bytes of page cache that the kernel would drop first; not what people mean by memory in use. */
  memoryInactive(): number {
    const { memory } = this.sources;
    return memory === undefined ? 0 : (numberAfter(this.reader.text(memory.stat) ?? "", memory.inactiveKey) ?? 0);
  }

  private usageOf(path: string, version: 1 | 2): number | undefined {
    // Read once for each instance and interval, and so the dearest part of doing nothing: what is wanted stands in front.
    const found = this.reader.readOnce(path);
    if (found === undefined) return undefined;
    const text = found.bytes.toString("latin1", 0, Math.min(found.length, USAGE_BYTES));
    const value = version === 2 ? numberAfter(text, "usage_usec") : Number.parseInt(text, 10);
    if (value === undefined || Number.isNaN(value)) return undefined;
    return version === 2 ? value / 1e6 : value / 1e9;
  }
}
