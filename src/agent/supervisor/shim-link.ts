// The agent's end of one shim: who it is, which cgroups it is in, and the orders it gets. A dead one is replaced by the next order,
// and so is one of another version. Each shim reads a FIFO of its own: two on one would each get half of an order.
import { isGone, isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import { findShim } from "./adoption.ts";
import { sendQuietly } from "./containment-groups.ts";
import type { ProcessIdentity, RunDirectory } from "./run-directory.ts";
import { isKnownVersion, isShimCommand, SHIM_VERSION, type Shims } from "./shims.ts";

export class ShimLink {
  /** The shim that lives, as far as is known. */
  process: ProcessIdentity | null = null;
  /** cgroup directories that it entered, or that the next one will. */
  joins: string[] = [];
  /** What it speaks; one of another version gets no order to start anything. */
  version = SHIM_VERSION;
  /** The one that was sent away last, which may live on for a moment. */
  private dismissed: ProcessIdentity | null = null;
  /** A shim was asked for and has not come yet; "unwanted": it was dismissed meanwhile, and will be sent away when it comes. */
  private coming: "no" | "wanted" | "unwanted" = "no";
  private readonly directory: RunDirectory;
  private readonly tools: { table: ProcessTable; shims: Shims };

  constructor(directory: RunDirectory, tools: { table: ProcessTable; shims: Shims }) {
    this.directory = directory;
    this.tools = tools;
  }

  /** Finds the shim that an agent before started: as it told of itself, or as that agent kept it. */
  adopt(joins: string[], kept: (ProcessIdentity & { version: number }) | null): void {
    this.joins = joins;
    const found = findShim(this.directory, this.tools.table) ?? kept;
    if (found === null || !isSameProcess(this.tools.table, found)) {
      // One that nobody knows may listen all the same: it ends with its service.
      this.directory.retireFifo();
      return;
    }
    this.process = found;
    this.version = found.version;
    if (isKnownVersion(found.version)) return;
    // Neither what it tells of ends nor what it makes of orders is known: better to know no exit code than a wrong one.
    this.end();
    this.directory.clearExit();
  }

  /** What the next agent should know of it, in case that what it told of itself is damaged by then. */
  kept(): (ProcessIdentity & { version: number }) | null {
    if (this.process === null) return null;
    const { pid, startTicks, bootId } = this.process;
    return { pid, startTicks, bootId, version: this.version };
  }

  /** Sends the shim away if it is in other cgroups than these. */
  moveTo(joins: string[]): void {
    if (joins.join() !== this.joins.join() || this.version !== SHIM_VERSION) this.dismiss();
    this.joins = joins;
  }

  /** Orders a start; with no shim to hear it, one is made first, and `look` says when it has come. */
  start(generation: number): void {
    if (this.process !== null && this.directory.order({ start: generation })) return;
    this.end();
    const underWay = this.coming !== "no";
    this.coming = "wanted";
    if (!underWay) this.tools.shims.request({ directory: this.directory, joins: this.joins });
  }

  /** Whether a shim that was asked for has come: "refused" when it may not enter its cgroups. */
  look(): "nothing new" | "came" | "refused" {
    if (this.coming === "no") return "nothing new";
    const found = findShim(this.directory, this.tools.table);
    if (found === null || isOne(found, this.dismissed)) return "nothing new";
    const wanted = this.coming === "wanted";
    this.coming = "no";
    this.process = found;
    this.version = found.version;
    if (wanted && found.joined) return "came";
    this.dismiss();
    return wanted ? "refused" : "nothing new";
  }

  /** Tells it to end once its service has. */
  dismiss(): void {
    if (this.process !== null) {
      this.directory.retireFifo();
      this.dismissed = this.process;
    }
    this.process = null;
    if (this.coming === "wanted") this.coming = "unwanted";
  }

  /** Waits no more for a shim that did not come, or that did not do what it was told: it must not do it later. */
  giveUp(): void {
    this.end();
    this.coming = "no";
  }

  /** Forgets it if it is gone; true when it was there before. */
  forgetIfGone(): boolean {
    if (this.process === null || !isGone(this.tools.table, this.process)) return false;
    this.process = null;
    // The fork that waited for its orders may be left, and would hear those for the next one.
    this.directory.order("quit");
    return true;
  }

  /** Ends it for good: it does not hear, or is not to act on what it heard. Its service, if it has one, goes on. */
  private end(): void {
    const { process } = this;
    if (process !== null) {
      if (isSameProcess(this.tools.table, process)) {
        // Its fork first, which may have heard an order: the service itself is a shim no more.
        for (const pid of this.forksOf(process)) sendQuietly(pid, "SIGKILL");
        sendQuietly(process.pid, "SIGKILL");
      }
      this.dismissed = process;
    }
    this.process = null;
    // One that is on its way opens the FIFO that is there.
    if (this.coming === "no") this.directory.retireFifo();
  }

  private forksOf(shim: ProcessIdentity): number[] {
    const { table } = this.tools;
    // One that has told of itself is the service, which may still be in its hook.
    const service = this.directory.readPid()?.pid;
    return table
      .all()
      .filter(({ pid, ppid }) => ppid === shim.pid && pid !== service)
      .filter(({ pid }) => isShimCommand((table.argv(pid) ?? []).join(" ")))
      .map(({ pid }) => pid);
  }
}

function isOne(a: ProcessIdentity, b: ProcessIdentity | null): boolean {
  return b !== null && a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;
}
