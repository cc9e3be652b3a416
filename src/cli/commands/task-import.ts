// `tailherd task import`: takes over a crontab, shown first.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { type CrontabLine, readCrontab } from "../file/crontab.ts";
import { collect } from "../options.ts";
import { confirm } from "../output/ask.ts";
import { plain } from "../output/text.ts";
import { placementOf } from "./add.ts";

interface ImportOptions {
  userColumn?: boolean;
  zone?: string;
  on?: string[];
  onTag?: string[];
  dryRun?: boolean;
  yes?: boolean;
}

type Job = Extract<CrontabLine, { task: unknown }>;

/** What an import comes to. */
interface Plan {
  tasks: { line: number; name: string; schedule: string; warnings: string[] }[];
  skipped: { line: number; text: string; reason: string }[];
}

export function defineImport(command: Command, context: Context): void {
  command
    .argument("<file>", 'a crontab, "-" for standard input (crontab -l | tailherd task import -)')
    .option("--user-column", "the word after each schedule is the account, as in /etc/crontab and /etc/cron.d")
    .option("-z, --zone <zone>", "zone of lines before which no CRON_TZ stands (the hub's)")
    .option("--on <server>", "server that they run on; can be given again", collect)
    .option("--on-tag <tag>", "also on every server with this tag", collect)
    .option("--dry-run", "only show what would happen")
    .option("-y, --yes", "do not ask")
    .description(
      "Make the jobs of a crontab tasks. All are checked first; what cannot be a task is told. Take them out of the crontab then.",
    )
    .addHelpText(
      "after",
      "\nA line for another account than root becomes a command of runuser, for agents that run as root.\nVariables set in the file are set in the commands; MAILTO is left out, since output is kept with each run.",
    )
    .action(async (file: string, options: ImportOptions) => {
      const client = context.client();
      const known = await client.call("GET /api/tasks");
      const taken = new Set(known.map(({ name }) => name));
      const userColumn = options.userColumn ?? /^\/etc\/(crontab$|cron\.d\/)/.test(file);
      const lines = readCrontab(readText(context, file), userColumn, taken);
      const jobs = await checkAll(client, lines, options);
      const skipped = lines.flatMap((each) => ("reason" in each ? [each] : []));
      const plan: Plan = {
        tasks: jobs.map(({ line, task, warnings }) => ({
          line,
          name: task.name,
          schedule: task.cron_expression,
          warnings,
        })),
        skipped,
      };
      if (options.dryRun === true) return await context.emit(plan, () => describe(plan, "Would"));
      if (context.format === "table" || context.format === "wide") context.print(describe(plan, "Will"));
      if (jobs.length === 0) return;
      if (options.yes !== true) await confirm(context, "Import this?");
      for (const { task } of jobs) await client.call("POST /api/tasks", { body: task });
      await context.emit(plan, () => `Imported ${jobs.length} task${jobs.length === 1 ? "" : "s"} from ${file}.`);
    });
}

/** Every job is checked by the hub before any is saved. */
async function checkAll(client: Client, lines: CrontabLine[], options: ImportOptions): Promise<Job[]> {
  const placement = placementOf(options);
  const jobs = lines.flatMap((each): Job[] => {
    if (!("task" in each)) return [];
    const more = {
      ...(options.zone !== undefined && { timezone: options.zone }),
      ...(placement !== undefined && { placement }),
    };
    return [{ ...each, task: { ...more, ...each.task } }];
  });
  const issues = [];
  for (const { line, task, warnings } of jobs) {
    const { problems } = await client.call("POST /api/tasks/check", { body: { ...task } });
    for (const { path, message, severity } of problems) {
      if (severity === "error") issues.push({ path: `line ${line}: ${path}`, message });
      else warnings.push(message);
    }
  }
  if (issues.length === 0) return jobs;
  throw new CliFailure("Nothing was imported: the file has mistakes", {
    exitCode: EXIT.usage,
    code: "invalid",
    issues,
  });
}

function readText(context: Context, file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : resolve(context.io.cwd, file), "utf8");
  } catch (error) {
    throw usageFailure(`Cannot read ${file}: ${(error as Error).message}`);
  }
}

function describe({ tasks, skipped }: Plan, mood: "Would" | "Will"): string {
  const lines = [
    `${mood} add ${tasks.length} task${tasks.length === 1 ? "" : "s"}${tasks.length === 0 ? "" : ":"}`,
    ...tasks.flatMap(({ line, name, schedule, warnings }) => [
      `  line ${line}: ${plain(name)}  ${schedule}`,
      ...[...new Set(warnings)].map((warning) => `    warning: ${warning}`),
    ]),
    ...skipped.map(({ line, text, reason }) => `${mood} skip line ${line} (${plain(text).slice(0, 60)}): ${reason}`),
  ];
  return lines.join("\n");
}
