// `tailherd run`: a program on one server or many, its output as it comes, and the exit code of the one.
import type { Command } from "commander";
import { SECOND } from "../../base/units.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { Operation, OperationTarget } from "../../contract/operations.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { follow, type StreamEvent } from "../event-stream.ts";
import { EXIT_INTERRUPTED, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { collect, readCount, readDuration } from "../options.ts";
import { paintSource } from "../output/style.ts";
import { plain, widthOf } from "../output/text.ts";

interface RunOptions {
  server?: string[];
  tag?: string[];
  width: number;
  stopAfter?: number;
  /** Milliseconds, both. */
  timeout: number;
  queue: number;
}

export function define(command: Command, context: Context): void {
  command
    .argument("<argv...>", "program and arguments, after --; no shell reads them")
    .option("-s, --server <server>", "on this server, by name or id; on more when given again", collect)
    .option("-t, --tag <tag>", "on the servers with this tag; with all of them when given again", collect)
    .option("--width <count>", "on so many servers at the same time", (text) => readCount(text), 10)
    .option("--stop-after <count>", "begin nowhere else after so many failures", (text) => readCount(text))
    .option("--timeout <duration>", "end it with all it started after this long", readDuration, 60 * SECOND)
    .option("--queue <duration>", "wait so long for servers that are away", readDuration, 0)
    .addHelpText(
      "after",
      `
Examples:
  tailherd run -s web-1 -- uptime -p
  tailherd run -t web --width 2 --stop-after 1 -- systemctl reload nginx
  tailherd run -s nas --queue 1h -- sh -c 'df -h | tail -3'

For admins, on servers whose agent was started with --allow-run. Runs at most once on each of them. Ends with the exit code of the
command where there is one server; else 0, 1 when it failed everywhere, 8 when it did on some. Ctrl-C cancels it.`,
    )
    .action(async (argv: string[], options: RunOptions) => {
      const { server: servers = [], tag: tags = [] } = options;
      if (servers.length + tags.length === 0) {
        throw usageFailure("Cannot run it: say where, with --server NAME or --tag TAG");
      }
      const client = context.client();
      const body = {
        action: "run" as const,
        argv,
        servers,
        tags,
        width: options.width,
        stop_after_failures: options.stopAfter ?? null,
        timeout: options.timeout / SECOND,
        queue_for: options.queue / SECOND,
      };
      const begun = await client.call("POST /api/commands", { body });
      const ended = await watch(context, client, begun);
      if (ended === undefined) context.exitCode = EXIT_INTERRUPTED;
      else await report(context, ended);
    });
}

/** Prints output until it has ended; undefined when somebody interrupted, which cancels it. */
async function watch(context: Context, client: Client, begun: Operation): Promise<Operation | undefined> {
  const params = { id: begun.id };
  const printer = new OutputPrinter(context, begun);
  using interrupt = new Interrupt();
  const over = new AbortController();
  await follow({
    signal: AbortSignal.any([interrupt.signal, over.signal]),
    open: async () =>
      await client.open("GET /api/operations/{id}/output", {
        params,
        headers: { accept: "text/event-stream" },
        signal: interrupt.signal,
      }),
    onEvent: (event) => {
      if (event.type === "output") printer.take(event);
      else if (event.type === "end") over.abort();
    },
    onLost: (reason) => context.note(context.noteStyle.yellow(`-- connection lost (${reason}); trying again --`)),
    onResumed: () => context.note(context.noteStyle.yellow("-- connected again --")),
  });
  printer.end();
  if (!interrupt.signal.aborted) return await client.call("GET /api/operations/{id}", { params });
  context.note("Interrupted: it is cancelled.");
  await client.call("POST /api/operations/{id}/cancel", { params });
  return undefined;
}

/** Whole lines, each with its server where there are several. */
class OutputPrinter {
  private readonly context: Context;
  private readonly several: boolean;
  private readonly width: number;
  private readonly rests = new Map<string, string>();
  /** Characters printed of each target: a stream that was opened again tells them again. */
  private readonly printed = new Map<number, number>();

  constructor(context: Context, { targets }: Operation) {
    this.context = context;
    this.several = targets.length > 1;
    this.width = Math.max(0, ...targets.map(({ server }) => widthOf(server ?? "")));
  }

  take({ data }: StreamEvent): void {
    const { place, server, at, text } = JSON.parse(data) as { place: number; server: string; at: number; text: string };
    const before = this.printed.get(place) ?? 0;
    const missed = at - before;
    if (missed > 0)
      this.context.note(this.context.noteStyle.yellow(`-- ${missed} characters of ${server} are left out --`));
    const fresh = text.slice(Math.max(0, -missed));
    if (fresh === "") return;
    this.printed.set(place, at + text.length);
    if (this.context.format === "json" || this.context.format === "yaml") return;
    if (!this.several) return void this.context.io.stdout.write(harmless(fresh));
    const lines = ((this.rests.get(server) ?? "") + fresh).split("\n");
    this.rests.set(server, lines.pop() ?? "");
    for (const line of lines) this.line(server, line);
  }

  /** Lines that were never ended. */
  end(): void {
    for (const [server, rest] of this.rests) if (rest !== "") this.line(server, rest);
  }

  private line(server: string, line: string): void {
    const padded = server.padEnd(server.length + this.width - widthOf(server));
    this.context.print(`${paintSource(this.context.style, server, padded)}  ${harmless(line)}`);
  }
}

// oxlint-disable-next-line no-control-regex -- these are what must not reach a terminal; colours may
const CONTROLS = /\u001B(?!\[[0-9;:]*m)|[\u0000-\u0008\u000B-\u001A\u001C-\u001F\u007F-\u009F]/g;

/** What agents send has been made so; one of them may lie. */
function harmless(text: string): string {
  return text.replaceAll(CONTROLS, "");
}

async function report(context: Context, operation: Operation): Promise<void> {
  const { targets } = operation;
  if (context.format === "json" || context.format === "yaml") await context.emit(targets, () => "");
  const failed = targets.filter(({ state }) => state !== "done");
  for (const target of failed) {
    const words = `${target.server ?? "a server"}: ${target.state}: ${plain(target.message ?? "no reason was given")}`;
    context.note(context.noteStyle.red(words));
  }
  const [only] = targets;
  if (targets.length === 1 && only !== undefined) context.exitCode = exitOf(only);
  else if (failed.length > 0) {
    context.exitCode = failed.length === targets.length ? EXIT.failed : EXIT.partlyDone;
    context.note(`${failed.length} of ${targets.length} failed.`);
  }
}

function exitOf({ state, exit_code }: OperationTarget): number {
  if (exit_code !== null) return exit_code;
  return state === "done" ? EXIT.ok : EXIT.failed;
}
