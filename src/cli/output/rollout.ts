// Rolling restarts for people: a line while one goes on, a table of its instances, a table of several.
import type { Operation, OperationTarget } from "../../contract/operations.ts";
import { SECOND } from "../../base/units.ts";
import type { Style } from "./style.ts";
import { type Column, renderTable } from "./table.ts";
import { plain } from "./text.ts";
import { formatTime } from "./values.ts";

const PAINT: Record<Operation["state"], "green" | "red" | "yellow" | "cyan" | "dim"> = {
  queued: "dim",
  sent: "cyan",
  running: "cyan",
  done: "green",
  failed: "red",
  unknown: "red",
  cancelled: "yellow",
};

/** "rolling restart of web: 5 of 20, waits for web #3 on nas to be stable, 3 s left; about 40 s left in all". */
export function rolloutLine({ title, counts, targets, progress }: Operation, now: number): string {
  const words = progress === null ? "" : `, ${progress.words}`;
  const end = progress?.estimated_end ?? null;
  const left = end === null ? "" : `; about ${Math.max(1, Math.round((Date.parse(end) - now) / SECOND))} s left in all`;
  return plain(`${title}: ${counts.done} of ${targets.length}${words}${left}`);
}

/** One with its instances. */
export function rolloutPage(operation: Operation, style: Style, width: number | undefined, now: number): string {
  const { state, targets, paused, by, created_at } = operation;
  const goesOn = paused ? "paused" : state;
  const head = `${rolloutLine(operation, now)}\n${style[PAINT[state]](goesOn)}, begun by ${plain(by)} at ${formatTime(created_at)}\n`;
  const columns: Column<OperationTarget>[] = [
    { title: "INSTANCE", value: ({ service, index }) => `${service}/${index}` },
    { title: "SERVER", value: ({ server }) => server ?? "" },
    { title: "STATE", value: (target) => target.state, paint: (cell, target) => style[PAINT[target.state]](cell) },
    { title: "MESSAGE", value: ({ message }) => message ?? "", cut: true },
  ];
  return head + renderTable(columns, targets, style, width);
}

/** Several, a line each. */
export function rolloutTable(operations: Operation[], style: Style, width: number | undefined): string {
  const columns: Column<Operation>[] = [
    { title: "OPERATION", value: ({ id }) => id },
    { title: "BEGUN", value: ({ created_at }) => formatTime(created_at) },
    {
      title: "STATE",
      value: ({ state, paused }) => (paused && state === "running" ? "paused" : state),
      paint: (cell, { state }) => style[PAINT[state]](cell),
    },
    { title: "DONE", value: ({ counts }) => `${counts.done}/${totalOf(counts)}`, right: true },
    { title: "WHAT", value: ({ title }) => title, cut: true },
    { title: "NOW", value: ({ progress }) => progress?.words ?? "", cut: true },
  ];
  return renderTable(columns, operations, style, width);
}

function totalOf(counts: Operation["counts"]): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
