// Tells a service to read its configuration anew, by the signal that its definition names: nothing ends, and nothing is wished.
import type { ActResult } from "../../contract/agent.ts";
import { isSameProcess } from "../processes/process-table.ts";
import { done, failed, refused } from "./act-result.ts";
import type { InstanceLife } from "./instance-life.ts";
import { systemWords } from "./system-words.ts";

/** The definition as saved says by which signal: that counts without a restart. `by`: who asked. */
export function reload(life: InstanceLife, by: string): ActResult {
  const attempt = `Cannot reload ${life.service}`;
  const { signal } = life.desired.spec.reload;
  if (signal === null) return refused(`${attempt}: its definition names no reload.signal`);
  if (life.state === "external") return refused(`${attempt}: it was started by something else`);
  // A program that has not come to its signal handlers would die of it.
  if (life.state === "starting") return refused(`${attempt}: it is still starting`);
  const pids = life.state === "running" || life.state === "unhealthy" ? readersOf(life) : undefined;
  if (pids === undefined) return refused(`${attempt}: it does not run`);
  if (pids.length === 0) return refused(`${attempt}: its shell runs no program at the moment`);
  try {
    for (const pid of pids) process.kill(pid, signal);
  } catch (error) {
    return failed(`${attempt}: ${systemWords(error)}`);
  }
  const words = `sent ${signal} to pid ${pids.join(", ")}`;
  life.output.note(`reload asked by ${by}: ${words}`);
  return done(words);
}

/**
 * Who is signalled: the main process, or what the shell around the program runs. The shell itself would die of most signals, and its
 * whole group, which a stop signals, may hold processes that know nothing of this signal. Checked right before (P3).
 */
function readersOf({ run, tools: { table } }: InstanceLife): number[] | undefined {
  const main = run?.process;
  if (run === null || main == null || !isSameProcess(table, main)) return undefined;
  if (!run.wrapped) return [main.pid];
  return table.all().flatMap(({ pid, ppid, state }) => (ppid === main.pid && state !== "Z" ? [pid] : []));
}
