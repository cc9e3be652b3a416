// `tailherd wait`: until services run, are ready, or healthy; for scripts that go on from there.
import type { Command } from "commander";
import { MINUTE, SECOND } from "../../base/units.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { ServiceStatus } from "../../contract/status.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { pause } from "../event-stream.ts";
import { CliFailure, EXIT_INTERRUPTED, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readDuration } from "../options.ts";
import { ProgressLine } from "../output/progress.ts";
import { addSelectionOptions, findTargets, targetName, type Selection, type Target } from "../target.ts";
import { type Goal, GOALS, progressOf, type Progress } from "../wait-goal.ts";

interface WaitOptions extends Selection {
  for: Goal;
  timeout: number;
}

/** Milliseconds between two looks. */
const LOOK_EVERY = SECOND / 2;

export function define(command: Command, context: Context): void {
  command
    .argument("[name...]", 'services; "web/2" is one instance, "web@nas" those on a server')
    .option("--for <goal>", GOALS.join(", "), readGoal, "ready")
    .option("--timeout <duration>", "give up after this long, exit 7", readDuration, MINUTE)
    .addHelpText(
      "after",
      `
running: its process runs. ready: it runs, and no readiness check fails. healthy: all of its checks pass. Where nothing is checked
all three are the same.

Examples:
  tailherd restart web && tailherd wait web
  tailherd wait --for=healthy --timeout 5m db api
  tailherd wait --for=running -t tier=front

Exit 3 at once for what will not get there by itself: nobody wants it to run, or its policy gave up. A hub that is away is asked
again until the time is over; then it is exit 6.`,
    );
  addSelectionOptions(command, { all: true });
  command.action(async (names: string[], options: WaitOptions) => {
    const client = context.client();
    const targets = await findTargets(client, names, options);
    using interrupt = new Interrupt();
    const ended = await waitFor(context, client, targets, options, interrupt.signal);
    const rows = ended.map(({ target, progress }) => ({ service: targetName(target), ...progress }));
    if (context.format === "name") context.print(rows.map(({ service }) => service).join("\n"));
    else await context.emit(rows, () => rows.map((row) => `${row.service}: ${wordsOf(row, options.for)}`).join("\n"));
    if (interrupt.signal.aborted) context.exitCode = EXIT_INTERRUPTED;
    else if (rows.some(({ outcome }) => outcome === "never")) context.exitCode = EXIT.notRunning;
    else if (rows.some(({ outcome }) => outcome === "not_yet")) context.exitCode = EXIT.timedOut;
  });
}

/** Where each stood when all were there, one could not get there, or the time was over. */
async function waitFor(
  context: Context,
  client: Client,
  targets: Target[],
  options: WaitOptions,
  signal: AbortSignal,
): Promise<{ target: Target; progress: Progress }[]> {
  const deadline = performance.now() + options.timeout;
  using line = new ProgressLine(context);
  for (;;) {
    const { known, failure } = await look(client, targets);
    const all = targets.map((target) => ({
      target,
      progress: progressOf(known?.get(target.service), target, options.for),
    }));
    const open = all.filter(({ progress }) => progress.outcome === "not_yet");
    const left = deadline - performance.now();
    if (failure !== undefined && left <= 0) throw failure;
    if (open.length === 0 || all.some(({ progress }) => progress.outcome === "never") || left <= 0 || signal.aborted) {
      return all;
    }
    line.show(
      `Waiting for ${open.map(({ target, progress }) => `${targetName(target)} (${progress.words})`).join(", ")}`,
    );
    await pause(Math.min(LOOK_EVERY, left), signal);
  }
}

/** `failure`: the hub cannot be asked now. */
async function look(
  client: Client,
  targets: readonly Target[],
): Promise<{ known?: Map<string, ServiceStatus>; failure?: CliFailure }> {
  const names = [...new Set(targets.map(({ service }) => service))];
  try {
    const statuses = await Promise.all(
      names.map(async (name) => await client.call("GET /api/services/{name}/status", { params: { name } })),
    );
    return { known: new Map(statuses.map((status) => [status.name, status])) };
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    if (error.exitCode !== EXIT.hubUnreachable && error.code !== "degraded") throw error;
    return { failure: error };
  }
}

function wordsOf({ outcome, words }: Progress, goal: Goal): string {
  if (outcome === "there") return goal;
  return outcome === "never" ? `will not be ${goal}: ${words}` : `not ${goal} in time: ${words}`;
}

function readGoal(text: string): Goal {
  const goal = GOALS.find((each) => each === text);
  if (goal !== undefined) return goal;
  throw usageFailure(`Cannot wait for "${text}": give one of ${GOALS.join(", ")}`);
}
