// Processes that a test makes up: births, deaths and pid reuse on demand.
import type { ProcessStat, ProcessTable } from "./process-table.ts";

/** A made-up process: what the kernel would say of it, and what its other files hold. */
export interface FakeProcess extends ProcessStat {
  argv: string[];
  environ: Record<string, string>;
  workingDir: string;
  executable: string;
  uid: number;
}

/** A table that holds what it is told; fields may be changed in place through `get`. */
export class FakeProcessTable implements ProcessTable {
  private readonly processes = new Map<number, FakeProcess>();
  private boot = "00000000-0000-4000-8000-000000000001";
  private ticks = 1000;
  /** How often each method was asked, to show what costs nothing. */
  readonly calls = { stat: 0, all: 0, argv: 0, environ: 0 };

  /** Adds a process, or replaces the one with this pid (as the kernel reuses a pid: with a later start). */
  add(fields: Partial<FakeProcess> & { pid: number }): FakeProcess {
    this.ticks += 10;
    const made: FakeProcess = {
      ppid: 1,
      pgrp: fields.pid,
      session: fields.pid,
      name: fields.argv?.[0]?.split("/").at(-1)?.slice(0, 15) ?? `p${fields.pid}`,
      state: "S",
      startTicks: this.ticks,
      cpuSeconds: 0,
      reapedCpuSeconds: 0,
      threads: 1,
      rss: 1_048_576,
      argv: [`p${fields.pid}`],
      environ: {},
      workingDir: "/",
      executable: fields.argv?.[0] ?? `/bin/p${fields.pid}`,
      uid: 0,
      ...fields,
    };
    this.processes.set(made.pid, made);
    return made;
  }

  get(pid: number): FakeProcess | undefined {
    return this.processes.get(pid);
  }

  /** Ends a process; its children go to pid 1, as the kernel does it. */
  remove(pid: number): void {
    this.processes.delete(pid);
    for (const child of this.processes.values()) if (child.ppid === pid) child.ppid = 1;
  }

  /** Another boot: nothing runs, and every recorded identity is void. */
  reboot(): void {
    this.processes.clear();
    this.boot = crypto.randomUUID();
    this.ticks = 0;
  }

  bootId(): string {
    return this.boot;
  }

  createTime(startTicks: number): number {
    return 1_790_000_000 + startTicks / 100;
  }

  stat(pid: number): ProcessStat | undefined {
    this.calls.stat += 1;
    const found = this.processes.get(pid);
    return found && { ...found };
  }

  all(): ProcessStat[] {
    this.calls.all += 1;
    return [...this.processes.values()].map((found) => ({ ...found }));
  }

  pids(): number[] {
    return [...this.processes.keys()];
  }

  argv(pid: number): string[] | undefined {
    this.calls.argv += 1;
    return this.processes.get(pid)?.argv;
  }

  environ(pid: number): Record<string, string> | undefined {
    this.calls.environ += 1;
    return this.processes.get(pid)?.environ;
  }

  workingDir(pid: number): string | undefined {
    return this.processes.get(pid)?.workingDir;
  }

  executable(pid: number): string | undefined {
    return this.processes.get(pid)?.executable;
  }

  owner(pid: number): { uid: number; name: string } | undefined {
    const found = this.processes.get(pid);
    return found && { uid: found.uid, name: found.uid === 0 ? "root" : `user${found.uid}` };
  }
}
