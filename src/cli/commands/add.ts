// `tailherd add`: defines a service from the command line.
import type { Command } from "commander";
import type { RouteBodyInput } from "../../contract/routes.ts";
import type { Placement } from "../../contract/server.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { collect, readCount } from "../options.ts";

interface AddOptions {
  command?: string;
  kind?: string;
  workingDir?: string;
  env?: string[];
  envFile?: string;
  port?: number[];
  user?: string;
  restart?: string;
  instances?: number;
  label?: string[];
  keyword?: string[];
  dependsOn?: string[];
  description?: string;
  apiUrl?: string;
  memory?: string;
  on?: string[];
  onTag?: string[];
  autostart?: boolean;
  start?: boolean;
}

type ServiceInput = RouteBodyInput<"POST /api/services">;

export function define(command: Command, context: Context): void {
  command
    .argument("<name>", "name of the new service")
    .argument("[command...]", "after --: program and arguments, run without a shell")
    .option("-c, --command <line>", "a shell line instead, run by /bin/sh")
    .option("-k, --kind <kind>", "backend, frontend or other")
    .option("-C, --working-dir <dir>", "where it runs (this directory, where it runs on this machine)")
    .option("-e, --env <name=value>", "variable of the process; can be given again", collect)
    .option("--env-file <file>", "file of NAME=value lines, read at each start")
    .option("-p, --port <port>", "TCP port it listens on; can be given again", collectPort)
    .option("-u, --user <account>", "account it runs as, when the hub runs as root")
    .option("--restart <policy>", "always, on-failure or never")
    .option("-n, --instances <count>", "copies side by side", (text) => readCount(text))
    .option("-t, --label <key=value>", "free pair to select by; can be given again", collect)
    .option(
      "--depends-on <name[=condition]>",
      "service that its starts wait for until it is started, healthy or completed; can be given again",
      collect,
    )
    .option("--keyword <text>", "match processes by their command line; can be given again", collect)
    .option("--description <text>", "a line for people")
    .option("--api-url <url>", "where its interface is")
    .option("--memory <size>", 'limit of an instance, like "512M"')
    .option("--on <server>", "server that it runs on, instead of the hub's own; can be given again", collect)
    .option(
      "--on-tag <tag>",
      "also on every server with this tag, now or later; with all of them when given again",
      collect,
    )
    .option("--autostart", "start it now and whenever the machine comes up")
    .option("--start", "start it now")
    .addHelpText(
      "after",
      `
Examples:
  tailherd add web --port 3000 --autostart -- node server.js
  tailherd add feed --command 'tail -F in.log | ./parse' --restart always
  tailherd add cache --on nas --on web-1 -- memcached
  tailherd add api --depends-on db=healthy --depends-on cache -- ./api
  tailherd add db --keyword redis-server     watch one that something else starts`,
    )
    .action(async (name: string, argv: string[], options: AddOptions) => {
      const client = context.client();
      const body = definition(context, name, argv, options);
      const { warnings, ...record } = await client.call("POST /api/services", { body });
      for (const warning of warnings) context.note(`${context.noteStyle.yellow("warning:")} ${warning}`);
      if (options.start === true && record.desired !== "running") {
        await client.call("POST /api/services/{name}/start", { params: { name: record.name } });
      }
      if (context.format === "name") return context.print(record.name);
      await context.emit(record, () => `${record.name}: added${outcome(record.name, options)}`);
    });
}

function definition(context: Context, name: string, argv: string[], options: AddOptions): ServiceInput {
  if (argv.length > 0 && options.command !== undefined) {
    throw usageFailure("Give a command after -- or with --command, not both");
  }
  const runs = argv.length > 0 || options.command !== undefined;
  // Elsewhere this directory means nothing.
  const local = context.client().address.kind === "socket" && options.on === undefined && options.onTag === undefined;
  const body: Record<string, unknown> = {
    name,
    start_cmd: options.command,
    argv: argv.length > 0 ? argv : undefined,
    working_dir: options.workingDir ?? (runs && local ? context.io.cwd : undefined),
    kind: options.kind,
    env: options.env && pairs(options.env, "--env"),
    env_file: options.envFile,
    ports: options.port,
    user: options.user,
    restart: options.restart && { policy: options.restart },
    instances: options.instances,
    labels: options.label && pairs(options.label, "--label"),
    match_keywords: options.keyword,
    depends_on: options.dependsOn && dependencies(options.dependsOn),
    description: options.description,
    api_url: options.apiUrl,
    limits: options.memory && { memory: options.memory },
    placement: placementOf(options),
    autostart: options.autostart,
  };
  for (const key of Object.keys(body)) if (body[key] === undefined) delete body[key];
  // What the flags cannot say wrong, the hub checks: one place for what is allowed.
  return body as ServiceInput;
}

/** What `--on` and `--on-tag` say; undefined when they say nothing. */
export function placementOf({ on, onTag }: { on?: string[]; onTag?: string[] }): Placement | undefined {
  return on === undefined && onTag === undefined ? undefined : { servers: on ?? [], tags: onTag ?? [] };
}

function pairs(given: string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const equals = pair.indexOf("=");
      if (equals < 1) throw usageFailure(`Cannot read ${flag} "${pair}": give NAME=value`);
      return [pair.slice(0, equals), pair.slice(equals + 1)];
    }),
  );
}

/** "db", or "db=healthy". */
function dependencies(given: string[]): Record<string, { condition?: string }> {
  return Object.fromEntries(
    given.map((text) => {
      const equals = text.indexOf("=");
      return equals < 0 ? [text, {}] : [text.slice(0, equals), { condition: text.slice(equals + 1) }];
    }),
  );
}

function collectPort(text: string, before: number[] | undefined): number[] {
  return [...(before ?? []), readCount(text)];
}

function outcome(name: string, options: AddOptions): string {
  if (options.start === true || options.autostart === true) return " and started";
  return `. Start it: tailherd start ${/\s/.test(name) ? `"${name}"` : name}`;
}
