// How runs of tasks are shown: marks, words, times. Pure.
import type { RunOutcome, TaskRecord, TaskRun } from "../../../contract/task.ts";
import type { InstanceState } from "../../../contract/status.ts";
import { MINUTE, SECOND } from "../../../base/units.ts";
import type { Tone } from "../../ui/StateMark.tsx";
import { formatDuration } from "../../ui/format.ts";
import { quoted } from "../../ui/quoted.ts";

/** How each outcome is shown, in the shapes that services have. */
export const RUN_LOOK: Record<RunOutcome, { as: InstanceState; tone: Tone; word: string }> = {
  waiting: { as: "waiting", tone: "wait", word: "waits" },
  running: { as: "starting", tone: "wait", word: "running" },
  done: { as: "running", tone: "ok", word: "done" },
  failed: { as: "fatal", tone: "bad", word: "failed" },
  skipped: { as: "stopped", tone: "warn", word: "did not run" },
  unknown: { as: "unhealthy", tone: "warn", word: "unknown" },
};

/** Does it go on, or may it still begin? */
export function isOpen({ outcome }: Pick<TaskRun, "outcome">): boolean {
  return outcome === "waiting" || outcome === "running";
}

/** Milliseconds from its begin to its end, or to `now` where it goes on; null where it never began. */
export function tookOf({ started_at, ended_at }: Pick<TaskRun, "started_at" | "ended_at">, now: number): number | null {
  if (started_at === null) return null;
  return Math.max(0, (ended_at === null ? now : Date.parse(ended_at)) - Date.parse(started_at));
}

/** "0.3 s", "42 s", "3 min". */
export function formatTook(milliseconds: number): string {
  if (milliseconds < 10 * SECOND) return `${(milliseconds / SECOND).toFixed(1)} s`;
  return formatDuration(milliseconds);
}

/** What it does, in a few words: "restart api", "pg_dump app". */
export function actionWords({
  action,
  service_name,
  command,
}: Pick<TaskRecord, "action" | "service_name" | "command">): string {
  if (action !== "command") return `${action} ${service_name ?? ""}`.trim();
  return commandWords(command);
}

/** A command as one line for a shell. */
export function commandWords(command: TaskRecord["command"]): string {
  return Array.isArray(command) ? command.map(quoted).join(" ") : (command ?? "");
}

/** What is said of the time that is next: the countdown, and what it says once it has passed and nothing was told yet. */
export function countdown(next: number, now: number): string {
  const left = next - now;
  if (left > 0) return left < MINUTE ? `in ${Math.ceil(left / SECOND)} s` : `in ${formatDuration(left + SECOND - 1)}`;
  return left > -10 * SECOND ? "now" : `was due ${formatDuration(-left)} ago, not heard of yet`;
}
