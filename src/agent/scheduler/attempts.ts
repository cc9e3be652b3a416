// The attempts of one run: each does what the task is for, and one that failed is followed by another as the task says.
import type { Clock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import type { ActResult } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import type { AgentTask } from "../../contract/task.ts";
import type { OutputTeller } from "../commands/command-output.ts";
import { runArgv } from "../commands/run-argv.ts";
import type { ProcessTable } from "../processes/process-table.ts";

/** How an attempt, or the last one, ended. */
export interface AttemptEnd {
  outcome: "done" | "failed";
  reason: string;
  exit_code: number | null;
  signal: string | null;
}

export interface AttemptTools {
  table: ProcessTable;
  clock: Clock;
  random: () => number;
  act: (service: string, action: "start" | "stop" | "restart", by: string) => Promise<ActResult>;
}

/** What happens on the way. */
export interface AttemptNews {
  began(attempt: number): void;
  /** The next one begins after so many milliseconds. */
  waits(attempt: number, end: AttemptEnd, delay: number): void;
}

/** Milliseconds before the attempt after this one, by `random` from 0 to 1. */
export function retryDelay(
  { delay, factor, max_delay, jitter }: AgentTask["retries"],
  attempt: number,
  random: number,
): number {
  const full = Math.min(delay * factor ** (attempt - 1), max_delay);
  return full * (1 - jitter * random) * SECOND;
}

/** Runs a task to its end. `signal` ends it: its reason says why. */
export async function runAttempts(
  id: string,
  task: AgentTask,
  { output, news, signal }: { output: OutputTeller; news: AttemptNews; signal: AbortSignal },
  tools: AttemptTools,
): Promise<AttemptEnd> {
  const { clock, random } = tools;
  const { count, within } = task.retries;
  const began = clock.monotonic();
  const left = (): number =>
    within === null ? Number.POSITIVE_INFINITY : within - (clock.monotonic() - began) / SECOND;
  for (let attempt = 1; ; attempt++) {
    news.began(attempt);
    if (attempt > 1) note(output, `--- attempt ${attempt} of ${count + 1} ---\n`);
    const end = await attemptOnce(id, task, Math.min(task.timeout, left()), { output, signal }, tools);
    if (end.outcome === "done" || attempt > count || signal.aborted) return end;
    const delay = retryDelay(task.retries, attempt, random());
    if (delay / SECOND >= left()) return { ...end, reason: `${end.reason}; no time is left for another attempt` };
    news.waits(attempt, end, delay);
    await pause(delay, clock, signal);
    if (signal.aborted) return { ...end, reason: `${end.reason}; no other attempt: ${reasonOf(signal)}` };
  }
}

function note(output: OutputTeller, line: string): void {
  const stream = output.stream();
  stream.take(Buffer.from(line));
  stream.end();
}

async function attemptOnce(
  id: string,
  task: AgentTask,
  seconds: number,
  { output, signal }: { output: OutputTeller; signal: AbortSignal },
  { table, clock, act }: AttemptTools,
): Promise<AttemptEnd> {
  const { action, command, service_name, name } = task;
  try {
    if (action === "command") {
      const argv = typeof command === "string" ? ["/bin/sh", "-c", command] : (command ?? []);
      const {
        outcome,
        message,
        exit_code,
        signal: by,
      } = await runArgv(id, argv, seconds, { table, clock, output, signal });
      const good = outcome === "done" && exit_code === 0;
      return { outcome: good ? "done" : "failed", reason: message, exit_code, signal: by };
    }
    const acted = await inTime(act(service_name ?? "", action, `task ${name}`), seconds, clock);
    const outcome = acted.outcome === "done" ? "done" : "failed";
    return { outcome, reason: acted.message, exit_code: null, signal: null };
  } catch (error) {
    if (!(error instanceof TailherdError)) throw error;
    return { outcome: "failed", reason: error.message, exit_code: null, signal: null };
  }
}

/** The act itself goes on: nothing takes back a stop that waits out its grace. */
async function inTime(acting: Promise<ActResult>, seconds: number, clock: Clock): Promise<ActResult> {
  const late = Promise.withResolvers<ActResult>();
  const message = `it took longer than ${Math.round(seconds)} s; the act goes on`;
  const timer = clock.after(seconds * SECOND, () => late.resolve({ outcome: "failed", message, count: 0 }));
  try {
    return await Promise.race([acting, late.promise]);
  } finally {
    timer.cancel();
  }
}

/** Waits, but not once it was ended. */
export async function pause(milliseconds: number, clock: Clock, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.after(milliseconds, done);
    signal.addEventListener("abort", done, { once: true });
  });
}

/** Why something was ended, in words. */
export function reasonOf({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}
