// `tailherd start|stop|restart|kill|reload`: one service by its own route, several as one operation of the hub with progress.
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { Operation, ServiceAction } from "../../contract/operations.ts";
import { awaitedBy, restingOn, withThose } from "../along.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";
import { confirm } from "../output/ask.ts";
import { withName } from "../output/values.ts";
import { awaitOperation } from "../operation.ts";
import { readDuration } from "../options.ts";
import { addSelectionOptions, findTargets, targetName, type Selection, type Target } from "../target.ts";

interface ActOptions extends Selection {
  yes?: boolean;
  timeout?: number;
  withDependencies?: boolean;
  withDependents?: boolean;
}

const DONE: Record<ServiceAction, string> = {
  start: "started",
  stop: "stopped",
  restart: "restarted",
  kill: "killed",
  reload: "reloaded",
};
const DOING: Record<ServiceAction, string> = {
  start: "Starting",
  stop: "Stopping",
  restart: "Restarting",
  kill: "Killing",
  reload: "Reloading",
};

export const defineStart = (command: Command, context: Context): void => defineAct("start", command, context);
export const defineStop = (command: Command, context: Context): void => defineAct("stop", command, context);
export const defineRestart = (command: Command, context: Context): void => defineAct("restart", command, context);
export const defineKill = (command: Command, context: Context): void => defineAct("kill", command, context);
export const defineReload = (command: Command, context: Context): void => defineAct("reload", command, context);

function defineAct(action: ServiceAction, command: Command, context: Context): void {
  command
    .argument("[name...]", 'services; "web/2" is one instance, "web@nas" those on a server')
    .option("--timeout <duration>", "give up waiting after this long, exit 7 (the act itself goes on)", readDuration)
    .option("-y, --yes", "do not ask before acting on a selection")
    .addHelpText(
      "after",
      `
Examples:
  tailherd ${action} web
  tailherd ${action} web api worker/2
  tailherd ${action} -t tier=front
  tailherd ${action} -k backend --json
  tailherd ${action} web@nas           only on that server (the same as: web -s nas)
  tailherd ${action} -s nas            everything there

Ends when it is done or has clearly failed. Exit 8 when some services did and others did not.`,
    );
  addSelectionOptions(command, { all: true });
  if (action === "start") command.option("--with-dependencies", "start what they would wait for too, first");
  if (action === "stop") command.option("--with-dependents", "stop what depends on them too, first");
  command.action(async (names: string[], options: ActOptions) => {
    const client = context.client();
    let targets = await findTargets(client, names, options);
    if (options.withDependencies === true) targets = await withThose(client, targets, awaitedBy);
    if (options.withDependents === true) targets = await withThose(client, targets, restingOn);
    if (names.length === 0 && action !== "start" && options.yes !== true) await confirmMany(context, action, targets);
    const [first] = targets;
    if (targets.length === 1 && first !== undefined) await actOnOne(context, client, action, first, options.timeout);
    else await actOnMany(context, client, action, targets, options.timeout);
  });
}

async function confirmMany(context: Context, action: ServiceAction, targets: Target[]): Promise<void> {
  const names = targets.map(targetName).join(", ");
  await confirm(context, `${action} ${targets.length} service${targets.length === 1 ? "" : "s"} (${names})?`);
}

async function actOnOne(
  context: Context,
  client: Client,
  action: ServiceAction,
  target: Target,
  timeout: number | undefined,
): Promise<void> {
  const answer = await call(client, action, target, timeout);
  if (context.format === "name") return context.print(target.service);
  await context.emit(answer, () => answer.message);
  if (!answer.success) context.exitCode = EXIT.failed;
}

async function call(
  client: Client,
  action: ServiceAction,
  { service, index, server }: Target,
  timeout: number | undefined,
): Promise<{ success: boolean; message: string; count: number }> {
  return await client.call(`POST /api/services/{name}/${action}`, {
    params: { name: service },
    query: { index, server: server?.id },
    ...(timeout !== undefined && { timeout }),
  });
}

/** What became of one target, in the words of operations. */
type Outcome = Pick<Operation["targets"][number], "state" | "message"> & { service: string };

async function actOnMany(
  context: Context,
  client: Client,
  action: ServiceAction,
  targets: Target[],
  timeout: number | undefined,
): Promise<void> {
  const single = targets.some((target) => target.index !== undefined || target.server !== undefined);
  const ended = single
    ? await oneByOne(client, action, targets, timeout)
    : await asOperation(context, client, action, targets, timeout);
  const failed = ended.filter((target) => target.state !== "done");
  if (context.format === "name") context.print(ended.map((target) => target.service).join("\n"));
  else await context.emit(ended, () => ended.map((target) => describe(context, action, target)).join("\n"));
  if (failed.length === 0) return;
  context.exitCode = failed.length === ended.length ? EXIT.failed : EXIT.partlyDone;
  context.note(`${failed.length} of ${ended.length} failed.`);
}

function describe({ style }: Context, action: ServiceAction, target: Outcome): string {
  if (target.state === "done") return withName(target.service, target.message ?? DONE[action]);
  return `${target.service}: ${style.red("failed")}: ${target.message ?? "no reason was given"}`;
}

/** So many acts at a time; a hub with many servers is not asked for all of them at once. */
const AT_ONCE = 10;

/** Parts of services have no operation of their own: they go side by side. */
async function oneByOne(
  client: Client,
  action: ServiceAction,
  targets: Target[],
  timeout: number | undefined,
): Promise<Outcome[]> {
  const ended: Outcome[] = [];
  for (let at = 0; at < targets.length; at += AT_ONCE) {
    const step = targets.slice(at, at + AT_ONCE);
    ended.push(...(await Promise.all(step.map(async (target) => await outcomeOf(client, action, target, timeout)))));
  }
  return ended;
}

async function outcomeOf(
  client: Client,
  action: ServiceAction,
  target: Target,
  timeout: number | undefined,
): Promise<Outcome> {
  const service = targetName(target);
  try {
    const { success, message } = await call(client, action, target, timeout);
    return { service, state: success ? "done" : "failed", message };
  } catch (error) {
    if (!(error instanceof CliFailure) || error.exitCode === EXIT.hubUnreachable) throw error;
    return { service, state: "failed", message: error.message };
  }
}

async function asOperation(
  context: Context,
  client: Client,
  action: ServiceAction,
  targets: Target[],
  timeout: number | undefined,
): Promise<Outcome[]> {
  const services = [...new Set(targets.map((target) => target.service))];
  const { id } = await client.call("POST /api/bulk", { body: { action, services } });
  const { targets: ended } = await awaitOperation(context, client, id, DOING[action], timeout);
  return ended.map(({ service, state, message }) => ({ service: service ?? "", state, message }));
}
