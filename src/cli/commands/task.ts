// `tailherd task ls|show|add|set|rm|run|history|preview|import`: what is done by the clock.
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { readCount } from "../options.ts";
import { confirm } from "../output/ask.ts";
import { runTable, taskPage, taskTable } from "../output/tasks.ts";
import { formatTime } from "../output/values.ts";
import { defineAdd, defineSet } from "./task-edit.ts";
import { defineImport } from "./task-import.ts";
import { defineRun } from "./task-run.ts";

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .command("ls", { isDefault: true })
    .aliases(["list"])
    .description("Scheduled tasks: what they do, when next, how they last went.")
    .action(async () => {
      const tasks = await context.client().call("GET /api/tasks");
      if (context.format === "name") return context.print(tasks.map(({ name }) => name).join("\n"));
      await context.emit(tasks, () =>
        tasks.length === 0 ? "" : taskTable(tasks, context.style, context.width, context.format === "wide"),
      );
      if (tasks.length === 0) context.note('No tasks. Make one: tailherd task add nightly "30 2 * * *" --restart web');
    });
  command
    .command("show")
    .argument("<task>", "name of a task")
    .description("One task: schedule in words, next and last run, knobs.")
    .action(async (name: string) => {
      const task = await context.client().call("GET /api/tasks/{name}", { params: { name } });
      await context.emit(task, () => taskPage(task, context.style));
    });
  defineAdd(command.command("add"), context);
  defineSet(command.command("set").aliases(["edit"]), context);
  command
    .command("rm")
    .aliases(["remove"])
    .argument("<task...>", "names of tasks")
    .option("-y, --yes", "do not ask")
    .description("Delete tasks with their history. What runs of them goes on to its end.")
    .action(async (names: string[], options: { yes?: boolean }) => {
      const client = context.client();
      if (options.yes !== true) await confirm(context, `Delete ${names.join(", ")} with their history?`);
      const done: { success: boolean; message: string }[] = [];
      for (const name of names) done.push(await client.call("DELETE /api/tasks/{name}", { params: { name } }));
      await context.emit(done, () => done.map(({ message }) => message).join("\n"));
    });
  defineRun(command.command("run"), context);
  defineHistory(command.command("history").aliases(["runs"]), context);
  definePreview(command.command("preview"), context);
  defineImport(command.command("import"), context);
  for (const each of command.commands) each.showHelpAfterError(`(tailherd task ${each.name()} --help explains)`);
}

function defineHistory(command: Command, context: Context): void {
  command
    .argument("<task>", "name of a task")
    .argument("[run]", "one of its runs, with all it printed")
    .option("-n, --limit <count>", "how many", (text) => readCount(text), 20)
    .option("-s, --server <server>", "on this server only")
    .description("What became of each time a task was due, newest first; also why it did not run.")
    .action(async (name: string, run: string | undefined, options: { limit: number; server?: string }) => {
      const client = context.client();
      if (run !== undefined) {
        const found = await client.call("GET /api/tasks/{name}/runs/{run}", { params: { name, run } });
        const { output_dropped: dropped, output } = found;
        const before = dropped === 0 ? "" : `(${dropped} characters before this are gone)\n`;
        return await context.emit(
          found,
          () => `${runTable([found], context.style, context.width)}${output === "" ? "" : `\n${before}${output}`}`,
        );
      }
      const query = {
        limit: Math.min(options.limit, 1000),
        ...(options.server !== undefined && { server: options.server }),
      };
      const { runs } = await client.call("GET /api/tasks/{name}/runs", { params: { name }, query });
      if (context.format === "name") return context.print(runs.map(({ id }) => id).join("\n"));
      await context.emit(runs, () => (runs.length === 0 ? "" : runTable(runs, context.style, context.width)));
      if (runs.length === 0) context.note(`"${name}" has not been due yet.`);
    });
}

function definePreview(command: Command, context: Context): void {
  command
    .argument("<schedule...>", 'five fields, quoted or not, or "@daily"')
    .option("-z, --zone <zone>", "zone in whose time it is due, like Europe/Berlin (the hub's)")
    .option("-n, --count <count>", "how many times", (text) => readCount(text), 5)
    .option("--from <time>", "from this time on (now)")
    .description("A schedule in words, its next times, and what to know of it.")
    .addHelpText("after", '\nExample:\n  tailherd task preview "30 2 * * 1-5" --zone America/New_York')
    .action(async (words: string[], options: { zone?: string; count: number; from?: string }) => {
      const { zone, count, from } = options;
      const time = from === undefined ? undefined : new Date(from);
      if (time !== undefined && Number.isNaN(time.getTime())) throw usageFailure(`Cannot read "${from}" as a time`);
      const preview = await context.client().call("GET /api/cron/preview", {
        query: {
          expression: words.join(" "),
          count,
          ...(zone !== undefined && { timezone: zone }),
          ...(time !== undefined && { from: time.toISOString() }),
        },
      });
      const { description, next, notes } = preview;
      await context.emit(preview, () =>
        [
          `Runs ${description}${zone === undefined ? "" : ` (${zone})`}.`,
          ...next.map((due) => `  ${formatTime(due)}${zone === undefined ? "" : ` here, ${inZone(due, zone)} there`}`),
          ...notes.map((note) => `Note: ${note}`),
        ].join("\n"),
      );
    });
}

/** "2026-03-08 03:00" on the clocks of a zone. */
function inZone(time: string, zone: string): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(
    new Date(time),
  );
}
