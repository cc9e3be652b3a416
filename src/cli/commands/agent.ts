// `tailherd agent`: a server of somebody else's hub, in the foreground. Everything heavy is loaded only here.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { single } from "../../runtime/config.ts";
import type { Context } from "../context.ts";
import { usageFailure } from "../failure.ts";
import { collect } from "../options.ts";

interface AgentOptions {
  token?: string;
  name?: string;
  tag?: string[];
  allowRun?: boolean;
  locked?: boolean;
  file?: string;
  reEnrol?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .option("--token <token>", 'join token of the first start; "-" reads it from standard input')
    .option("--name <name>", "how to call this machine in the fleet (its host name)")
    .option("--tag <tag>", "word to place and select by; can be given again", collect)
    .option("--allow-run", "let admins of the hub run programs here (tailherd run)")
    .option("--locked", "run only what the file of -f declares, as it declares it, whatever the hub says")
    .option("-f, --file <file>", "tailherd.yaml of --locked; read at each start")
    .option(
      "--re-enrol",
      "enrol again, with a new key: with a token made for this server (join-token --for) it stays who it is",
    )
    .addHelpText(
      "after",
      `
Examples:
  tailherd agent --hub http://nas:8765 --token TOKEN       the line that tailherd join-token prints
  TAILHERD_JOIN_TOKEN=TOKEN tailherd agent --hub http://nas:8765 --tag web
  tailherd agent                                           each later start: its key is in the data directory
  tailherd agent --locked -f /etc/tailherd/tailherd.yaml

A token on the command line can be read by everybody on this machine while it counts; TAILHERD_JOIN_TOKEN, --token-file FILE
and --token - keep it from them. Here --hub is the hub to enrol with; given later without a token it says where the same hub
is now. Ctrl-C ends the agent; services go on. To run it as a unit: tailherd service install --agent`,
    )
    .action(async (options: AgentOptions) => {
      if (options.locked === true && options.file === undefined) {
        throw usageFailure("Say what a locked agent may run: --locked -f tailherd.yaml");
      }
      if (options.locked !== true && options.file !== undefined) {
        throw usageFailure("-f is the file of a locked agent: give --locked too, or tailherd apply -f FILE on the hub");
      }
      const { runAgent } = await import("../run-agent.ts");
      context.exitCode = await runAgent(context, {
        hub: context.hubUrl?.origin,
        token: takeToken(context, options.token),
        name: options.name ?? single(context.config.values.server_name),
        tags: options.tag ?? [],
        allowRun: options.allowRun === true,
        lockedBy: options.locked === true ? options.file : undefined,
        reEnrol: options.reEnrol === true,
      });
    });
}

/** From the flag, the environment (from which it is taken, so that nothing we start can read it there), or a file. */
export function takeToken(context: Context, given: string | undefined): string | undefined {
  const { env, cwd } = context.io;
  const fromEnv = env.TAILHERD_JOIN_TOKEN;
  delete env.TAILHERD_JOIN_TOKEN;
  if (given === "-") return readToken(0, "standard input");
  if (given !== undefined) return given;
  if (fromEnv !== undefined && fromEnv !== "") return fromEnv;
  const { token_file } = context.config.values;
  const file = single(token_file);
  // Files named elsewhere hold the token of commands, which is another matter.
  if (file === undefined || token_file?.from !== "--token-file") return undefined;
  return file === "-" ? readToken(0, "standard input") : readToken(resolve(cwd, file), file);
}

function readToken(from: number | string, words: string): string {
  try {
    const token = readFileSync(from, "utf8").trim();
    if (token !== "") return token;
  } catch (cause) {
    throw usageFailure(`Cannot read the join token from ${words}: ${(cause as Error).message}`);
  }
  throw usageFailure(`Cannot read the join token from ${words}: it is empty`);
}
