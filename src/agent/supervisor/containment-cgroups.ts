// Containment by cgroup v2, with limits by v2 or v1 controllers. The shim lives in its instance's cgroup and forks the service
// there: moving a process costs the kernel some 10 ms (it waits for an RCU grace period), once for each shim instead of each start.
import { existsSync, type FSWatcher, mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../base/clock.ts";
import type { ServiceSpec } from "../../contract/service.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { cgroupMembers } from "../processes/process-tree.ts";
import { type CgroupLayout, type Controller, removeCgroup } from "./cgroup-layout.ts";
import { sendQuietly } from "./containment-groups.ts";
import type { Contained, Containment, Prepared } from "./containment.ts";
import { isSystemError, systemWords } from "./system-words.ts";

type Limits = ServiceSpec["limits"];
const CPU_PERIOD = 100_000;
/** Milliseconds that processes in the kernel may take to stop. */
const FREEZE_TIME = 1000;
/** Milliseconds between looks at the members of a cgroup whose shim stays. */
const LOOK_EVERY = 5;
/** Milliseconds after which all of it is ended, the shim too. */
const KILL_TIME = 2000;

export class CgroupContainment implements Containment {
  readonly kind = "cgroups";
  private readonly layout: CgroupLayout;
  private readonly known = new Map<string, readonly string[]>();
  private readonly table: Pick<ProcessTable, "stat">;
  private readonly clock: Clock;

  constructor(layout: CgroupLayout, { table, clock }: { table: Pick<ProcessTable, "stat">; clock: Clock }) {
    this.layout = layout;
    this.table = table;
    this.clock = clock;
  }

  prepare(key: string, limits: Limits): Prepared {
    const problem = this.problem(limits);
    if (problem !== undefined) return { ok: false, ...problem };
    const joins = [this.unified(key)];
    mkdirSync(this.unified(key), { recursive: true });
    for (const controller of ["memory", "cpu", "pids"] as const) {
      const directory = this.directoryOf(key, controller);
      if (directory === undefined) continue;
      // A v1 cgroup without limits would only cost; one that has been made may still hold old limits.
      const isV1 = directory !== this.unified(key);
      try {
        if (isV1 && limits[controller] === null) {
          removeCgroup(directory);
          continue;
        }
        mkdirSync(directory, { recursive: true });
        this.write(directory, controller, limits[controller], isV1);
      } catch (error) {
        return { ok: false, path: `limits.${controller}`, words: `limit ${controller}: ${systemWords(error)}` };
      }
      if (isV1) joins.push(directory);
    }
    return { ok: true, joins };
  }

  problem(limits: Limits): { path: string; words: string } | undefined {
    for (const controller of ["memory", "cpu", "pids"] as const) {
      if (limits[controller] === null || this.directoryOf("x", controller) !== undefined) continue;
      const words = `limit ${controller}: the kernel's ${controller} controller is not available to the agent on this machine`;
      return { path: `limits.${controller}`, words };
    }
    return undefined;
  }

  leftovers(instance: Contained): number[] {
    const { shim, main } = instance;
    return cgroupMembers(this.unified(instance.key)).filter(
      // The shim's child is the main process, or the fork that waits to become the next one.
      (pid) => pid !== shim?.pid && pid !== main?.pid && (shim === null || this.table.stat(pid)?.ppid !== shim.pid),
    );
  }

  async killAll(instance: Contained): Promise<void> {
    if (instance.keepsShim === true && (await this.killBesideShim(instance))) return;
    try {
      writeFileSync(join(this.unified(instance.key), "cgroup.kill"), "1");
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return;
      throw error;
    }
    await this.whenEmpty(instance, new AbortController().signal);
  }

  whenEmpty(instance: Contained, signal: AbortSignal): Promise<boolean> {
    if (instance.keepsShim === true) return this.whenShimIsAlone(instance, signal);
    return changeOf(join(this.unified(instance.key), "cgroup.events"), isEmpty, signal);
  }

  async freeze(instance: Contained): Promise<AsyncDisposable> {
    const directory = this.unified(instance.key);
    const set = (frozen: "0" | "1"): void => this.tryPut(directory, "cgroup.freeze", frozen);
    set("1");
    await changeOf(
      join(directory, "cgroup.events"),
      (text) => text === "" || text.includes("frozen 1"),
      AbortSignal.timeout(FREEZE_TIME),
    );
    return {
      async [Symbol.asyncDispose]() {
        set("0");
      },
    };
  }

  thaw(instance: Contained): void {
    const directory = this.unified(instance.key);
    if (readOrEmpty(join(directory, "cgroup.freeze")).startsWith("1")) this.tryPut(directory, "cgroup.freeze", "0");
  }

  oomKills(key: string): number {
    const directory = this.directoryOf(key, "memory");
    if (directory === undefined) return 0;
    const file = directory === this.unified(key) ? "memory.events" : "memory.oom_control";
    return Number(/^oom_kill (\d+)$/m.exec(readOrEmpty(join(directory, file)))?.[1] ?? 0);
  }

  directories(key: string): readonly string[] {
    // Asked for each instance at each interval.
    let known = this.known.get(key);
    if (known === undefined) {
      const v1 = [...this.layout.v1.values()].map((directory) => join(directory, key));
      known = [this.unified(key), ...v1];
      this.known.set(key, known);
    }
    return known;
  }

  remove(key: string): void {
    for (const directory of this.directories(key)) removeCgroup(directory);
    this.known.delete(key);
  }

  close(): void {
    // The kernel refuses while anything lives in them, or below.
    for (const directory of [this.layout.unified, ...this.layout.v1.values()]) {
      removeCgroup(directory);
      removeCgroup(dirname(directory));
    }
  }

  private besideShim(instance: Contained): number[] {
    const { main } = instance;
    const lives = main !== null && cgroupMembers(this.unified(instance.key)).includes(main.pid);
    return [...(lives ? [main.pid] : []), ...this.leftovers(instance)];
  }

  /**
   * One by one, as long as new ones turn up; false when they are forked faster than that. (Not frozen meanwhile: an agent that died
   * in between would leave the shim frozen.)
   */
  private async killBesideShim(instance: Contained): Promise<boolean> {
    const end = this.clock.monotonic() + KILL_TIME;
    while (this.clock.monotonic() < end) {
      const pids = this.besideShim(instance);
      if (pids.length === 0) return true;
      for (const pid of pids) sendQuietly(pid, "SIGKILL");
      await this.pause();
    }
    return false;
  }

  /** The kernel tells when a cgroup is empty, not when one is left. */
  private async whenShimIsAlone(instance: Contained, signal: AbortSignal): Promise<boolean> {
    while (this.besideShim(instance).length > 0) {
      if (signal.aborted) return false;
      await this.pause();
    }
    return true;
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => void this.clock.after(LOOK_EVERY, resolve));
  }

  private unified(key: string): string {
    return join(this.layout.unified, key);
  }

  private directoryOf(key: string, controller: Controller): string | undefined {
    if (this.layout.v2.has(controller)) return this.unified(key);
    const v1 = this.layout.v1.get(controller);
    return v1 && join(v1, key);
  }

  private write(directory: string, controller: Controller, value: number | null, isV1: boolean): void {
    const put = (file: string, text: string): void => writeFileSync(join(directory, file), text);
    switch (controller) {
      case "memory":
        // Without a limit for swap too, what does not fit in memory goes there and the limit means little.
        if (isV1) {
          // Memory with swap may never be less than memory alone, whichever way both are changed.
          this.tryPut(directory, "memory.memsw.limit_in_bytes", "-1");
          put("memory.limit_in_bytes", String(value ?? -1));
          this.tryPut(directory, "memory.memsw.limit_in_bytes", String(value ?? -1));
        } else {
          put("memory.max", value === null ? "max" : String(value));
          this.tryPut(directory, "memory.swap.max", value === null ? "max" : "0");
        }
        break;
      case "cpu": {
        const quota = value === null ? null : Math.max(1000, Math.round(value * CPU_PERIOD));
        if (!isV1) put("cpu.max", `${quota ?? "max"} ${CPU_PERIOD}`);
        else {
          put("cpu.cfs_period_us", String(CPU_PERIOD));
          put("cpu.cfs_quota_us", String(quota ?? -1));
        }
        break;
      }
      case "pids":
        // The shim is a member too.
        put("pids.max", value === null ? "max" : String(value + 1));
    }
  }

  private tryPut(directory: string, file: string, text: string): void {
    try {
      writeFileSync(join(directory, file), text);
    } catch {
      // No swap accounting in this kernel, or no freezer.
    }
  }
}

/** Resolves to true when the file's text is as wanted, to false when `signal` is aborted before. */
function changeOf(path: string, wanted: (text: string) => boolean, signal: AbortSignal): Promise<boolean> {
  const isThere = (): boolean => wanted(readOrEmpty(path));
  if (isThere()) return Promise.resolve(true);
  let watcher: FSWatcher;
  try {
    watcher = watch(path, { persistent: false });
  } catch {
    return Promise.resolve(isThere());
  }
  return new Promise((resolve) => {
    const finish = (found: boolean): void => {
      watcher.close();
      signal.removeEventListener("abort", onAbort);
      resolve(found);
    };
    const onAbort = (): void => finish(isThere());
    watcher.on("change", () => {
      if (isThere()) finish(true);
    });
    watcher.on("error", onAbort);
    signal.addEventListener("abort", onAbort);
    // It may have changed before the watch began.
    if (isThere()) finish(true);
    else if (signal.aborted) finish(false);
  });
}

/** No member, also in what lies below. A cgroup that is gone is empty. */
function isEmpty(events: string): boolean {
  return events === "" || events.includes("populated 0");
}

function readOrEmpty(path: string): string {
  try {
    // Most instances have no cgroup in v1 hierarchies, and to look costs less than an exception.
    return existsSync(path) ? readFileSync(path, "utf8") : "";
  } catch {
    return "";
  }
}
