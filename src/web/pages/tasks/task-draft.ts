// The form's side of a task: texts as they are typed, and what becomes of them on the wire. Pure; the hub says what is wrong with it.
import type { RouteBodyInput } from "../../../contract/routes.ts";
import type { TaskAction, TaskRecord } from "../../../contract/task.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../../base/units.ts";

/** A task as it is sent. */
export type TaskInput = RouteBodyInput<"POST /api/tasks">;

/** Every control of the form; numbers and durations as text. */
export interface TaskDraft {
  name: string;
  action: TaskAction;
  service: string;
  /** A shell line; or program and arguments, one a line. */
  form: "shell" | "argv";
  command: string;
  /** "web-1, web-2"; both empty: where the service runs, or for a command the hub's own machine. */
  servers: string;
  tags: string;
  expression: string;
  /** Empty: the hub's. */
  timezone: string;
  enabled: boolean;
  overlap: TaskRecord["overlap"];
  catchUp: TaskRecord["catch_up"];
  timeout: string;
  jitter: string;
  /** Servers that begin together; empty: all. And how much later the next ones do. */
  width: string;
  stagger: string;
  retries: { count: string; delay: string; factor: string; maxDelay: string; percent: string; within: string };
}

/** A form that nobody has typed in; the defaults are the contract's. */
export const EMPTY_TASK: TaskDraft = {
  name: "",
  action: "restart",
  service: "",
  form: "shell",
  command: "",
  servers: "",
  tags: "",
  expression: "0 3 * * *",
  timezone: "",
  enabled: true,
  overlap: "forbid",
  catchUp: "last",
  timeout: "1h",
  jitter: "0s",
  width: "",
  stagger: "0s",
  retries: { count: "0", delay: "10s", factor: "2", maxDelay: "5m", percent: "20", within: "" },
};

/** The task that the form describes. Texts that are no numbers go as they are, so that the hub says what is allowed there. */
export function toTask(draft: TaskDraft): TaskInput {
  const { count, delay, factor, maxDelay, percent, within } = draft.retries;
  const command = draft.action === "command";
  return {
    name: draft.name.trim(),
    cron_expression: draft.expression.trim(),
    action: draft.action,
    service_name: draft.service === "" ? null : draft.service,
    enabled: draft.enabled,
    timezone: draft.timezone.trim() === "" ? null : draft.timezone.trim(),
    overlap: draft.overlap,
    catch_up: draft.catchUp,
    timeout: draft.timeout.trim(),
    jitter: draft.jitter.trim(),
    fan_out: draft.width.trim() === "" ? {} : { width: numberOr(draft.width), stagger: draft.stagger.trim() },
    retries: {
      count: numberOr(count),
      delay: delay.trim(),
      factor: numberOr(factor),
      max_delay: maxDelay.trim(),
      jitter: share(percent),
      within: within.trim() === "" ? null : within.trim(),
    },
    command: command ? commandOf(draft) : null,
    placement: { servers: listOf(draft.servers, /,/), tags: listOf(draft.tags, /[\s,]+/) },
  };
}

/** The form for a task as it is saved. */
export function fromTask(task: TaskRecord): TaskDraft {
  const { retries, command } = task;
  return {
    name: task.name,
    action: task.action,
    service: task.service_name ?? "",
    form: Array.isArray(command) ? "argv" : "shell",
    command: Array.isArray(command) ? command.join("\n") : (command ?? ""),
    servers: task.placement.servers.join(", "),
    tags: task.placement.tags.join(", "),
    expression: task.cron_expression,
    timezone: task.timezone ?? "",
    enabled: task.enabled,
    overlap: task.overlap,
    catchUp: task.catch_up,
    timeout: durationText(task.timeout),
    jitter: durationText(task.jitter),
    width: task.fan_out.width === null ? "" : String(task.fan_out.width),
    stagger: durationText(task.fan_out.stagger),
    retries: {
      count: String(retries.count),
      delay: durationText(retries.delay),
      factor: String(retries.factor),
      maxDelay: durationText(retries.max_delay),
      percent: String(Math.round(retries.jitter * 1000) / 10),
      within: retries.within === null ? "" : durationText(retries.within),
    },
  };
}

/** A task as it is saved, as one to save again: with something changed. */
export function inputOf(task: TaskRecord, change: Partial<TaskInput>): TaskInput {
  return { ...toTask(fromTask(task)), ...change };
}

/** Is anything under "more" not as it would be by itself? */
export function hasOwnCare(draft: TaskDraft): boolean {
  const { overlap, catchUp, timeout, jitter, width, retries } = draft;
  return (
    JSON.stringify({ overlap, catchUp, timeout, jitter, width, retries }) !==
    JSON.stringify({
      overlap: EMPTY_TASK.overlap,
      catchUp: EMPTY_TASK.catchUp,
      timeout: EMPTY_TASK.timeout,
      jitter: EMPTY_TASK.jitter,
      width: EMPTY_TASK.width,
      retries: EMPTY_TASK.retries,
    })
  );
}

/** "nas when due, web-1 5m later". */
export function turnsWords(turns: TaskRecord["turns"]): string {
  return turns
    .map(({ server, after }) => `${server} ${after === 0 ? "when due" : `${durationText(after)} later`}`)
    .join(", ");
}

/** "1h", "90s", "500ms" of seconds: in the largest unit that needs no fraction. */
export function durationText(seconds: number): string {
  const milliseconds = Math.round(seconds * SECOND);
  for (const [unit, size] of [
    ["d", DAY],
    ["h", HOUR],
    ["m", MINUTE],
    ["s", SECOND],
  ] as const) {
    if (milliseconds >= size && milliseconds % size === 0) return `${milliseconds / size}${unit}`;
  }
  return milliseconds === 0 ? "0s" : `${milliseconds}ms`;
}

function commandOf({ form, command }: TaskDraft): string | string[] {
  if (form === "shell") return command.trim();
  const rows = command.split("\n");
  // Blank lines at the end are nobody's argument.
  while (rows.at(-1)?.trim() === "") rows.pop();
  return rows;
}

function listOf(text: string, between: RegExp): string[] {
  return text
    .split(between)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function numberOr(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isNaN(value) ? (text as unknown as number) : value;
}

function share(percent: string): number {
  const value = numberOr(percent);
  return typeof value === "number" ? value / 100 : value;
}
