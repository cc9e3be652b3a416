// The list of tasks: kept true by what the hub tells, and which of it is shown. Pure.
import type { TaskRecord, TaskRun } from "../../../contract/task.ts";
import { compareNames } from "../../api/live-store.ts";
import { actionWords } from "./run-look.ts";

/** What the address says about the list. */
export interface TaskView {
  text: string;
  show: TaskShow;
}

const SHOWS = ["all", "failed", "off"] as const;
/** failed: its last run did not end well, or did not happen. off: it is not enabled. */
export type TaskShow = (typeof SHOWS)[number];

export function readTaskView(search: string): TaskView {
  const query = new URLSearchParams(search);
  return { text: query.get("q") ?? "", show: SHOWS.find((show) => show === query.get("show")) ?? "all" };
}

export function writeTaskView({ text, show }: TaskView): string {
  const query = new URLSearchParams();
  if (text !== "") query.set("q", text);
  if (show !== "all") query.set("show", show);
  const words = query.toString();
  return words === "" ? "" : `?${words}`;
}

/** Is it one of those that a chip stands for? */
export function isShown(
  { enabled, last_run: last }: Pick<TaskRecord, "enabled" | "last_run">,
  show: TaskShow,
): boolean {
  if (show === "off") return !enabled;
  return show === "all" || last?.outcome === "failed" || last?.outcome === "skipped" || last?.outcome === "unknown";
}

/** Does it hold all words of the text, in what it is called, does, where and when? */
export function fitsText(task: TaskRecord, text: string): boolean {
  const { name, cron_expression, description, zone, servers, placement } = task;
  const all = [name, actionWords(task), cron_expression, description, zone, ...servers, ...placement.tags]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}

/** What the hub told of tasks: one as it is now, one that is gone, a run. */
export type TaskChange = { task: TaskRecord } | { gone: string } | { run: TaskRun };

/** The list after all of these, in their order; still by name. Many come at once where many are due in the same minute. */
export function withChanges(tasks: readonly TaskRecord[], changes: readonly TaskChange[]): TaskRecord[] {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  let came = false;
  for (const change of changes) {
    if ("gone" in change) byName.delete(change.gone);
    else if ("task" in change) {
      came ||= !byName.has(change.task.name);
      byName.set(change.task.name, change.task);
    } else {
      const before = byName.get(change.run.task);
      if (before !== undefined) byName.set(before.name, withRun(before, change.run));
    }
  }
  const all = [...byName.values()];
  return came ? all.toSorted((a, b) => compareNames(a.name, b.name)) : all;
}

/** A task with a run that was told of, where that is its last one. */
export function withRun<T extends TaskRecord>(task: T, run: TaskRun): T {
  const { last_run: last } = task;
  const isLast = last === null || last.id === run.id || Date.parse(run.due_at) >= Date.parse(last.due_at);
  return run.task === task.name && isLast ? { ...task, last_run: run } : task;
}

/** Pages of runs, newest first, with one that was told of: in its place, or before all others. */
export function withRunInPages<P extends { runs: TaskRun[] }>(pages: readonly P[], run: TaskRun): P[] {
  if (pages.some(({ runs }) => runs.some(({ id }) => id === run.id))) {
    return pages.map((page) => ({ ...page, runs: page.runs.map((each) => (each.id === run.id ? run : each)) }));
  }
  return pages.map((page, place) => (place === 0 ? { ...page, runs: [run, ...page.runs] } : page));
}

/** When the first of them is due; null where none is. */
export function firstDue(tasks: readonly TaskRecord[]): number | null {
  const times = tasks.flatMap(({ next_run }) => (next_run === null ? [] : [Date.parse(next_run)]));
  return times.length === 0 ? null : Math.min(...times);
}
