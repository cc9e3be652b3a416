// The agent's end of one shim: who it is, which cgroups it is in, and the orders it gets. A dead one is replaced by the next order,
// and so is one of another version. Each shim reads a FIFO of its own: two on one would each get half of an order.
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../base/clock.ts";
import { isGone, isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import { findShim } from "./adoption.ts";
import { sendQuietly } from "./containment-groups.ts";
import { type Holding, type HoldFailure, NOTHING_HELD } from "./held-sockets.ts";
import type { ProcessIdentity, RunDirectory } from "./run-directory.ts";
import { isKnownVersion, isShimCommand, SHIM_VERSION, type Shims } from "./shims.ts";

/** Milliseconds between looks whether a shim that was sent away has ended, and after which it is ended. */
const LOOK_EVERY = 5;
const LEAVE_TIME = 2000;

export class ShimLink {
  /** The shim that lives, as far as is known. */
  process: ProcessIdentity | null = null;
  /** cgroup directories that it entered, or that the next one will. */
  joins: string[] = [];
  /** Sockets that it holds, or that the next one will. */
  holding: Holding = NOTHING_HELD;
  /** No shim comes: its sockets could not be opened. */
  failed: (failure: HoldFailure) => void = () => undefined;
  /** What it speaks; one of another version gets no order to start anything. */
  version = SHIM_VERSION;
  /** The one that was sent away last, which may live on for a moment. */
  private dismissed: ProcessIdentity | null = null;
  /** A shim was asked for and has not come yet; "unwanted": it was dismissed meanwhile, and will be sent away when it comes. */
  private coming: "no" | "wanted" | "unwanted" = "no";
  /** What the one that was asked for holds. */
  private asked: Holding = NOTHING_HELD;
  private requests = 0;
  /** Starters that have not ended yet, and hold what their shims do. */
  private handing = 0;
  private readonly directory: RunDirectory;
  private readonly tools: { table: ProcessTable; shims: Shims; clock: Clock };

  constructor(directory: RunDirectory, tools: { table: ProcessTable; shims: Shims; clock: Clock }) {
    this.directory = directory;
    this.tools = tools;
  }

  /** Finds the shim that an agent before started: as it told of itself, or as that agent kept it. */
  adopt(
    { joins, holding }: { joins: string[]; holding: Holding },
    kept: (ProcessIdentity & { version: number }) | null,
  ): void {
    this.joins = joins;
    this.holding = holding;
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

  /** It lives, and holds sockets. */
  get holds(): boolean {
    return this.process !== null && this.holding.sockets.length > 0;
  }

  /** Sends the shim away if it is in other cgroups than these, or holds other sockets. */
  moveTo(joins: string[], holding: Holding): void {
    const fits = joins.join() === this.joins.join() && isDeepStrictEqual(holding, this.holding);
    if (!fits || this.version !== SHIM_VERSION) this.dismiss();
    this.joins = joins;
    this.holding = holding;
  }

  /** Orders a start; with no shim to hear it, one is made first, and `look` says when it has come. */
  start(generation: number): void {
    if (this.process !== null && this.directory.order({ start: generation })) return;
    this.end();
    const underWay = this.coming !== "no";
    this.coming = "wanted";
    if (!underWay) this.request();
  }

  private request(): void {
    const { directory, joins, holding } = this;
    this.asked = holding;
    this.requests += 1;
    const number = this.requests;
    const isWanted = (): boolean => number === this.requests && this.coming === "wanted";
    this.tools.shims.request({
      directory,
      joins,
      holding,
      mayBeFree: () => isWanted() && this.isLeaving(),
      opened: () => {
        const wanted = isWanted();
        if (wanted && !this.askAgain()) return true;
        if (!wanted && number === this.requests) this.coming = "no";
        return false;
      },
      handedOn: (over) => {
        this.handing += 1;
        void over.then(() => {
          this.handing -= 1;
        });
      },
      failed: (failure) => {
        const wanted = isWanted();
        if (number === this.requests) this.coming = "no";
        if (wanted && !this.askAgain()) this.failed(failure);
      },
    });
  }

  /** What was asked for holds other sockets than are wanted by now. */
  private askAgain(): boolean {
    if (isDeepStrictEqual(this.asked, this.holding)) return false;
    this.coming = "wanted";
    this.request();
    return true;
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
    const fits = isDeepStrictEqual(this.asked, this.holding);
    if (wanted && found.joined && fits) return "came";
    this.dismiss();
    if (wanted && this.askAgain()) return "nothing new";
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

  /** Closes the sockets that it holds, by sending it away; one without sockets stays. */
  letGo(): void {
    if (this.holding.sockets.length > 0) this.dismiss();
  }

  /** Resolves when the sockets of the one that was sent away are closed. */
  async left(): Promise<void> {
    if (this.holding.sockets.length === 0) return;
    const { clock } = this.tools;
    const end = clock.monotonic() + LEAVE_TIME;
    while (this.isLeaving()) {
      const now = clock.monotonic();
      if (now > end + LEAVE_TIME) return;
      if (now > end && this.dismissed !== null && isSameProcess(this.tools.table, this.dismissed))
        sendQuietly(this.dismissed.pid, "SIGKILL");
      await new Promise<void>((resolve) => void clock.after(LOOK_EVERY, resolve));
    }
  }

  private isLeaving(): boolean {
    return this.handing > 0 || (this.dismissed !== null && isSameProcess(this.tools.table, this.dismissed));
  }

  /** Waits no more for a shim that did not come, or that did not do what it was told: it must not do it later. */
  giveUp(): void {
    const late = this.coming !== "no" && this.asked.sockets.length > 0;
    this.end();
    this.coming = "no";
    // One that comes all the same finds no FIFO, ends, and closes its sockets; without any it would only wait to be sent away.
    if (late) this.directory.retireFifo();
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
