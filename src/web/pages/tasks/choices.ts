// What can be chosen of a task, in words; the form offers them, the pages say them.
import type { TaskAction, TaskRecord } from "../../../contract/task.ts";

interface Choice<T extends string> {
  value: T;
  label: string;
}

export const ACTIONS: readonly Choice<TaskAction>[] = [
  { value: "restart", label: "restart a service" },
  { value: "start", label: "start a service" },
  { value: "stop", label: "stop a service" },
  { value: "command", label: "run a command" },
];

export const OVERLAPS: readonly Choice<TaskRecord["overlap"]>[] = [
  { value: "forbid", label: "not run, and say so in the history" },
  { value: "queue", label: "run once after it" },
  { value: "replace", label: "end the one that runs" },
  { value: "allow", label: "run beside it" },
];

export const CATCH_UPS: readonly Choice<TaskRecord["catch_up"]>[] = [
  { value: "last", label: "run the last one missed, within an hour" },
  { value: "none", label: "never make up for it" },
  { value: "all", label: "run all that were missed, ten at most" },
];

export function labelOf<T extends string>(choices: readonly Choice<T>[], value: T): string {
  return choices.find((choice) => choice.value === value)?.label ?? value;
}
