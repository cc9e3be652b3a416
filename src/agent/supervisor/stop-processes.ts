// The order of ending an instance: signal, grace, SIGKILL for all that is left. It is done when nothing is left (P4).
import type { Clock } from "../../base/clock.ts";
import { isSameProcess, type ProcessTable } from "../processes/process-table.ts";
import type { Contained, Containment } from "./containment.ts";
import { sendQuietly } from "./containment-groups.ts";
import type { ProcessIdentity } from "./run-directory.ts";

export interface StopRequest {
  instance: Contained;
  signal: NodeJS.Signals;
  /** Milliseconds; 0 is a kill: nobody is asked. */
  grace: number;
  /** The main process is a shell around the program, which would die without a word to it: signal its whole group. */
  wrapped: boolean;
  /** Aborted when somebody will not wait for the grace any more. */
  hurry: AbortSignal;
  /** Resolves when the end of the main process was told. */
  ended: Promise<void>;
  /** Sends the shim away, so that an empty cgroup is empty. */
  dismissShim: () => void;
}

export interface StopTools {
  containment: Containment;
  table: ProcessTable;
  clock: Clock;
}

/** Ends it; "killed" when SIGKILL was needed or wanted. */
export async function stopProcesses(request: StopRequest, tools: StopTools): Promise<"stopped" | "killed"> {
  const { containment } = tools;
  if (request.grace > 0 && !request.hurry.aborted && (await askToEnd(request, tools))) return "stopped";
  await containment.killAll(request.instance);
  return "killed";
}

async function askToEnd(request: StopRequest, tools: StopTools): Promise<boolean> {
  const { containment, clock } = tools;
  const graceOver = new AbortController();
  const timer = clock.after(request.grace, () => graceOver.abort());
  request.hurry.addEventListener("abort", () => graceOver.abort(), { once: true });
  try {
    signalMain(request, tools.table);
    const ended = request.ended.then(() => true);
    const first =
      request.instance.shim === null ? [ended, containment.whenEmpty(request.instance, graceOver.signal)] : [ended];
    const over = new Promise<false>((resolve) => graceOver.signal.addEventListener("abort", () => resolve(false)));
    if (!(await Promise.race([...first, over]))) return false;
    const left = containment.leftovers(request.instance);
    if (left.length === 0) return true;
    // They outlived the process that should have ended them: nobody has asked them yet.
    for (const pid of left) sendQuietly(pid, request.signal);
    if (request.instance.keepsShim !== true) request.dismissShim();
    return await containment.whenEmpty(request.instance, graceOver.signal);
  } finally {
    timer.cancel();
  }
}

/** Checked right before the signal: a recycled pid is never touched (P3). */
function signalMain(request: StopRequest, table: ProcessTable): void {
  const { main } = request.instance;
  if (main === null || !isSameProcess(table, main)) return;
  // A launch that has just told who it is may not have its session yet: there is no group of its number to hear anything.
  const leads = table.stat(main.pid)?.session === main.pid;
  sendQuietly(request.wrapped && leads ? -main.pid : main.pid, request.signal);
}

/** Milliseconds between looks at processes that are not our children's: nothing tells their end. */
const LOOK_EVERY = 25;
/** Milliseconds that the kernel may take to end what was killed. */
const KILL_TIME = 5000;

/** Ends processes that something else started; answers the pids that did not end. */
export async function stopByPid(
  processes: ProcessIdentity[],
  { signal, grace, hurry }: Pick<StopRequest, "signal" | "grace" | "hurry">,
  tools: Pick<StopTools, "table" | "clock">,
): Promise<number[]> {
  const living = (): ProcessIdentity[] => processes.filter((process) => isSameProcess(tools.table, process));
  const waitFor = async (limit: number, isOver: () => boolean): Promise<void> => {
    const end = tools.clock.monotonic() + limit;
    while (living().length > 0 && tools.clock.monotonic() < end && !isOver()) {
      await new Promise<void>((resolve) => void tools.clock.after(LOOK_EVERY, resolve));
    }
  };
  if (grace > 0 && !hurry.aborted) {
    for (const { pid } of living()) sendQuietly(pid, signal);
    await waitFor(grace, () => hurry.aborted);
  }
  for (const { pid } of living()) sendQuietly(pid, "SIGKILL");
  await waitFor(KILL_TIME, () => false);
  return living().map(({ pid }) => pid);
}
