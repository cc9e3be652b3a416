// Which processes tailherd must leave alone, whatever their command line says: itself, what it was started by, its shims, what
// it runs already, and other users' processes.
import { basename } from "node:path";
import { ancestorsOf, cgroupMembers } from "./process-tree.ts";
import type { ProcessStat, ProcessTable } from "./process-table.ts";

/** What the supervisor knows of a service that it runs. */
export interface ManagedInstance {
  service: string;
  /** Main processes and shims: everything below them is the service's too. */
  pids: readonly number[];
  /** Directories of its own cgroups. */
  cgroups: readonly string[];
}

/** Who we are; left out in the program itself, made up in tests. */
export interface Self {
  pid: number;
  uid: number;
  /** The script that runs us: another process with it is our own CLI, whose arguments may hold any keyword. */
  script: string;
}

/** Why a process may not be touched. */
export interface Refusal {
  reason: string;
  /** The service that runs it, where that is the reason. */
  service: string | null;
}

/** This very process. */
export function ourselves(): Self {
  return { pid: process.pid, uid: process.getuid?.() ?? 0, script: process.argv[1] ?? "" };
}

/** Judges the processes of one pass; make a new one for each. */
export class Untouchable {
  private readonly table: ProcessTable;
  private readonly self: Self;
  private readonly ancestors: ReadonlySet<number>;
  private readonly owners = new Map<number, string>();
  private readonly isShim: (command: string) => boolean;

  /** `isShim` knows a shim by its command line, also one of another tailherd on this machine. */
  constructor(options: {
    table: ProcessTable;
    managed: readonly ManagedInstance[];
    isShim: (command: string) => boolean;
    self?: Self;
  }) {
    this.table = options.table;
    this.self = options.self ?? ourselves();
    this.isShim = options.isShim;
    this.ancestors = new Set(ancestorsOf(this.table, this.self.pid));
    for (const { service, pids, cgroups } of options.managed) {
      for (const pid of pids) this.owners.set(pid, service);
      for (const cgroup of cgroups) for (const pid of cgroupMembers(cgroup)) this.owners.set(pid, service);
    }
  }

  /** Known to be a service's without any reading: a main process, a shim, a member of its cgroup. */
  isManaged(pid: number): boolean {
    return this.owners.has(pid);
  }

  /** Other users' processes are none of our business unless we are root. */
  mayTouchUser(uid: number): boolean {
    return this.self.uid === 0 || uid === this.self.uid;
  }

  /** Null for a process that may be matched, stopped or adopted. */
  refusal(
    process: Pick<ProcessStat, "pid">,
    argv: readonly string[],
    owner: { uid: number; name: string },
  ): Refusal | null {
    const { pid } = process;
    if (pid === this.self.pid) return { reason: "this is tailherd itself", service: null };
    if (pid === 1) return { reason: "process 1 keeps this machine running", service: null };
    if (this.ancestors.has(pid)) return { reason: "tailherd was started by it", service: null };
    const line = [pid, ...ancestorsOf(this.table, pid)];
    const service = line.map((one) => this.owners.get(one)).find((name) => name !== undefined);
    if (service !== undefined) return { reason: `it belongs to service "${service}"`, service };
    if (line.includes(this.self.pid)) return { reason: "tailherd started it for itself", service: null };
    if (this.isShim(argv.join(" "))) return { reason: "it is a shim of tailherd", service: null };
    if (this.isOurProgram(argv)) return { reason: "it is a tailherd program", service: null };
    if (!this.mayTouchUser(owner.uid)) return { reason: `it belongs to user ${owner.name}`, service: null };
    return null;
  }

  /** `tailherd …`, or an interpreter that runs the same script as we. */
  private isOurProgram(argv: readonly string[]): boolean {
    return argv.slice(0, 3).some((word, at) => {
      if (at > 0 && word === this.self.script && this.self.script !== "") return true;
      const name = basename(word);
      return name === "tailherd" || name === "tailherd.js";
    });
  }
}
