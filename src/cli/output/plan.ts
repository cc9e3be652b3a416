// A plan of `apply` as people read it: what is added, changed from what to what, removed.
import type { ApplyResult, PlanStep, TaskStep } from "../../contract/transfer.ts";
import type { Style } from "./style.ts";
import { plain } from "./text.ts";
import { formatValue } from "./values.ts";

type Plan = Pick<ApplyResult, "steps"> & { task_steps?: TaskStep[] };
type Step = PlanStep | TaskStep;

/** Steps that do something. */
export function changesOf(plan: Plan): Step[] {
  return stepsOf(plan).filter((step) => step.change !== "same");
}

/** Hubs of before know of no tasks. */
function stepsOf({ steps, task_steps = [] }: Plan): Step[] {
  return [...steps, ...task_steps];
}

/** The plan, a line a change, what the machines think of it, and a line that counts. An older hub tells no warnings. */
export function planText(style: Style, plan: Plan & Pick<Partial<ApplyResult>, "warnings">): string {
  const { warnings = [] } = plan;
  const steps = stepsOf(plan);
  const lines = changesOf(plan).flatMap((step) => [headOf(style, step), ...differencesOf(style, step)]);
  const count = (change: Step["change"]): number => steps.filter((step) => step.change === change).length;
  const sums = [
    `${count("add")} to add`,
    `${count("change") + count("take_over")} to change`,
    `${count("remove")} to remove`,
    `${count("same")} as they should be`,
  ];
  const doubts = warnings.map(({ service, message }) => style.yellow(`! ${plain(service)}: ${plain(message)}`));
  return [...lines, ...doubts, lines.length === 0 ? "Nothing to do." : `\nPlan: ${sums.join(", ")}.`].join("\n");
}

function headOf(style: Style, step: Step): string {
  const isTask = "task" in step;
  const name = style.bold(plain(isTask ? `task ${step.task}` : step.service));
  const restart = !isTask && step.restart_needed ? style.dim(" (counts after a restart)") : "";
  switch (step.change) {
    case "add":
      return `${style.green("+ add")}     ${name}`;
    case "change":
      return `${style.yellow("~ change")}  ${name}${restart}`;
    case "take_over":
      return `${style.yellow("~ take")}    ${name}: made by hand, from now on the file owns it${restart}`;
    case "remove":
      return `${style.red("- remove")}  ${name}: ${isTask ? "deleted with its history" : "stopped and deleted"}`;
    default:
      return `  same    ${name}`;
  }
}

function differencesOf(style: Style, step: Step): string[] {
  if (step.change !== "change" && step.change !== "take_over") return [];
  const arrow = style.unicode ? "→" : "->";
  return step.differences.map(
    ({ path, from, to }) =>
      `    ${path}: ${style.red(plain(formatValue(from)))} ${arrow} ${style.green(plain(formatValue(to)))}`,
  );
}
