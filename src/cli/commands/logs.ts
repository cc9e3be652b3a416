// `tailherd logs`: what services print. Several are merged by time and named; -f goes on, also across a restart of the hub.
import type { Command } from "commander";
import type { LogLine, ServiceStatus } from "../../contract/status.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { follow } from "../event-stream.ts";
import { EXIT_INTERRUPTED, usageFailure } from "../failure.ts";
import { Interrupt } from "../interrupt.ts";
import { readCount, readMoment } from "../options.ts";
import { paintSource } from "../output/style.ts";
import { widthOf, withoutColours } from "../output/text.ts";
import { formatTime } from "../output/values.ts";
import { addSelectionOptions, findTargets, targetName, type Selection, type Target } from "../target.ts";

interface LogsOptions extends Selection {
  follow?: boolean;
  lines: number;
  since?: number;
  stream?: "stdout" | "stderr";
  timestamps?: boolean;
}

/** One instance whose output is read. */
interface Source {
  service: string;
  index: number;
  /** Id of its server, where the service has several. */
  server: string | undefined;
  /** "web", or "web/2@nas" where there are several. */
  name: string;
}

interface Line extends LogLine {
  source: Source;
}

const MOST_LINES = 10_000;

export function define(command: Command, context: Context): void {
  command
    .argument("[name...]", 'services; "web/2" is one instance, "web@nas" those on a server')
    .option("-f, --follow", "go on as it comes; Ctrl-C ends it")
    .option("-n, --lines <count>", "so many of the last lines, of each", readLines, 100)
    .option("--since <time>", 'only from then on: "10m" ago, or a time', (text) => readMoment(text))
    .option("--stream <stream>", "only stdout or only stderr", readStream)
    .option("-T, --timestamps", "each line with its time")
    .addHelpText(
      "after",
      `
Examples:
  tailherd logs web
  tailherd logs -f web worker/1      each line with its service's name
  tailherd logs --since 10m -t tier=front
  tailherd logs -f web -s nas        only of that server; of several, each line says which
  tailherd logs -f web --json        one JSON object a line, with level and fields where they were found`,
    );
  addSelectionOptions(command, { all: true });
  command.action(async (names: string[], options: LogsOptions) => {
    const client = context.client();
    const sources = await findSources(client, names, options);
    const printer = new LinePrinter(context, sources, options.timestamps === true);
    const pages = await Promise.all(sources.map(async (source) => await lastLines(client, source, options)));
    const lines = pages.flat().sort((a, b) => a.ts - b.ts);
    for (const line of lines) printer.print(line);
    if (options.follow !== true) {
      if (lines.length === 0) context.note("No output yet.");
      return;
    }
    await followAll(context, client, sources, pages, options, printer);
  });
}

async function findSources(client: Client, names: string[], options: LogsOptions): Promise<Source[]> {
  const targets = await findTargets(client, names, options);
  const sources = await Promise.all(
    targets.map(async ({ service, index, server }): Promise<Source[]> => {
      const status: ServiceStatus = await client.call("GET /api/services/{name}/status", { params: { name: service } });
      const instances = status.instances.filter(
        (each) => (index ?? each.index) === each.index && (server?.id ?? each.server_id) === each.server_id,
      );
      // The hub has the words for an instance that there is not.
      if (instances.length === 0) return [sourceOf(status, { index: index ?? 0, server })];
      return instances.map((each) =>
        sourceOf(status, { index: each.index, server: { id: each.server_id, name: each.server } }),
      );
    }),
  );
  const unique = new Map(sources.flat().map((source) => [source.name, source]));
  return [...unique.values()];
}

/** Number and server are told only where they tell something. */
function sourceOf(
  { name, instances }: ServiceStatus,
  { index, server }: Omit<Target, "service"> & { index: number },
): Source {
  const numbered = index > 0 || instances.some((each) => each.index > 0);
  const several = new Set(instances.map(({ server_id }) => server_id)).size > 1;
  const place = several ? server : undefined;
  const target = { service: name, index: numbered ? index : undefined, server: place };
  return { service: name, index, server: place?.id, name: targetName(target) };
}

async function lastLines(client: Client, source: Source, options: LogsOptions): Promise<Line[]> {
  if (options.lines === 0) return [];
  const { since, stream } = options;
  const page = await client.call("GET /api/services/{name}/logs", {
    params: { name: source.service },
    query: { index: source.index, server: source.server, limit: options.lines, since, stream },
  });
  return page.lines.map((line) => ({ ...line, source }));
}

async function followAll(
  context: Context,
  client: Client,
  sources: Source[],
  pages: Line[][],
  options: LogsOptions,
  printer: LinePrinter,
): Promise<void> {
  using interrupt = new Interrupt();
  let lost = 0;
  await Promise.all(
    sources.map(async (source, at) => {
      const begin = pages[at]?.at(-1)?.cursor;
      await follow({
        signal: interrupt.signal,
        open: async (lastId) =>
          await client.open("GET /api/services/{name}/logs/follow", {
            params: { name: source.service },
            query: { index: source.index, server: source.server, after: lastId ?? begin },
            headers: { accept: "text/event-stream" },
            signal: interrupt.signal,
          }),
        onEvent: (event) => {
          if (event.type !== "message" && event.type !== "line") return;
          const line = JSON.parse(event.data) as LogLine;
          if (options.stream === undefined || line.stream === options.stream) printer.print({ ...line, source });
        },
        onLost: (reason) => {
          if (lost++ === 0) context.note(context.noteStyle.yellow(`-- connection lost (${reason}); trying again --`));
        },
        onResumed: () => {
          if (--lost === 0)
            context.note(context.noteStyle.yellow("-- connected again; resuming after the last line --"));
        },
      });
    }),
  );
  context.exitCode = EXIT_INTERRUPTED;
}

/** Writes lines in one of the forms: as they are, named, or as JSON. */
class LinePrinter {
  private readonly context: Context;
  private readonly several: boolean;
  private readonly nameWidth: number;
  private readonly timestamps: boolean;

  constructor(context: Context, sources: Source[], timestamps: boolean) {
    this.context = context;
    this.several = sources.length > 1;
    this.nameWidth = Math.max(0, ...sources.map((source) => widthOf(source.name)));
    this.timestamps = timestamps;
  }

  print(line: Line): void {
    const { style, format, io } = this.context;
    if (format === "json" || format === "yaml") {
      const { source, ...rest } = line;
      io.stdout.write(
        `${JSON.stringify({ service: source.service, index: source.index, server_id: source.server, ...rest })}\n`,
      );
      return;
    }
    const padding = " ".repeat(this.nameWidth - widthOf(line.source.name));
    const name = this.several ? `${paintSource(style, line.source.name)}${padding} | ` : "";
    const time = this.timestamps ? `${style.dim(formatTime(line.ts))} ` : "";
    io.stdout.write(`${name}${time}${this.text(line)}\n`);
  }

  private text(line: LogLine): string {
    const { style } = this.context;
    if (!style.colours) return withoutColours(line.text);
    if (line.stream === "tailherd") return style.dim(line.text);
    // A colour that the service left on must not run into the next line.
    return line.text.includes("\u001B") ? `${line.text}\u001B[0m` : line.text;
  }
}

function readLines(text: string): number {
  if (text === "all") return MOST_LINES;
  return Math.min(readCount(text, 0), MOST_LINES);
}

function readStream(text: string): "stdout" | "stderr" {
  if (text === "stdout" || text === "stderr") return text;
  throw usageFailure(`Cannot read only "${text}": give stdout or stderr`);
}
