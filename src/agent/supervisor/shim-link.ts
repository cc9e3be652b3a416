// The agent's end of one shim: who it is, which cgroups it is in, and the orders it gets. A dead one is replaced by the next order.
import { isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import { findShim } from "./adoption.ts";
import type { ProcessIdentity, RunDirectory } from "./run-directory.ts";
import type { Shims } from "./shims.ts";

export class ShimLink {
  /** The shim that lives, as far as is known. */
  process: ProcessIdentity | null = null;
  /** cgroup directories that it entered, or that the next one will. */
  joins: string[] = [];
  /** A shim was asked for and has not come yet; "unwanted": it was dismissed meanwhile, and will be sent away when it comes. */
  private coming: "no" | "wanted" | "unwanted" = "no";
  private readonly directory: RunDirectory;
  private readonly tools: { table: ProcessTable; shims: Shims };

  constructor(directory: RunDirectory, tools: { table: ProcessTable; shims: Shims }) {
    this.directory = directory;
    this.tools = tools;
  }

  /** Finds the shim that an agent before started. */
  adopt(joins: string[]): void {
    this.process = findShim(this.directory, this.tools.table);
    this.joins = joins;
  }

  /** Sends the shim away if it is in other cgroups than these. */
  moveTo(joins: string[]): void {
    if (joins.join() !== this.joins.join()) this.dismiss();
    this.joins = joins;
  }

  /** Orders a start; with no shim to hear it, one is made first, and `look` says when it has come. */
  start(generation: number): void {
    if (this.process !== null && this.directory.order(`start ${generation}`)) return;
    this.process = null;
    const underWay = this.coming !== "no";
    this.coming = "wanted";
    if (!underWay) this.tools.shims.request({ directory: this.directory, joins: this.joins });
  }

  /** Whether a shim that was asked for has come: "refused" when it may not enter its cgroups. */
  look(): "nothing new" | "came" | "refused" {
    if (this.coming === "no") return "nothing new";
    const found = findShim(this.directory, this.tools.table);
    if (found === null) return "nothing new";
    const wanted = this.coming === "wanted";
    this.coming = "no";
    this.process = found;
    if (wanted && found.joined) return "came";
    this.dismiss();
    return wanted ? "refused" : "nothing new";
  }

  /** Tells it to end once its service has. */
  dismiss(): void {
    if (this.process !== null) this.directory.order("quit");
    this.process = null;
    if (this.coming === "wanted") this.coming = "unwanted";
  }

  /** Waits no more for a shim that did not come: the next start asks for another. */
  giveUp(): void {
    this.dismiss();
    this.coming = "no";
  }

  /** Forgets it if it is gone; true when it was there before. */
  forgetIfGone(): boolean {
    if (this.process === null || isSameProcess(this.tools.table, this.process)) return false;
    this.process = null;
    return true;
  }
}
