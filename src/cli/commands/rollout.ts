// `tailherd rollout start|status|pause|resume|cancel|retry`: restarts services a few instances at a time, each only when those before are ready.
import type { Command } from "commander";
import { MINUTE, SECOND } from "../../base/units.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { Operation } from "../../contract/operations.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { pause } from "../event-stream.ts";
import { CliFailure, EXIT_INTERRUPTED, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readDuration } from "../options.ts";
import { confirm } from "../output/ask.ts";
import { ProgressLine } from "../output/progress.ts";
import { rolloutLine, rolloutPage, rolloutTable } from "../output/rollout.ts";

interface WatchOptions {
  detach?: boolean;
  /** Milliseconds. */
  wait?: number;
}

interface StartOptions extends WatchOptions {
  kind?: string;
  tag?: string;
  batch?: number | string;
  maxUnavailable?: number | string;
  /** Milliseconds, both. */
  stable?: number;
  timeout?: number;
  rollback?: boolean;
  yes?: boolean;
}

/** Milliseconds that a hub may be away while it is watched: it goes on when it is back. */
const PATIENCE = MINUTE;
/** Seconds that the hub holds its answer back while nothing ends. */
const LOOK_EVERY = 0.5;

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  defineStart(command.command("start"), context);
  defineStatus(command.command("status").aliases(["ls"]), context);
  defineChange(
    command.command("pause"),
    context,
    "pause",
    "Begin nothing more of it for now; what is in hand goes on.",
  );
  defineChange(command.command("resume"), context, "resume", "Go on with one that was paused.");
  defineChange(
    command.command("cancel"),
    context,
    "cancel",
    "End it after what is in hand; what is restarted stays so.",
  );
  defineRetry(command.command("retry"), context);
  for (const each of command.commands) each.showHelpAfterError(`(tailherd rollout ${each.name()} --help explains)`);
}

function defineStart(command: Command, context: Context): void {
  watchOptions(command)
    .argument("[name...]", "services")
    .option("-k, --kind <kind>", "services of this kind: backend, frontend, other")
    .option("-t, --tag <tag>", "services with this label (key or key=value), else what runs on servers with this tag")
    .option("--batch <amount>", 'so many of a service at a time, or a share: 3, "25%" (1 unless said)', readAmount)
    .option(
      "--max-unavailable <amount>",
      "so many of it may be not ready at a time (as --batch unless said)",
      readAmount,
    )
    .option("--stable <duration>", "an instance must be ready so long before it counts (5s unless said)", readDuration)
    .option("--timeout <duration>", "one that takes longer has failed (2m unless said)", readDuration)
    .option("--rollback", "after a failure, put back the definition that ran before, and restart with it")
    .option("-y, --yes", "do not ask before acting on a selection")
    .description("Restart services a few instances at a time, dependencies first.")
    .addHelpText(
      "after",
      `
Nothing more is begun after a failure, or while too many instances are not ready. It goes on without this command, also through
a restart of the hub; Ctrl-C only stops watching.

Examples:
  tailherd rollout start web
  tailherd rollout start web api --batch 25% --stable 30s --rollback
  tailherd rollout start -t tier=front --batch 2 --max-unavailable 3 --yes
  tailherd rollout start web --detach -o name

Exit 0 when all of it is done, 8 when part of it is, 1 when nothing is, 7 when --wait was over before.`,
    )
    .action(async (names: string[], options: StartOptions) => {
      const { kind, tag, batch, maxUnavailable, stable, timeout, rollback } = options;
      if (names.length === 0 && kind === undefined && tag === undefined) {
        throw usageFailure("Say which services: NAME…, -k KIND or -t LABEL or TAG");
      }
      const client = context.client();
      if (names.length === 0 && options.yes !== true) {
        await confirm(
          context,
          `restart all services ${[kind && `of kind ${kind}`, tag && `with ${tag}`].filter(Boolean).join(" ")}, a few at a time?`,
        );
      }
      const begun = await client.call("POST /api/rolling-restart", {
        body: {
          services: names,
          kind: kind ?? null,
          tag: tag ?? null,
          ...(batch !== undefined && { batch }),
          ...(maxUnavailable !== undefined && { max_unavailable: maxUnavailable }),
          ...(stable !== undefined && { stable: stable / SECOND }),
          ...(timeout !== undefined && { timeout: timeout / SECOND }),
          ...(rollback === true && { rollback }),
        },
      });
      await follow(context, client, begun, options);
    });
}

function watchOptions(command: Command): Command {
  return command
    .option("-d, --detach", "do not wait for its end")
    .option("--wait <duration>", "stop watching after this long, exit 7 (it goes on)", readDuration);
}

function defineStatus(command: Command, context: Context): void {
  command
    .argument("[operation]", "its id; all recent ones unless given")
    .description("How rolling restarts go, or how they ended.")
    .action(async (id: string | undefined) => {
      const client = context.client();
      if (id !== undefined)
        return await show(context, await client.call("GET /api/operations/{id}", { params: { id } }));
      const operations = await client.call("GET /api/operations");
      const rolling = operations.filter(({ kind }) => kind === "rolling restart");
      if (context.format === "name") return context.print(rolling.map((operation) => operation.id).join("\n"));
      await context.emit(rolling, () =>
        rolling.length === 0 ? "" : rolloutTable(rolling, context.style, context.width),
      );
      if (rolling.length === 0) context.note("No rolling restarts. Begin one: tailherd rollout start web");
    });
}

function defineChange(command: Command, context: Context, act: "pause" | "resume" | "cancel", words: string): void {
  command
    .argument("<operation>", "its id, see tailherd rollout status")
    .description(words)
    .action(async (id: string) => {
      const operation = await context.client().call(`POST /api/operations/{id}/${act}`, { params: { id } });
      if (context.format === "name") return context.print(operation.id);
      await context.emit(operation, () => rolloutLine(operation, Date.now()));
    });
}

function defineRetry(command: Command, context: Context): void {
  watchOptions(command)
    .argument("<operation>", "its id, see tailherd rollout status")
    .description("Begin again, as a new one, where it failed or did not get to.")
    .action(async (id: string, options: WatchOptions) => {
      const client = context.client();
      await follow(context, client, await client.call("POST /api/operations/{id}/retry", { params: { id } }), options);
    });
}

/** Watches it to its end, unless that was not asked for. */
async function follow(
  context: Context,
  client: Client,
  begun: Operation,
  { detach, wait }: WatchOptions,
): Promise<void> {
  if (detach === true) {
    if (context.format === "name") return context.print(begun.id);
    return await context.emit(
      begun,
      () => `${rolloutLine(begun, Date.now())}\nFollow it: tailherd rollout status ${begun.id}`,
    );
  }
  using interrupt = new Interrupt();
  const ended = await watch(context, client, begun, wait, interrupt.signal);
  await show(context, ended);
  if (ended.ended_at !== null) context.exitCode = exitCodeOf(ended);
  else if (interrupt.signal.aborted) context.exitCode = EXIT_INTERRUPTED;
  else context.exitCode = EXIT.timedOut;
  if (ended.ended_at === null) context.note(`It goes on. End it: tailherd rollout cancel ${ended.id}`);
}

/** The ended operation, or as it was told last when the time was over or somebody interrupted. */
async function watch(
  context: Context,
  client: Client,
  begun: Operation,
  wait: number | undefined,
  signal: AbortSignal,
): Promise<Operation> {
  const deadline = performance.now() + (wait ?? Number.POSITIVE_INFINITY);
  let operation = begun;
  let heard = performance.now();
  using line = new ProgressLine(context);
  while (operation.ended_at === null && !signal.aborted && performance.now() < deadline) {
    try {
      operation = await client.call("GET /api/operations/{id}", {
        params: { id: begun.id },
        query: { wait: LOOK_EVERY },
      });
      heard = performance.now();
      line.show(rolloutLine(operation, Date.now()));
    } catch (error) {
      const away = error instanceof CliFailure && error.exitCode === EXIT.hubUnreachable;
      if (!away || performance.now() - heard > PATIENCE) throw error;
      line.show(`${begun.title}: the hub is away, waiting for it`);
      await pause(SECOND, signal);
    }
  }
  return operation;
}

async function show(context: Context, operation: Operation): Promise<void> {
  if (context.format === "name") return context.print(operation.id);
  await context.emit(operation, () => rolloutPage(operation, context.style, context.width, Date.now()));
}

function exitCodeOf({ state, counts }: Operation): number {
  if (state === "done") return EXIT.ok;
  return counts.done > 0 ? EXIT.partlyDone : EXIT.failed;
}

/** "3", or "25%"; the hub says what else is wrong with it. */
function readAmount(text: string): number | string {
  if (/^\d+%$/.test(text)) return text;
  if (/^\d+$/.test(text)) return Number(text);
  throw usageFailure(`Cannot read "${text}" as a number of instances: give a whole one, or a share like 25%`);
}
