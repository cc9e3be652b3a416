// `tailherd task run`: a task now, or for the times that it missed.
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { RouteResult } from "../../contract/routes.ts";
import type { TaskRun } from "../../contract/task.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { readMoment } from "../options.ts";
import { confirm } from "../output/ask.ts";
import { missedPage } from "../output/tasks.ts";

/** Milliseconds between two looks at a run that is waited for. */
const LOOK_EVERY = 500;

type Begun = RouteResult<"POST /api/tasks/{name}/run">;

interface RunOptions {
  server?: string;
  wait?: boolean;
  since?: number;
  dryRun?: boolean;
  yes?: boolean;
}

export function defineRun(command: Command, context: Context): void {
  command
    .argument("<task>", "name of a task")
    .option("-s, --server <server>", "on this of its servers only")
    .option("-w, --wait", "wait for its end, and print what it printed; exit 1 when it failed")
    .option("--since <time>", 'for the times that it missed since then: "2h" ago, or a time', (text) =>
      readMoment(text),
    )
    .option("--dry-run", "with --since: print what would run, and change nothing")
    .option("-y, --yes", "with --since: do not ask")
    .description(
      "Run a task now, whatever its schedule says, also one that is disabled; or for the times that it missed.",
    )
    .addHelpText(
      "after",
      "\nOf missed times each server runs the last 10, one after the other, each once however often it is asked for.\n\nExample:\n  tailherd task run nightly --since 2d --dry-run",
    )
    .action(async (name: string, options: RunOptions) => {
      const { since, server } = options;
      if (since === undefined && (options.dryRun === true || options.yes === true)) {
        throw usageFailure("--dry-run and --yes go with --since: without it a task is run now");
      }
      const client = context.client();
      const query = server === undefined ? {} : { server };
      const input = { params: { name }, query };
      if (since === undefined) {
        const begun = await client.call("POST /api/tasks/{name}/run", input);
        return await tell(context, name, begun, options);
      }
      const time = new Date(since).toISOString();
      const missed = await client.call("GET /api/tasks/{name}/missed", { ...input, query: { ...query, since: time } });
      const page = (): string => missedPage(missed, name);
      const shown = context.format === "table" || context.format === "wide";
      if (options.dryRun === true) return await context.emit(missed, page);
      if (shown) context.print(page());
      // The hub looks again when it runs them; where there is nothing now, nothing is asked of it.
      if (missed.total > 0) {
        if (options.yes !== true) await confirm(context, "Run these?");
        const begun = await client.call("POST /api/tasks/{name}/run", { ...input, body: { since: time } });
        return await tell(context, name, begun, options);
      }
      if (!shown) await tell(context, name, { success: true, message: page(), run_id: "", runs: [] }, options);
    });
}

/** Says what was begun, or with --wait how it ended. */
async function tell(context: Context, name: string, begun: Begun, { wait }: RunOptions): Promise<void> {
  if (!begun.success) context.exitCode = EXIT.partlyDone;
  if (wait !== true) {
    if (context.format === "name") return context.print(namesOf(begun));
    return await context.emit(begun, () => begun.message);
  }
  const client = context.client();
  const ids = begun.runs.flatMap(({ run_id }) => (run_id === null ? [] : [run_id]));
  const runs = await Promise.all(ids.map((run) => untilEnded(client, name, run)));
  if (runs.some(({ outcome }) => outcome !== "done")) context.exitCode = EXIT.failed;
  await context.emit(runs, () =>
    runs.map(({ server, outcome, reason, output }) => `${output}${server}: ${outcome}, ${reason}`).join("\n"),
  );
}

/** Of a task that is run now the first run's id, as ever; of missed times each. */
function namesOf({ run_id, runs }: Begun): string {
  const missed = runs.flatMap(({ run_id: id, due_at }) => (id === null || due_at === undefined ? [] : [id]));
  return missed.length === 0 ? run_id : missed.join("\n");
}

async function untilEnded(client: Client, name: string, run: string): Promise<TaskRun & { output: string }> {
  for (;;) {
    const found = await client.call("GET /api/tasks/{name}/runs/{run}", { params: { name, run } });
    if (found.ended_at !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}
