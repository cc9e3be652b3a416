// `tailherd task add` and `set`: what flags say of a task.
import type { Command } from "commander";
import type { RouteBodyInput } from "../../contract/routes.ts";
import type { TaskRecord } from "../../contract/task.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { collect, readCount } from "../options.ts";
import { deed } from "../output/tasks.ts";
import { formatTime } from "../output/values.ts";
import { placementOf } from "./add.ts";

interface TaskOptions {
  schedule?: string;
  start?: string;
  stop?: string;
  restart?: string;
  command?: string;
  zone?: string;
  overlap?: string;
  catchUp?: string;
  timeout?: string;
  retries?: number;
  retryDelay?: string;
  jitter?: string;
  width?: number;
  stagger?: string;
  on?: string[];
  onTag?: string[];
  enable?: boolean;
  disable?: boolean;
}

type TaskBody = RouteBodyInput<"POST /api/tasks">;

export function defineAdd(command: Command, context: Context): void {
  options(command.argument("<name>", "name of the new task").argument("<schedule>", 'like "30 2 * * 1-5" or @daily'))
    .argument("[command...]", "after --: program and arguments, run without a shell")
    .description("Make a task. tailherd task preview shows what a schedule means.")
    .addHelpText(
      "after",
      `
Examples:
  tailherd task add nightly "30 2 * * 1-5" --restart web
  tailherd task add close @daily --stop demo --zone Europe/Berlin
  tailherd task add backup "0 3 * * *" --on nas --retries 3 -- /usr/local/bin/backup --all
  tailherd task add prune "15 4 * * 0" --command 'find /var/tmp -mtime +30 -delete'

Commands are for admins, and for servers whose agent was started with --allow-run.`,
    )
    .action(async (name: string, schedule: string, argv: string[], given: TaskOptions) => {
      const client = context.client();
      const body = { name, cron_expression: schedule, ...fields(argv, given) } as TaskBody;
      const { warnings } = await client.call("POST /api/tasks", { body });
      await answer(context, warnings, await client.call("GET /api/tasks/{name}", { params: { name } }), "added");
    });
}

export function defineSet(command: Command, context: Context): void {
  options(command.argument("<name>", "name of a task"))
    .argument("[command...]", "after --: program and arguments, run without a shell")
    .option("--schedule <schedule>", "when it is due from now on")
    .option("--enable", "let it be due again; what has passed is not made up for")
    .description("Change parts of a task; what is not named stays.")
    .action(async (name: string, argv: string[], given: TaskOptions) => {
      const client = context.client();
      const change = fields(argv, given);
      if (given.schedule !== undefined) change.cron_expression = given.schedule;
      if (Object.keys(change).length === 0)
        throw usageFailure("Nothing to change: name a flag", "tailherd task set --help");
      const before = await client.call("GET /api/tasks/{name}", { params: { name } });
      const { revision: _1, owner: _2, created_at: _3, updated_at: _4, ...known } = before;
      const { zone: _5, description: _6, next_run: _7, last_run: _8, servers: _9, turns: _10, ...spec } = known;
      const retries = { ...spec.retries, ...(change.retries as object | undefined) };
      const fan_out = given.width === 0 ? {} : { ...spec.fan_out, ...(change.fan_out as object | undefined) };
      const body = { ...spec, ...change, retries, fan_out } as TaskBody;
      const { warnings } = await client.call("PUT /api/tasks/{name}", { params: { name }, body });
      await answer(context, warnings, await client.call("GET /api/tasks/{name}", { params: { name } }), "saved");
    });
}

function options(command: Command): Command {
  return command
    .option("--start <service>", "start this service")
    .option("--stop <service>", "stop this service")
    .option("--restart <service>", "restart this service")
    .option("-c, --command <line>", "run a shell line, by /bin/sh")
    .option("-z, --zone <zone>", "zone in whose time it is due, like Europe/Berlin (the hub's)")
    .option("--overlap <choice>", "while it still runs: forbid, queue, replace or allow")
    .option("--catch-up <choice>", "of times missed: none, last (within 1 h) or all (at most 10)")
    .option("--timeout <duration>", "time limit of an attempt (1h)")
    .option("--retries <count>", "further attempts after a failure", (text) => readCount(text, 0))
    .option("--retry-delay <duration>", "before the first of them, doubled each time (10s)")
    .option("--jitter <duration>", "begin up to so much later, at random")
    .option("--width <count>", "begin on so many servers together, in order of name; 0: on all", (text) =>
      readCount(text, 0),
    )
    .option("--stagger <duration>", "with --width: so much later on the next ones")
    .option("--on <server>", "only on this server; can be given again", collect)
    .option("--on-tag <tag>", "also on every server with this tag; with all of them when given again", collect)
    .option("--disable", "keep it, but let it not be due");
}

/** What flags and words say; the hub checks it. */
function fields(argv: string[], given: TaskOptions): Record<string, unknown> {
  const deeds = [
    ...(["start", "stop", "restart"] as const).flatMap((action) =>
      given[action] === undefined ? [] : [{ action, service_name: given[action], command: null }],
    ),
    ...(given.command === undefined ? [] : [{ action: "command", command: given.command }]),
    ...(argv.length === 0 ? [] : [{ action: "command", command: argv }]),
  ];
  if (deeds.length > 1) throw usageFailure("Give one of --start, --stop, --restart, --command, or a command after --");
  const { retries: count, retryDelay: delay } = given;
  const fields: Record<string, unknown> = {
    ...deeds[0],
    timezone: given.zone,
    overlap: given.overlap,
    catch_up: given.catchUp,
    timeout: given.timeout,
    retries:
      count === undefined && delay === undefined
        ? undefined
        : { ...(count !== undefined && { count }), ...(delay !== undefined && { delay }) },
    jitter: given.jitter,
    fan_out: fanOutOf(given),
    placement: placementOf(given),
    enabled: given.disable === true ? false : given.enable === true ? true : undefined,
  };
  for (const key of Object.keys(fields)) if (fields[key] === undefined) delete fields[key];
  return fields;
}

function fanOutOf({ width, stagger }: TaskOptions): object | undefined {
  if (width === undefined && stagger === undefined) return undefined;
  if (width === 0) return {};
  return { ...(width !== undefined && { width }), ...(stagger !== undefined && { stagger }) };
}

async function answer(context: Context, warnings: string[], task: TaskRecord, done: string): Promise<void> {
  for (const warning of warnings) context.note(`${context.noteStyle.yellow("warning:")} ${warning}`);
  if (context.format === "name") return context.print(task.name);
  const next = task.next_run === null ? "" : `, next ${formatTime(task.next_run)}`;
  await context.emit(task, () => `${task.name}: ${done}. ${deed(task)} ${task.description} (${task.zone})${next}`);
}
