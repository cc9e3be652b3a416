// Memory of processes without a memory cgroup: proportional (PSS) where that is cheap, else resident (RSS). Asking the kernel
// for PSS walks the process's page tables and holds its memory lock meanwhile, so it is done for small processes, rarely, and
// corrected in between by what the resident size changed.
import { MIB } from "../../base/units.ts";
import type { ProcessStat } from "../processes/process-table.ts";
import type { ProcessFiles } from "./process-files.ts";

/** Larger processes are told by RSS: they share little of what they hold, and asking would cost them milliseconds. */
const MAX_RSS = 256 * MIB;
/** An instance with more processes than this is told by RSS. */
const MAX_PROCESSES = 16;
/** Rounds after which a measurement is made anew: 5 minutes at the usual interval. */
const KEEP_ROUNDS = 60;
/** Milliseconds that all measurements of one round may take; the rest waits for the next round. */
const ROUND_BUDGET = 5;

interface Measurement {
  startTicks: number;
  pss: number;
  /** Resident bytes at the same time. */
  rss: number;
  round: number;
}

/** Bytes, and how they were found. */
export interface MemoryReading {
  bytes: number;
  kind: "pss" | "rss";
}

/** Estimates memory; one for all instances, so that the budget of a round is shared. */
export class MemoryMeter {
  private readonly files: Pick<ProcessFiles, "pss"> | undefined;
  private readonly time: () => number;
  private readonly measured = new Map<number, Measurement>();
  private round = 0;
  private spent = 0;

  /** Without `files` (no /proc) all is RSS. `time` answers milliseconds. */
  constructor(files: Pick<ProcessFiles, "pss"> | undefined, time: () => number = () => performance.now()) {
    this.files = files;
    this.time = time;
  }

  /** Begins a round; forgets processes that were not seen for long. */
  beginRound(): void {
    this.round += 1;
    this.spent = 0;
    if (this.round % KEEP_ROUNDS !== 0) return;
    for (const [pid, kept] of this.measured) if (this.round - kept.round > 2 * KEEP_ROUNDS) this.measured.delete(pid);
  }

  /** Memory of all these processes together; PSS only if it is known of each. */
  read(processes: readonly ProcessStat[]): MemoryReading {
    let rss = 0;
    let pss = 0;
    let proportional = processes.length > 0 && processes.length <= MAX_PROCESSES;
    for (const process of processes) {
      rss += process.rss;
      const share = proportional ? this.pssOf(process) : undefined;
      if (share === undefined) proportional = false;
      else pss += share;
    }
    return proportional ? { bytes: pss, kind: "pss" } : { bytes: rss, kind: "rss" };
  }

  private pssOf(process: ProcessStat): number | undefined {
    const known = this.measured.get(process.pid);
    const same = known?.startTicks === process.startTicks ? known : undefined;
    const due = same === undefined || this.round - same.round >= KEEP_ROUNDS;
    const measured = due && this.spent < ROUND_BUDGET ? (this.measure(process) ?? same) : same;
    // What grew since is private as a rule; what shrank is given back.
    return measured && Math.max(0, measured.pss + process.rss - measured.rss);
  }

  private measure(process: ProcessStat): Measurement | undefined {
    if (this.files === undefined || process.rss > MAX_RSS) return undefined;
    const started = this.time();
    const pss = this.files.pss(process.pid);
    this.spent += this.time() - started;
    if (pss === undefined) return undefined;
    const made = { startTicks: process.startTicks, pss, rss: process.rss, round: this.round };
    this.measured.set(process.pid, made);
    return made;
  }
}
