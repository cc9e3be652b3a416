// Who listens where: joins the kernel's list of listening sockets with the descriptors of processes. Kept between samples, so
// that a machine on which nothing changes costs two small reads: the list itself is read again when the number of TCP sockets
// changed, and descriptors only of processes that are new or of all that are asked for after a new socket appeared.
import { type Clock, systemClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { linkTarget, listDirectory } from "./proc-files.ts";
import { type ListenSocket, TcpFiles } from "./tcp-listeners.ts";

/** A process as far as descriptors are concerned: pid and start, so that a reused pid is not taken for the one before. */
export interface SocketHolder {
  pid: number;
  startTicks: number;
}

/** Which listening sockets a process holds, as of a reading of the list. */
interface Held {
  generation: number;
  inodes: number[];
}

/** While the number of sockets keeps changing, the list is read this often at most. */
const BUSY_GAP = 30 * SECOND;
/** A socket closed and another opened leaves the number as it was; the list is read this often in any case. */
const QUIET_GAP = 120 * SECOND;
/** The gap is also this many times what a reading took: never more than 0.05 % of a core, however large the machine. */
const COST_FACTOR = 2000;

/** The listening sockets of this machine and their holders. */
export class ListenerTable {
  private readonly files: TcpFiles;
  private readonly procRoot: string;
  private readonly clock: Clock;
  private sockets: ListenSocket[] = [];
  private inodes = new Set<number>();
  /** Grows when a socket appears that was not there before: only then may a known process hold something new. */
  private generation = 0;
  private inUse: number | undefined;
  private readAt = Number.NEGATIVE_INFINITY;
  private cost = 0;
  private held = new Map<string, Held>();
  private asked = new Set<string>();

  constructor(options: { procRoot?: string; clock?: Clock } = {}) {
    this.procRoot = options.procRoot ?? "/proc";
    this.files = new TcpFiles(this.procRoot);
    this.clock = options.clock ?? systemClock;
  }

  /**
   * Reads the list again if it may have changed. `eager` (something started lately) does not wait out the gap when the number
   * of sockets changed; `force` reads in any case.
   */
  refresh(how: "calm" | "eager" | "force" = "calm"): void {
    this.forgetUnasked();
    const now = this.clock.monotonic();
    const inUse = this.files.inUse();
    const changed = inUse === undefined || inUse !== this.inUse;
    const age = now - this.readAt;
    const gap = Math.max(changed ? BUSY_GAP : QUIET_GAP, this.cost * COST_FACTOR);
    if (how !== "force" && age < gap && !(how === "eager" && changed)) return;
    const started = performance.now();
    this.sockets = this.files.listeners();
    this.cost = performance.now() - started;
    this.inUse = inUse;
    this.readAt = now;
    const inodes = new Set(this.sockets.map((socket) => socket.inode));
    if (!inodes.isSubsetOf(this.inodes)) this.generation += 1;
    this.inodes = inodes;
  }

  /** Counts the appearances of new sockets; what was derived from an older one may be out of date. */
  get version(): number {
    return this.generation;
  }

  /** All listening sockets as of the last refresh. */
  all(): readonly ListenSocket[] {
    return this.sockets;
  }

  /** Sockets that listen on a port; more than one when families or addresses differ, or ports are shared (SO_REUSEPORT). */
  onPort(port: number): ListenSocket[] {
    return this.sockets.filter((socket) => socket.port === port);
  }

  /** Inodes of listening sockets that any of these processes holds. */
  heldBy(holders: Iterable<SocketHolder>): Set<number> {
    const inodes = new Set<number>();
    if (this.inodes.size === 0) return inodes;
    for (const holder of holders) {
      for (const inode of this.inodesOf(holder)) if (this.inodes.has(inode)) inodes.add(inode);
    }
    return inodes;
  }

  /** Ports that any of these processes listens on, ascending. */
  portsOf(holders: Iterable<SocketHolder>): number[] {
    const inodes = this.heldBy(holders);
    const ports = new Set<number>();
    for (const socket of this.sockets) if (inodes.has(socket.inode)) ports.add(socket.port);
    return [...ports].sort((a, b) => a - b);
  }

  /**
   * Looks for the holders of these sockets among the given pids, reading descriptors until each has one. The first holder
   * found counts; a parent comes before its children when pids ascend.
   */
  findHolders(inodes: ReadonlySet<number>, pids: Iterable<number>): Map<number, number> {
    const holders = new Map<number, number>();
    if (inodes.size === 0) return holders;
    for (const pid of pids) {
      for (const inode of this.socketsOf(pid)) {
        if (inodes.has(inode) && !holders.has(inode)) holders.set(inode, pid);
      }
      if (holders.size === inodes.size) break;
    }
    return holders;
  }

  private inodesOf(holder: SocketHolder): number[] {
    const key = `${holder.pid}:${holder.startTicks}`;
    this.asked.add(key);
    const known = this.held.get(key);
    if (known !== undefined && known.generation === this.generation) return known.inodes;
    const inodes = this.socketsOf(holder.pid).filter((inode) => this.inodes.has(inode));
    this.held.set(key, { generation: this.generation, inodes });
    return inodes;
  }

  private socketsOf(pid: number): number[] {
    const directory = `${this.procRoot}/${pid}/fd`;
    const inodes: number[] = [];
    for (const name of listDirectory(directory)) {
      const target = linkTarget(`${directory}/${name}`);
      if (target?.startsWith("socket:[") === true) inodes.push(Number.parseInt(target.slice(8), 10));
    }
    return inodes;
  }

  private forgetUnasked(): void {
    for (const key of this.held.keys()) if (!this.asked.has(key)) this.held.delete(key);
    this.asked = new Set();
  }
}
