// `tailherd rm`: stops services and deletes their definitions.
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { confirm } from "../output/ask.ts";
import { withName } from "../output/values.ts";

export function define(command: Command, context: Context): void {
  command
    .argument("<name...>", "services")
    .option("-y, --yes", "do not ask")
    .addHelpText("after", "\nTheir output and history go with them. On a terminal it asks first.")
    .action(async (names: string[], options: { yes?: boolean }) => {
      const slash = names.find((name) => name.includes("/"));
      if (slash !== undefined) throw usageFailure(`Cannot remove "${slash}": only whole services can be removed`);
      if (options.yes !== true) await confirm(context, `Stop and delete ${names.join(", ")}?`);
      await removeAll(context, names);
    });
}

async function removeAll(context: Context, names: string[]): Promise<void> {
  const client = context.client();
  const results: { name: string; success: boolean; message: string }[] = [];
  let last: CliFailure | undefined;
  for (const name of names) {
    try {
      const { success, message } = await client.call("DELETE /api/services/{name}", { params: { name } });
      results.push({ name, success, message });
    } catch (error) {
      if (!(error instanceof CliFailure) || names.length === 1 || error.exitCode === EXIT.hubUnreachable) throw error;
      last = error;
      results.push({ name, success: false, message: error.message });
    }
  }
  const done = results.filter((result) => result.success);
  if (context.format === "name") context.print(done.map((result) => result.name).join("\n"));
  else await context.emit(results, () => results.map((result) => withName(result.name, result.message)).join("\n"));
  if (done.length === results.length) return;
  context.exitCode = done.length === 0 ? (last?.exitCode ?? EXIT.failed) : EXIT.partlyDone;
}
