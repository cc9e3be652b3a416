// Tasks and their runs, as tables and pages for people.
import type { TaskMissed, TaskRecord, TaskRun } from "../../contract/task.ts";
import { type Column, renderTable } from "./table.ts";
import type { Style } from "./style.ts";
import { plain } from "./text.ts";
import { formatTime } from "./values.ts";
import { formatUptime } from "../../base/units.ts";

const PAINT: Record<TaskRun["outcome"], "green" | "red" | "yellow" | "cyan" | "dim"> = {
  waiting: "dim",
  running: "cyan",
  done: "green",
  failed: "red",
  skipped: "yellow",
  unknown: "red",
};

/** Tasks, a line each. */
export function taskTable(tasks: TaskRecord[], style: Style, width: number | undefined, wide: boolean): string {
  const columns: Column<TaskRecord>[] = [
    { title: "NAME", value: ({ name }) => name, cut: true },
    { title: "SCHEDULE", value: ({ cron_expression }) => cron_expression },
    { title: "DOES", value: (task) => deed(task), cut: true },
    { title: "NEXT", value: (task) => nextOf(task) },
    {
      title: "LAST",
      value: ({ last_run }) => (last_run === null ? "" : `${last_run.outcome} ${formatTime(last_run.due_at)}`),
      paint: (cell, { last_run }) => (last_run === null ? cell : style[PAINT[last_run.outcome]](cell)),
    },
  ];
  if (wide) {
    columns.push(
      { title: "ZONE", value: ({ zone }) => zone },
      { title: "SERVERS", value: ({ servers }) => servers.join(","), cut: true },
      { title: "IN WORDS", value: ({ description }) => description, cut: true },
    );
  }
  return renderTable(columns, tasks, style, width);
}

/** Runs, newest first, a line each. */
export function runTable(runs: TaskRun[], style: Style, width: number | undefined): string {
  const columns: Column<TaskRun>[] = [
    { title: "DUE", value: ({ due_at }) => formatTime(due_at) },
    { title: "SERVER", value: ({ server }) => server },
    {
      title: "OUTCOME",
      value: ({ outcome }) => outcome,
      paint: (cell, { outcome }) => style[PAINT[outcome]](cell),
    },
    { title: "TOOK", value: (run) => took(run), right: true },
    { title: "WHY", value: whyOf, cut: true },
    { title: "REASON", value: (run) => reasonOf(run), cut: true },
    { title: "RUN", value: ({ id }) => id },
  ];
  return renderTable(columns, runs, style, width);
}

/** A page about one task. */
export function taskPage(task: TaskRecord, style: Style): string {
  const { retries, timeout, overlap, catch_up, jitter, last_run } = task;
  const rows: [string, string][] = [
    ["Schedule", `${task.cron_expression} (${task.description}, ${task.zone})`],
    ["Does", deed(task)],
    ["Next", nextOf(task)],
    ["Last", last_run === null ? "" : `${last_run.outcome} ${formatTime(last_run.due_at)} ${reasonOf(last_run)}`],
    ["Servers", task.servers.join(", ")],
    ["Overlap", overlap],
    ["Catch-up", catch_up],
    ["Time limit", `${timeout} s an attempt`],
    ["Retries", retries.count === 0 ? "" : `${retries.count}, after ${retries.delay} s and more`],
    ["Jitter", jitter === 0 ? "" : `up to ${jitter} s`],
    [
      "Fan-out",
      task.turns.map(({ server, after }) => `${server} ${after === 0 ? "when due" : `${after} s later`}`).join(", "),
    ],
    ["Owned by", task.owner ?? ""],
  ];
  const lines = rows.flatMap(([title, text]) => (text === "" ? [] : [`  ${title.padEnd(11)} ${plain(text)}`]));
  return [style.bold(plain(task.name)), ...lines].join("\n");
}

/** What a task missed, a line for each time and server. */
export function missedPage({ since, servers, total }: TaskMissed, task: string): string {
  if (total === 0) return `"${plain(task)}" has missed nothing since ${formatTime(since)}.`;
  const lines = servers.flatMap(({ server, due, total: all, cut, connected }) => {
    if (all === 0) return [];
    const head = `${plain(server)}: ${all} missed since ${formatTime(since)}${cut ? `, of which the last ${due.length} run` : ""}`;
    const away = connected ? [] : ["  It is not linked now: it may have run these, and cannot be asked to."];
    const times = due.map(
      ({ due_at, reason }) => `  ${formatTime(due_at)}${reason === null ? "" : `  ${plain(reason)}`}`,
    );
    return [head, ...away, ...times];
  });
  return lines.join("\n");
}

/** "restart api", "run backup.sh". */
export function deed({
  action,
  service_name,
  command,
}: Pick<TaskRecord, "action" | "service_name" | "command">): string {
  if (action !== "command") return `${action} ${service_name ?? ""}`;
  return `run ${typeof command === "string" ? command : (command ?? []).join(" ")}`;
}

function nextOf({ next_run, enabled, servers }: TaskRecord): string {
  if (next_run !== null) return formatTime(next_run);
  return enabled && servers.length === 0 ? "on no server" : "disabled";
}

function whyOf({ trigger, by }: TaskRun): string {
  if (trigger === "manual") return `asked by ${by ?? ""}`;
  return by === null ? trigger : `${trigger}, asked by ${by}`;
}

function reasonOf({ reason, missed }: TaskRun): string {
  return missed > 1 ? `${missed} times: ${reason}` : reason;
}

function took({ started_at, ended_at }: TaskRun): string {
  if (started_at === null || ended_at === null) return "";
  const milliseconds = Date.parse(ended_at) - Date.parse(started_at);
  return milliseconds < 10_000 ? `${(milliseconds / 1000).toFixed(1)}s` : formatUptime(milliseconds);
}
