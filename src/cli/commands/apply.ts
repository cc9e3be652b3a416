// `tailherd apply`, `diff` and `validate`: make the services of a tailherd.yaml so, show what that would do, check the file.
import { hostname } from "node:os";
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { ApplyResult } from "../../contract/transfer.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { fileFailure, loadFile, type LoadedFile } from "../file/load.ts";
import { confirm } from "../output/ask.ts";
import { changesOf, planText } from "../output/plan.ts";

interface ApplyOptions {
  file?: string;
  dryRun?: boolean;
  yes?: boolean;
  restart?: boolean;
}

const FILE = ["-f, --file <file>", 'file, "-" for standard input (the nearest tailherd.yaml here or above)'] as const;

export function defineApply(command: Command, context: Context): void {
  command
    .option(...FILE)
    .option("--dry-run", "only show the plan")
    .option("-y, --yes", "do not ask")
    .option("--restart", "restart running services whose definition changed")
    .addHelpText(
      "after",
      `
Examples:
  tailherd apply                      the nearest tailherd.yaml
  tailherd apply -f services.yaml --restart --yes

Services that the file no longer names, and that it made, are stopped and deleted. What a file owns is read-only elsewhere.
On a terminal the plan is shown first and you are asked. All or nothing; a second time there is nothing to do.`,
    )
    .action(async (options: ApplyOptions) => {
      const file = loadChecked(context, options.file);
      const client = context.client();
      const plan = await plans(client, file, true, options.restart);
      const people = context.format !== "json" && context.format !== "yaml";
      if (changesOf(plan).length === 0 || options.dryRun === true) {
        return await context.emit(plan, () => planText(context.style, plan));
      }
      if (people) context.print(planText(context.style, plan));
      if (options.yes !== true) await confirm(context, "Apply this?");
      const done = await plans(client, file, false, options.restart);
      await context.emit(done, () => `Applied ${file.path}.`);
      await awaitRestarts(context, client, done);
    });
}

export function defineDiff(command: Command, context: Context): void {
  command
    .option(...FILE)
    .addHelpText("after", "\nExit 0 when the hub has what the file says, 1 when there are differences.")
    .action(async (options: ApplyOptions) => {
      const plan = await plans(context.client(), loadChecked(context, options.file), true, false);
      await context.emit(plan, () => planText(context.style, plan));
      if (changesOf(plan).length > 0) context.exitCode = EXIT.failed;
    });
}

export function defineValidate(command: Command, context: Context): void {
  command
    .argument("[file]", 'file, "-" for standard input (the nearest tailherd.yaml here or above)')
    .option(...FILE)
    .addHelpText("after", "\nNeeds no hub. Exit 2 when something is wrong; everything that is wrong is listed.")
    .action(async (given: string | undefined, options: ApplyOptions) => {
      const file = loadFile(given ?? options.file, context.io.cwd, context.io.env);
      const { path, problems } = file;
      const services = file.services.map((service) => service.name);
      if (problems.length > 0 && context.format !== "json" && context.format !== "yaml")
        throw fileFailure(path, problems);
      if (problems.length > 0) context.exitCode = EXIT.usage;
      const tasks = file.tasks.map((task) => task.name);
      await context.emit({ file: path, valid: problems.length === 0, services, tasks, problems }, () => {
        const timed = tasks.length === 0 ? "" : ` and ${tasks.length} task${tasks.length === 1 ? "" : "s"}`;
        return `${path}: ${services.length} service${services.length === 1 ? "" : "s"}${timed}, nothing wrong`;
      });
    });
}

/** The file's services; exit 2 and nothing applied when anything is wrong with it. */
function loadChecked(context: Context, given: string | undefined): LoadedFile {
  const file = loadFile(given, context.io.cwd, context.io.env);
  if (file.problems.length > 0) throw fileFailure(file.path, file.problems);
  return file;
}

async function plans(client: Client, file: LoadedFile, dryRun: boolean, restart = false): Promise<ApplyResult> {
  // Two machines may each have /srv/app/tailherd.yaml, so a file from elsewhere says where it lies.
  const owner = client.address.kind === "socket" ? file.path : `${hostname()}:${file.path}`;
  return await client.call("POST /api/apply", {
    body: { owner, services: file.services, tasks: file.tasks, dry_run: dryRun, restart },
  });
}

async function awaitRestarts(context: Context, client: Client, done: ApplyResult): Promise<void> {
  if (done.operation_id === null) return;
  const { awaitOperation } = await import("../operation.ts");
  const operation = await awaitOperation(context, client, done.operation_id, "Restarting");
  const failed = operation.targets.filter((target) => target.state === "failed");
  for (const target of failed) context.note(`${target.service}: ${target.message ?? "failed to restart"}`);
  if (failed.length > 0) context.exitCode = EXIT.partlyDone;
}
