// `tailherd adopt`: makes a definition of a process that something else started. Without arguments: lists what could be adopted.
import type { Command } from "commander";
import type { ExternalProcess } from "../../contract/agent.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { RouteBodyInput, RouteResult } from "../../contract/routes.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { CliFailure } from "../failure.ts";
import { confirm } from "../output/ask.ts";
import { renderTable, type Column } from "../output/table.ts";
import { formatBytes, formatPercent, formatSince } from "../output/values.ts";

type Adoption = RouteResult<"GET /api/processes/{pid}/definition">;

interface AdoptOptions {
  name?: string;
  yes?: boolean;
  server?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument("[pid-or-keyword...]", "a pid, or words that its command line holds, in any case")
    .option("--name <name>", "name of the service, instead of the proposed one")
    .option("-s, --server <server>", "on this server (name or id), instead of the hub's own machine")
    .option("-y, --yes", "do not ask")
    .addHelpText(
      "after",
      `
Examples:
  tailherd adopt                       what could be adopted
  tailherd adopt 4711 --name web
  tailherd adopt redis-server 6379     the one process that holds both words
  tailherd adopt -s nas 4711           on another server

The process runs on as it is, watched as "external"; after the next restart it is started from the definition.`,
    )
    .action(async (words: string[], options: AdoptOptions) => {
      const client = context.client();
      const found = await findProcesses(client, words, options.server);
      if (words.length === 0) return await list(context, found);
      await adopt(context, client, chooseOne(context, found, words), options);
    });
}

async function findProcesses(client: Client, words: string[], server: string | undefined): Promise<ExternalProcess[]> {
  const pid = words.length === 1 && /^\d+$/.test(words[0] ?? "") ? Number(words[0]) : undefined;
  const keyword = pid === undefined && words.length > 0 ? words : undefined;
  const { processes } = await client.call("GET /api/processes", { query: { keyword, server } });
  return pid === undefined ? processes : processes.filter((process) => process.pid === pid);
}

/** The one process meant; of several that fit, the only one that may be adopted (this command line holds the words too). */
function chooseOne(context: Context, found: ExternalProcess[], words: string[]): ExternalProcess {
  const adoptable = found.filter((process) => process.refused === null);
  const [only, second] = adoptable.length === 0 ? found : adoptable;
  if (only === undefined) throw nothingFits(words);
  if (second === undefined) return only;
  context.io.stderr.write(renderTable(COLUMNS, found, context.noteStyle));
  throw new CliFailure(`Cannot choose: ${found.length} processes fit. Give the pid of one.`, { exitCode: EXIT.usage });
}

async function list(context: Context, processes: ExternalProcess[]): Promise<void> {
  if (context.format === "name") return context.print(processes.map((process) => process.pid).join("\n"));
  await context.emit(processes, () => renderTable(COLUMNS, processes, context.style, context.width));
}

async function adopt(context: Context, client: Client, process: ExternalProcess, options: AdoptOptions): Promise<void> {
  if (process.refused !== null) throw new CliFailure(`Cannot adopt pid ${process.pid}: ${process.refused}`);
  if (process.service !== null) {
    throw new CliFailure(`Cannot adopt pid ${process.pid}: it already belongs to the service "${process.service}"`);
  }
  const { spec, warnings } = await client.call("GET /api/processes/{pid}/definition", {
    params: { pid: process.pid },
    query: { create_time: process.create_time, server: options.server },
  });
  const proposed: Adoption["spec"] = {
    ...spec,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.server !== undefined && { placement: { servers: [options.server], tags: [] } }),
  };
  context.note(await proposal(proposed));
  for (const warning of warnings) context.note(`${context.noteStyle.yellow("warning:")} ${warning}`);
  if (options.yes !== true) await confirm(context, `Define "${String(proposed.name)}" like this?`);
  const record = await client.call("POST /api/services", { body: proposed as RouteBodyInput<"POST /api/services"> });
  await context.emit(record, () => `${record.name}: adopted, pid ${process.pid} runs on`);
}

async function proposal(spec: Adoption["spec"]): Promise<string> {
  const { stringify } = await import("yaml");
  return stringify(spec).trimEnd();
}

function nothingFits(words: string[]): CliFailure {
  return new CliFailure(`Cannot adopt "${words.join(" ")}": no process fits`, {
    exitCode: EXIT.notFound,
    code: "not_found",
    hints: ["See what could be adopted: tailherd adopt"],
  });
}

const COLUMNS: Column<ExternalProcess>[] = [
  { title: "PID", value: (process) => String(process.pid), right: true },
  { title: "USER", value: (process) => process.user },
  { title: "CPU", value: (process) => formatPercent(process.cpu), right: true },
  { title: "MEM", value: (process) => formatBytes(process.memory), right: true },
  { title: "UPTIME", value: (process) => formatSince(new Date(process.create_time * 1000).toISOString()), right: true },
  { title: "PORTS", value: (process) => process.ports.join(",") },
  { title: "SERVICE", value: (process) => process.service ?? "" },
  { title: "COMMAND", value: (process) => process.command, cut: true },
  { title: "NOT ADOPTABLE", value: (process) => process.refused ?? "", cut: true },
];
