// `tailherd token ls|add|rm`: bearer tokens for automation and for other machines.
import type { Command } from "commander";
import { DAY, parseDuration } from "../../base/units.ts";
import { EXIT } from "../../contract/error-table.ts";
import type { RouteBodyInput } from "../../contract/routes.ts";
import type { Token } from "../../contract/transfer.ts";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { renderTable, type Column } from "../output/table.ts";
import { formatTime } from "../output/values.ts";

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .command("ls")
    .aliases(["list"])
    .description("Tokens, without their secrets.")
    .action(async () => {
      const tokens = await context.client().call("GET /api/tokens");
      if (context.format === "name") return context.print(tokens.map((token) => token.name).join("\n"));
      await context.emit(tokens, () =>
        tokens.length === 0 ? "" : renderTable(COLUMNS, tokens, context.style, context.width),
      );
      if (tokens.length === 0) context.note("No tokens yet. Make one: tailherd token add NAME --role operator");
    });
  command
    .command("add")
    .argument("<name>", "what it is for")
    .option("--role <role>", "viewer (sees), operator (also starts and stops), admin (also changes)", "viewer")
    .option("--expires <duration>", '"90d", or "never"', readExpiry, 90)
    .description("Make a token. Its secret is printed once, to stdout.")
    .addHelpText("after", "\nExample:\n  tailherd token add ci --role operator > ci.token")
    .action(async (name: string, options: { role: string; expires: number | null }) => {
      const role = options.role as RouteBodyInput<"POST /api/tokens">["role"];
      const token = await context
        .client()
        .call("POST /api/tokens", { body: { name, role, expires_in_days: options.expires } });
      const until = token.expires_at === null ? "never expires" : `expires ${formatTime(token.expires_at)}`;
      context.note(
        `Token "${token.name}", ${token.role}, ${until}. It is shown only now; give it to programs as TAILHERD_TOKEN.`,
      );
      await context.emit(token, () => token.secret);
    });
  command
    .command("rm")
    .aliases(["remove", "revoke"])
    .argument("<name>", "name or id")
    .description("Revoke a token; its connections close.")
    .action(async (name: string) => {
      const client = context.client();
      const token = (await client.call("GET /api/tokens")).find((each) => each.name === name || each.id === name);
      if (token === undefined) {
        throw new CliFailure(`Cannot revoke "${name}": there is no such token`, {
          exitCode: EXIT.notFound,
          code: "not_found",
        });
      }
      const done = await client.call("DELETE /api/tokens/{id}", { params: { id: token.id } });
      await context.emit(done, () => done.message);
    });
  for (const each of command.commands) each.showHelpAfterError(`(tailherd token ${each.name()} --help explains)`);
}

function readExpiry(text: string): number | null {
  if (text === "never") return null;
  const milliseconds = parseDuration(/^\d+$/.test(text) ? `${text}d` : text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds / DAY;
  throw usageFailure(`Cannot read "${text}" as a lifetime: give something like 90d, 12h, or never`);
}

const COLUMNS: Column<Token>[] = [
  { title: "NAME", value: (token) => token.name, cut: true },
  { title: "ROLE", value: (token) => token.role },
  { title: "CREATED", value: (token) => formatTime(token.created_at) },
  { title: "BY", value: (token) => token.created_by, cut: true },
  { title: "EXPIRES", value: (token) => (token.expires_at === null ? "never" : formatTime(token.expires_at)) },
  { title: "LAST USED", value: (token) => (token.last_used_at === null ? "never" : formatTime(token.last_used_at)) },
  { title: "ID", value: (token) => token.id },
];
