// A plan of `apply` as people read it: what is added, changed from what to what, removed.
import type { PlanStep } from "../../contract/transfer.ts";
import type { Style } from "./style.ts";
import { plain } from "./text.ts";
import { formatValue } from "./values.ts";

/** Steps that do something. */
export function changesOf(steps: PlanStep[]): PlanStep[] {
  return steps.filter((step) => step.change !== "same");
}

/** The plan, a line a change, and a line that counts. */
export function planText(style: Style, steps: PlanStep[]): string {
  const lines = changesOf(steps).flatMap((step) => [headOf(style, step), ...differencesOf(style, step)]);
  const count = (change: PlanStep["change"]): number => steps.filter((step) => step.change === change).length;
  const sums = [
    `${count("add")} to add`,
    `${count("change") + count("take_over")} to change`,
    `${count("remove")} to remove`,
    `${count("same")} as they should be`,
  ];
  return [...lines, lines.length === 0 ? "Nothing to do." : `\nPlan: ${sums.join(", ")}.`].join("\n");
}

function headOf(style: Style, step: PlanStep): string {
  const name = style.bold(plain(step.service));
  const restart = step.restart_needed ? style.dim(" (counts after a restart)") : "";
  switch (step.change) {
    case "add":
      return `${style.green("+ add")}     ${name}`;
    case "change":
      return `${style.yellow("~ change")}  ${name}${restart}`;
    case "take_over":
      return `${style.yellow("~ take")}    ${name}: made by hand, from now on the file owns it${restart}`;
    case "remove":
      return `${style.red("- remove")}  ${name}: stopped and deleted`;
    default:
      return `  same    ${name}`;
  }
}

function differencesOf(style: Style, step: PlanStep): string[] {
  if (step.change !== "change" && step.change !== "take_over") return [];
  const arrow = style.unicode ? "→" : "->";
  return step.differences.map(
    ({ path, from, to }) =>
      `    ${path}: ${style.red(plain(formatValue(from)))} ${arrow} ${style.green(plain(formatValue(to)))}`,
  );
}
