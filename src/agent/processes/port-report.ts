// What is to be said of ports: of declared ones whether they are taken, by whom, and whether they answer; and for the ports
// page every listener with its process.
import type { Listener } from "../../contract/agent.ts";
import type { PortStatus } from "../../contract/status.ts";
import { type Clock, systemClock } from "../../base/clock.ts";
import { MINUTE } from "../../base/units.ts";
import { commandText } from "./command-line.ts";
import type { ListenerTable, SocketHolder } from "./listener-table.ts";
import { isAccessible } from "./probe.ts";
import type { ProcessTable } from "./process-table.ts";
import type { ListenSocket } from "./tcp-listeners.ts";

/** A process as people are told of it. */
interface Holder {
  pid: number;
  startTicks: number;
  command: string;
}

/** A connection is tried when a listener is new, and then this often: a service should not notice that it is watched. */
const PROBE_GAP = MINUTE;

/** Answers for ports; keeps who holds what and what answered. Call `forgetOld` once an interval. */
export class PortReport {
  private readonly listeners: ListenerTable;
  private readonly table: ProcessTable;
  private readonly clock: Clock;
  private readonly probe: (port: number) => Promise<boolean>;
  private readonly strangers = new Map<number, { holder: Holder | null; version: number }>();
  private readonly probes = new Map<number, { sockets: string; at: number; answer: Promise<boolean> }>();

  constructor(options: {
    listeners: ListenerTable;
    table: ProcessTable;
    clock?: Clock;
    probe?: (port: number) => Promise<boolean>;
  }) {
    this.listeners = options.listeners;
    this.table = options.table;
    this.clock = options.clock ?? systemClock;
    this.probe = options.probe ?? isAccessible;
  }

  /**
   * One row for each declared port. `own`: all processes of the service (every instance, whole trees; the main ones first).
   * Takes as long as the slowest connection that is due, 200 ms at most; usually none is.
   */
  async statusOf(ports: readonly number[], own: readonly SocketHolder[]): Promise<PortStatus[]> {
    if (ports.length === 0) return [];
    const ownInodes = this.listeners.heldBy(own);
    const taken = ports.map((port) => this.listeners.onPort(port));
    this.nameStrangers(taken.flat().filter((socket) => !ownInodes.has(socket.inode)));
    return Promise.all(
      ports.map(async (port, at): Promise<PortStatus> => {
        const sockets = taken[at] ?? [];
        if (sockets.length === 0) {
          return { port, in_use: false, accessible: false, pid: null, command: null, own: false };
        }
        const mine = sockets.find((socket) => ownInodes.has(socket.inode));
        const holder = mine === undefined ? this.strangerOn(sockets) : this.ownHolder(mine, own);
        return {
          port,
          in_use: true,
          accessible: await this.isAccessible(port, sockets),
          pid: holder?.pid ?? null,
          command: holder?.command ?? null,
          own: mine !== undefined,
        };
      }),
    );
  }

  /**
   * Every listening socket of the machine, fresh, with the process that holds it (null where that may not be seen). Reads the
   * descriptors of processes until each socket has its holder: for the ports page, not for every interval. `last` are named where
   * nobody else holds a socket.
   */
  list(serviceOf: (pid: number) => string | null, last: ReadonlySet<number> = new Set()): Listener[] {
    this.listeners.refresh("force");
    const sockets = this.listeners.all();
    const pids = [...this.table.pids().filter((pid) => !last.has(pid)), ...last];
    const holders = this.listeners.findHolders(new Set(sockets.map((socket) => socket.inode)), pids);
    return sockets
      .map((socket): Listener => {
        const pid = holders.get(socket.inode) ?? null;
        const holder = pid === null ? null : this.describe(pid);
        return {
          port: socket.port,
          address: socket.address,
          family: socket.family,
          pid,
          command: holder?.command ?? null,
          service: pid === null ? null : serviceOf(pid),
        };
      })
      .sort((a, b) => a.port - b.port || a.family.localeCompare(b.family) || a.address.localeCompare(b.address));
  }

  /** Forgets sockets that are closed. */
  forgetOld(): void {
    const inodes = new Set(this.listeners.all().map((socket) => socket.inode));
    for (const inode of this.strangers.keys()) if (!inodes.has(inode)) this.strangers.delete(inode);
    const ports = new Set(this.listeners.all().map((socket) => socket.port));
    for (const port of this.probes.keys()) if (!ports.has(port)) this.probes.delete(port);
  }

  /** Looks once for all sockets whose holder is not known, or is gone while the socket is still open. */
  private nameStrangers(sockets: readonly ListenSocket[]): void {
    const unknown = new Set<number>();
    for (const { inode } of sockets) {
      const known = this.strangers.get(inode);
      const gone = known?.holder != null && this.table.stat(known.holder.pid)?.startTicks !== known.holder.startTicks;
      // Nobody was found: look again only after something changed.
      const stale = known?.holder === null && known.version !== this.listeners.version;
      if (known === undefined || gone || stale) unknown.add(inode);
    }
    if (unknown.size === 0) return;
    const holders = this.listeners.findHolders(unknown, this.table.pids());
    for (const inode of unknown) {
      const pid = holders.get(inode);
      const holder = pid === undefined ? null : this.describe(pid);
      this.strangers.set(inode, { holder, version: this.listeners.version });
    }
  }

  private strangerOn(sockets: readonly ListenSocket[]): Holder | null {
    for (const socket of sockets) {
      const holder = this.strangers.get(socket.inode)?.holder;
      if (holder != null) return holder;
    }
    return null;
  }

  private ownHolder(socket: ListenSocket, own: readonly SocketHolder[]): Holder | null {
    const holder = own.find((process) => this.listeners.heldBy([process]).has(socket.inode));
    return holder === undefined ? null : this.describe(holder.pid);
  }

  private describe(pid: number): Holder | null {
    const stat = this.table.stat(pid);
    if (stat === undefined) return null;
    return { pid, startTicks: stat.startTicks, command: commandText(this.table.argv(pid) ?? [], stat.name) };
  }

  private isAccessible(port: number, sockets: readonly ListenSocket[]): Promise<boolean> {
    const key = sockets.map((socket) => socket.inode).join(" ");
    const now = this.clock.monotonic();
    const known = this.probes.get(port);
    if (known !== undefined && known.sockets === key && now - known.at < PROBE_GAP) return known.answer;
    const answer = this.probe(port);
    this.probes.set(port, { sockets: key, at: now, answer });
    return answer;
  }
}
