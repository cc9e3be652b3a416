// `tailherd join-token [ls|rm]`: tokens that let machines into the fleet, with the line to paste on the other machine.
import type { Command } from "commander";
import { MINUTE, parseDuration } from "../../base/units.ts";
import type { RouteResult } from "../../contract/routes.ts";
import type { JoinToken } from "../../contract/server.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { collect, readCount } from "../options.ts";
import { renderTable, type Column } from "../output/table.ts";
import { formatTime } from "../output/values.ts";

interface MakeOptions {
  uses: number;
  /** Minutes. */
  expires?: number;
  tag?: string[];
  for?: string;
}

type MadeToken = RouteResult<"POST /api/join-tokens">;

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .option("--uses <count>", "how many machines may come in with it", (text) => readCount(text), 1)
    .option("--expires <duration>", "how long it counts (15m)", readExpiry)
    .option("--tag <tag>", "word that its machines get; can be given again", collect)
    .option("--for <server>", "only for this server, which enrols again and keeps its id, name and history")
    .addHelpText(
      "after",
      `
Makes a token and prints the line to run on the other machine. The secret is shown this once; it ends with a fingerprint of
the hub's key, by which the agent knows its hub.

Examples:
  tailherd join-token
  tailherd join-token --uses 20 --expires 2h --tag web
  tailherd join-token --for web-1          its key was lost, or its machine was set up anew
  tailherd join-token -o name              only the secret`,
    )
    .action(async (options: MakeOptions) => await make(context, options));
  command
    .command("ls")
    .aliases(["list"])
    .description("Join tokens that still count, without their secrets.")
    .action(async () => {
      const tokens = await context.client().call("GET /api/join-tokens");
      if (context.format === "name") {
        context.io.stdout.write(tokens.map(({ id }) => `${id}\n`).join(""));
        return;
      }
      await context.emit(tokens, () =>
        tokens.length === 0 ? "" : renderTable(COLUMNS, tokens, context.style, context.width),
      );
      if (tokens.length === 0) context.note("No join tokens. Make one: tailherd join-token");
    });
  command
    .command("rm")
    .aliases(["remove", "revoke"])
    .argument("<id>", "of tailherd join-token ls")
    .description("Take a join token back. Servers that came in with it stay.")
    .action(async (id: string) => {
      const done = await context.client().call("DELETE /api/join-tokens/{id}", { params: { id } });
      await context.emit(done, () => done.message);
    });
  for (const each of command.commands) each.showHelpAfterError(`(tailherd join-token ${each.name()} --help explains)`);
}

async function make(context: Context, options: MakeOptions): Promise<void> {
  const client = context.client();
  const { uses, expires = 15, tag: tags = [], for: server } = options;
  const token = await client.call("POST /api/join-tokens", {
    body: { uses, tags, expires_in_minutes: expires, ...(server !== undefined && { server_id: server }) },
  });
  const machines = uses === 1 ? "one machine" : `${uses} machines`;
  const whom = server === undefined ? machines : `"${server}"`;
  context.note(`A join token for ${whom}, until ${formatTime(token.expires_at)}. It is shown only now.`);
  if (context.format === "name") return context.print(token.secret);
  const url = reachable(client, token.hub_urls);
  await context.emit(token, () => instructions(context, token, url, server !== undefined));
  if (isLocal(url)) {
    context.note(
      `${context.noteStyle.yellow("warning:")} the hub listens only on its own machine; others reach it once it is started with --listen ADDRESS:8765`,
    );
  }
}

function instructions({ style }: Context, { secret, tags }: MadeToken, url: string, again: boolean): string {
  const agent = `tailherd agent --hub ${url} --token ${secret}${again ? " --re-enrol" : ""}`;
  const lines = [
    "Run this on the other machine, as the account that its services belong to:",
    "",
    `  ${style.bold(agent)}`,
  ];
  if (again) return lines.join("\n");
  const json = "-H 'Content-Type: application/json'";
  const body = `'{"name": "NAME", "host": "NAME"${tags.length === 0 ? "" : `, "tags": ${JSON.stringify(tags)}`}}'`;
  return [
    ...lines,
    "",
    "A machine without an agent registers like this, and then sends what it measures (the answer has ID and CREDENTIAL):",
    "",
    `  curl -fsS ${url}/api/servers/register -H 'Authorization: Bearer ${secret}' ${json} -d ${body}`,
    `  curl -fsS ${url}/api/servers/ID/heartbeat -H 'Authorization: Bearer CREDENTIAL' ${json} -d '{"metrics": {"cpu_percent": 12.5}}'`,
  ].join("\n");
}

/** The address to print: one that other machines reach, as far as can be told from here. */
function reachable(client: Client, urls: string[]): string {
  const mine = client.address.kind === "url" ? [client.address.url.origin] : [];
  const all = [...urls, ...mine];
  return all.find((url) => !isLocal(url)) ?? all[0] ?? "http://HUB:8765";
}

function isLocal(url: string): boolean {
  return /^https?:\/\/(localhost|127\.|\[::1\])/.test(url);
}

function readExpiry(text: string): number {
  const milliseconds = parseDuration(/^\d+$/.test(text) ? `${text}m` : text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds / MINUTE;
  throw usageFailure(`Cannot read "${text}" as a lifetime: give something like 15m, 2h, 1d`);
}

const COLUMNS: Column<JoinToken>[] = [
  { title: "ID", value: (token) => token.id },
  { title: "LEFT", value: (token) => `${token.uses_left} of ${token.uses}`, right: true },
  { title: "EXPIRES", value: (token) => formatTime(token.expires_at) },
  { title: "BY", value: (token) => token.created_by, cut: true },
  { title: "TAGS", value: (token) => token.tags.join(","), cut: true },
  { title: "FOR", value: (token) => token.server_id ?? "" },
];
