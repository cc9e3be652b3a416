// `tailherd up`: hub and agent in this process, in the foreground. Everything heavy is loaded only here.
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { DEFAULT_LISTEN, readListen, type ListenAddress } from "../listen.ts";
import { single } from "../../runtime/config.ts";
import { demandPrivate, isLoopback } from "../../runtime/reach.ts";
import { collect } from "../options.ts";

interface UpOptions {
  listen?: string[];
  /** False with --no-auth, else left out: commander fills such defaults in before a command's file is loaded. */
  auth?: boolean;
  serverName?: string;
  allowRun?: boolean;
  file?: string;
}

export function define(command: Command, context: Context): void {
  command
    .option("--listen <host:port>", "where to listen; can be given again (127.0.0.1:8765; TAILHERD_LISTEN)", collect)
    .option("--no-auth", "let everybody on this machine do everything; only while all addresses are loopback")
    .option("--server-name <name>", "how to call this machine (its host name; TAILHERD_SERVER_NAME)")
    .option("--allow-run", "let admins run programs on this machine (tailherd run, tasks with a command)")
    .option("-f, --file <file>", "apply this tailherd.yaml once everything runs, without asking")
    .addHelpText(
      "after",
      `
Examples:
  tailherd up
  tailherd up --listen 127.0.0.1:9000 --data-dir /srv/tailherd
  tailherd up -f tailherd.yaml

Ctrl-C ends hub and agent; services go on, and are adopted at the next start. TAILHERD_ADMIN_TOKEN sets a token for
automation. To run it as a unit: tailherd service install`,
    )
    .action(async (options: UpOptions) => {
      const { runUp } = await import("../run-up.ts");
      context.exitCode = await runUp(context, {
        listen: addresses(context, options),
        noAuth: options.auth === false,
        serverName: options.serverName ?? single(context.config.values.server_name),
        allowRun: options.allowRun === true,
        file: options.file,
      });
    });
}

function addresses(context: Context, options: UpOptions): ListenAddress[] {
  const given = options.listen ?? [context.config.values.listen?.value ?? []].flat();
  const all = given.length === 0 ? [DEFAULT_LISTEN] : given.map(readListen);
  for (const { host } of all) demandPrivate(host);
  if (options.auth !== false || all.every(({ host }) => isLoopback(host))) return all;
  throw usageFailure(
    "Cannot leave out sign-in: --no-auth works only while every address is loopback",
    "Leave out --no-auth, or listen on 127.0.0.1 only.",
  );
}
