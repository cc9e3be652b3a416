// `tailherd servers ls|show|rename|tag|revoke|rm`: the machines of the fleet.
import type { Command } from "commander";
import { EXIT } from "../../contract/error-table.ts";
import type { ServerNode } from "../../contract/server.ts";
import type { Client } from "../client.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { confirm } from "../output/ask.ts";
import { metricOf, seenWords, serverState, serverTable } from "../output/servers.ts";
import { paintState, stateSymbol } from "../output/style.ts";
import { plain } from "../output/text.ts";
import { formatPercent, formatTime } from "../output/values.ts";
import { collect } from "../options.ts";

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .command("ls", { isDefault: true })
    .aliases(["list"])
    .description("Machines of the fleet as they are now.")
    .option("--tag <tag>", "only those with this tag; all of them when given again", collect)
    .action(async ({ tag = [] }: { tag?: string[] }) => {
      const all = await context.client().call("GET /api/servers");
      const servers = all.filter((server) => tag.every((each) => server.tags.includes(each)));
      if (context.format === "name") {
        context.io.stdout.write(servers.map(({ name }) => `${name}\n`).join(""));
        return;
      }
      await context.emit(servers, () => serverTable(context, servers));
      if (servers.length === 0 && all.length > 0) context.note(`0 of ${all.length} servers fit.`);
      else if (all.length === 1) context.note("Bring another machine in: tailherd join-token");
    });
  command
    .command("show")
    .argument("<server>", "name or id")
    .description("One server: state, what it measured, what runs there.")
    .action(async (id: string) => {
      const server = await find(context.client(), id);
      if (context.format === "name") return context.print(server.name);
      await context.emit(server, () => page(context, server));
    });
  command
    .command("rename")
    .argument("<server>", "name or id")
    .argument("<new-name>", "its new name")
    .description("Give a server another name. Services that are placed on it by its name stay.")
    .action(async (id: string, name: string) => await rename(context, id, name));
  defineTag(command, context);
  command
    .command("revoke")
    .argument("<server>", "name or id")
    .option("-y, --yes", "do not ask")
    .description("Take back its key or credential. What runs there goes on; it stays known, and can be enrolled again.")
    .action(async (id: string, options: { yes?: boolean }) => {
      const client = context.client();
      const { name } = await find(client, id);
      if (options.yes !== true) await confirm(context, `Take back the key of "${name}"?`);
      const server = await client.call("POST /api/servers/{id}/revoke", { params: { id } });
      await context.emit(server, () => `${server.name}: its key counts no more. What runs there goes on.`);
    });
  command
    .command("rm")
    .aliases(["remove"])
    .argument("<server...>", "names or ids")
    .option("-y, --yes", "do not ask")
    .description("Forget servers and their history. What runs there goes on, and is nobody's any more.")
    .action(async (ids: string[], options: { yes?: boolean }) => await remove(context, ids, options));
  for (const each of command.commands) each.showHelpAfterError(`(tailherd servers ${each.name()} --help explains)`);
}

function defineTag(command: Command, context: Context): void {
  command
    .command("tag")
    .argument("<server>", "name or id")
    .argument("<change...>", '"+web" or "web" adds, "-web" takes away')
    .allowUnknownOption()
    .description("Change a server's tags. Services that are placed by tags come and go with them.")
    .addHelpText("after", "\nExample:\n  tailherd servers tag nas +disk -old")
    .action(async (id: string, changes: string[]) => {
      const client = context.client();
      const before = await find(client, id);
      const server = await client.call("PATCH /api/servers/{id}", {
        params: { id: before.id },
        body: { tags: changedTags(before.tags, changes) },
      });
      await context.emit(
        server,
        () => `${server.name}: ${server.tags.length === 0 ? "no tags" : server.tags.join(", ")}`,
      );
    });
}

/** Tags after "+x", "x" and "-x", in this order. */
export function changedTags(before: readonly string[], changes: readonly string[]): string[] {
  const tags = new Set(before);
  // Commander leaves the mark in where options may be unknown.
  for (const change of changes.filter((word) => word !== "--")) {
    const tag = change.replace(/^[+-]/, "");
    if (tag === "" || tag.startsWith("-"))
      throw usageFailure(`Cannot read "${change}" as a change of tags: give +TAG or -TAG`);
    if (change.startsWith("-")) tags.delete(tag);
    else tags.add(tag);
  }
  return [...tags];
}

async function find(client: Client, id: string): Promise<ServerNode> {
  try {
    return await client.call("GET /api/servers/{id}", { params: { id } });
  } catch (error) {
    if (!(error instanceof CliFailure) || error.exitCode !== EXIT.notFound) throw error;
    throw noSuchServer(id);
  }
}

/** Exit 4, with where to look. */
export function noSuchServer(name: string): CliFailure {
  return new CliFailure(`There is no server "${name}"`, {
    exitCode: EXIT.notFound,
    code: "not_found",
    hints: ["See what there is: tailherd servers"],
  });
}

async function rename(context: Context, id: string, name: string): Promise<void> {
  const client = context.client();
  const before = await find(client, id);
  const server = await client.call("PATCH /api/servers/{id}", { params: { id: before.id }, body: { name } });
  // Its definitions have the new name; a file that owns one would bring the old one back.
  const services = await client.call("GET /api/services");
  const files = new Set(
    services.flatMap(({ owner, placement }) => (owner !== null && placement.servers.includes(name) ? [owner] : [])),
  );
  await context.emit(server, () =>
    [
      `${before.name}: is called ${server.name} now`,
      ...[...files].map((file) => `Change its name in ${file} too`),
    ].join("\n"),
  );
}

async function remove(context: Context, ids: string[], options: { yes?: boolean }): Promise<void> {
  const client = context.client();
  const servers: ServerNode[] = [];
  for (const id of ids) servers.push(await find(client, id));
  const names = servers.map(({ name }) => `"${name}"`).join(", ");
  if (options.yes !== true) {
    if (!context.interactive) throw usageFailure(`Say that ${names} shall be forgotten: --yes`);
    await confirm(context, `Forget ${names} and all history? What runs there goes on, and is nobody's any more.`);
  }
  const messages: { name: string; message: string }[] = [];
  for (const { id, name } of servers) {
    const { message } = await client.call("DELETE /api/servers/{id}", { params: { id } });
    messages.push({ name, message });
  }
  await context.emit(messages, () => messages.map(({ message }) => message).join("\n"));
}

function page(context: Context, server: ServerNode): string {
  const { style } = context;
  const state = serverState(server);
  const usage = (["cpu", "memory", "disk"] as const).map(
    (what) => `${what} ${formatPercent(metricOf(server, `${what}_percent`)) || "-"}`,
  );
  const facts: [string, string][] = [
    ["Kind", server.kind],
    ["Link", linkWords(server)],
    ["Seen", server.last_seen === null ? "never" : `${formatTime(server.last_seen)} (${seenWords(server)})`],
    ["Uses", server.online ? usage.join(", ") : ""],
    ["Services", server.services.join(", ")],
    ["Tags", server.tags.join(", ")],
    ["Address", [...new Set([server.host, server.ip])].filter(Boolean).join("  ")],
    ["Version", server.agent_version ?? ""],
    ["Locked", server.locked ? "yes: runs only what its own file declares" : ""],
    ["Commands", server.allow_run ? "allowed (tailherd run)" : ""],
    ["Clock", skewWords(server.clock_skew_ms)],
    ["Heartbeat", `every ${server.heartbeat_interval} s`],
    ["Enrolled", formatTime(server.enrolled_at)],
    ["Id", server.id],
  ];
  return [
    `${style.bold(server.name)}  ${paintState(style, state, `${stateSymbol(style, state)} ${state}`)}`,
    ...facts
      .filter(([, value]) => value !== "")
      .map(([name, value]) => `  ${style.dim(`${name}:`.padEnd(11))}${plain(value)}`),
  ].join("\n");
}

function linkWords({ kind, connected, revoked }: ServerNode): string {
  if (kind === "bare") return "";
  if (revoked) return "none: its key was taken back (tailherd join-token --for NAME enrols it again)";
  return connected ? "open" : "not open now";
}

function skewWords(skew: number | null): string {
  if (skew === null || Math.abs(skew) < 2000) return "";
  return `${Math.abs(skew / 1000).toFixed(1)} s ${skew > 0 ? "ahead of" : "behind"} the hub's`;
}
