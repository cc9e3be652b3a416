// One look at the processes of many services. Members of a cgroup and trees by the kernel's lists of children need no pass
// over /proc; where neither is to be had, one pass serves all services of the round.
import type { ProcessStat, ProcessTable } from "../processes/process-table.ts";
import { type ChildIndex, descendantsOf, indexChildren } from "../processes/process-tree.ts";
import type { ProcessFiles } from "./process-files.ts";

/** Where a round reads from. `files` is undefined without /proc: then everything comes from one pass of the table. */
export interface RoundSources {
  table: ProcessTable;
  files: ProcessFiles | undefined;
}

/** Reads each process at most once. Make a new one for each interval. */
export class ProcessRound {
  /** Instances without a cgroup look for members that left their trees: one pass over /proc for all of them. */
  readonly strays: boolean;
  private readonly sources: RoundSources;
  private pass: { byPid: Map<number, ProcessStat>; children: ChildIndex } | undefined;

  constructor(sources: RoundSources, strays = false) {
    this.sources = sources;
    this.strays = strays;
  }

  stat(pid: number): ProcessStat | undefined {
    return this.sources.files === undefined ? this.snapshot().byPid.get(pid) : this.sources.table.stat(pid);
  }

  /** Those of the pids that live. */
  stats(pids: readonly number[]): ProcessStat[] {
    const found: ProcessStat[] = [];
    for (const pid of pids) {
      const stat = this.stat(pid);
      if (stat !== undefined && stat.state !== "Z" && stat.state !== "X") found.push(stat);
    }
    return found;
  }

  /** The processes and all below them, parents first. */
  trees(roots: readonly number[]): ProcessStat[] {
    const found: ProcessStat[] = [];
    const seen = new Set<number>();
    const add = (stats: readonly ProcessStat[]) => {
      for (const stat of stats) {
        if (seen.has(stat.pid)) continue;
        seen.add(stat.pid);
        found.push(stat);
      }
    };
    add(this.stats(roots));
    for (const parent of found) add(this.childrenOf(parent));
    return found;
  }

  /** Processes in a session, wherever their parents went: a daemon that forked twice is below pid 1 but still in it. One pass. */
  inSession(session: number): ProcessStat[] {
    return [...this.snapshot().byPid.values()].filter((stat) => stat.session === session && stat.state !== "Z");
  }

  private childrenOf(parent: ProcessStat): ProcessStat[] {
    const children = this.sources.files?.children(parent.pid, parent.threads);
    if (children !== undefined) return this.stats(children);
    return descendantsOf(this.snapshot().children, parent.pid).filter((stat) => stat.state !== "Z");
  }

  private snapshot() {
    if (this.pass === undefined) {
      const all = this.sources.table.all();
      this.pass = { byPid: new Map(all.map((stat) => [stat.pid, stat])), children: indexChildren(all) };
    }
    return this.pass;
  }
}
