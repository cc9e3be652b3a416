// Containment where there are no cgroups: an instance is its session and whatever carries its marker in the environment. What
// drops both escapes, which is why cgroups are preferred.
import type { Clock } from "../../base/clock.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { Contained, Containment, Prepared } from "./containment.ts";
import { MARKER } from "./launch-script.ts";

/** Milliseconds between looks at what is still there; nothing tells its end where the kernel counts no group. */
const LOOK_EVERY = 20;

export class GroupContainment implements Containment {
  readonly kind = "groups";
  private readonly table: ProcessTable;
  private readonly clock: Clock;

  constructor(options: { table: ProcessTable; clock: Clock }) {
    this.table = options.table;
    this.clock = options.clock;
  }

  prepare(_key: string, limits: ServiceSpec["limits"]): Prepared {
    const problem = this.problem(limits);
    return problem === undefined ? { ok: true, joins: [] } : { ok: false, ...problem };
  }

  problem(limits: ServiceSpec["limits"]): { path: string; words: string } | undefined {
    const wanted = (["memory", "cpu", "pids"] as const).find((name) => limits[name] !== null);
    if (wanted === undefined) return undefined;
    return { path: `limits.${wanted}`, words: `limit ${wanted}: this machine has no cgroup that the agent may write` };
  }

  leftovers(instance: Contained): number[] {
    const { main, shim } = instance;
    return this.table
      .all()
      .filter((process) => {
        if (process.state === "Z" || process.state === "X") return false;
        if (process.pid === globalThis.process.pid || process.pid === shim?.pid || process.pid === main?.pid)
          return false;
        // A session outlives its leader, and its number is not given away while it has members; older ones are another's.
        const inSession = main !== null && process.session === main.pid && process.startTicks >= main.startTicks;
        return inSession || this.table.environ(process.pid)?.[MARKER] === instance.marker;
      })
      .map((process) => process.pid);
  }

  async killAll(instance: Contained): Promise<void> {
    for (;;) {
      const pids = this.alive(instance);
      if (pids.length === 0) return;
      for (const pid of pids) sendQuietly(pid, "SIGKILL");
      await this.pause();
    }
  }

  async whenEmpty(instance: Contained, signal: AbortSignal): Promise<boolean> {
    while (this.alive(instance).length > 0) {
      if (signal.aborted) return false;
      await this.pause();
    }
    return true;
  }

  freeze(instance: Contained): Promise<AsyncDisposable> {
    const pids = this.alive(instance);
    for (const pid of pids) sendQuietly(pid, "SIGSTOP");
    const thaw = async (): Promise<void> => {
      for (const pid of pids) sendQuietly(pid, "SIGCONT");
    };
    return Promise.resolve({ [Symbol.asyncDispose]: thaw });
  }

  /** Whoever was frozen was so with its main process. */
  thaw(instance: Contained): void {
    const { main } = instance;
    const stat = main === null ? undefined : this.table.stat(main.pid);
    if (main === null || stat?.startTicks !== main.startTicks || stat.state !== "T") return;
    for (const pid of this.alive(instance)) sendQuietly(pid, "SIGCONT");
  }

  oomKills(): number {
    return 0;
  }

  directories(): string[] {
    return [];
  }

  remove(): void {}

  close(): void {}

  private alive(instance: Contained): number[] {
    const { main } = instance;
    const stat = main === null ? undefined : this.table.stat(main.pid);
    const mainAlive = main !== null && stat?.startTicks === main.startTicks && stat.state !== "Z";
    return [...(mainAlive ? [main.pid] : []), ...this.leftovers(instance)];
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(LOOK_EVERY, resolve));
  }
}

/** Sends a signal to what may be gone meanwhile. */
export function sendQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // ESRCH: it ended by itself. EPERM: it became another user's, which only a setuid program can do.
  }
}
