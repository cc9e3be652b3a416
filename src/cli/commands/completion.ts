// `tailherd completion bash|zsh|fish`: scripts made from the commands themselves; names of services, servers and tags are asked for as you type.
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { bashScript, fishScript, zshScript, type CompletedCommand, type NameKind } from "../output/completion.ts";
import type { Client } from "../client.ts";
import { usageFailure } from "../failure.ts";

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export function define(command: Command, context: Context): void {
  command
    .argument("<shell>", Object.keys(SHELLS).join(", "))
    .addHelpText(
      "after",
      `
  bash   tailherd completion bash > ~/.local/share/bash-completion/completions/tailherd
  zsh    tailherd completion zsh > "\${fpath[1]}/_tailherd"
  fish   tailherd completion fish > ~/.config/fish/completions/tailherd.fish`,
    )
    .action(async (shell: string) => {
      if (!Object.hasOwn(SHELLS, shell))
        throw usageFailure(`There is no completion for "${shell}": give ${Object.keys(SHELLS).join(", ")}`);
      const { defineCommand } = await import("../program.ts");
      const program = command.parent;
      if (program === null) return;
      for (const each of program.commands) if (each !== command) await defineCommand(each, context);
      const shown = program.createHelp().visibleCommands(program).map(describe);
      const globals = program.options.flatMap(flagsOf);
      context.print(SHELLS[shell as keyof typeof SHELLS](shown, globals));
    });
}

/** `tailherd __names [services|servers|tags]`: a line each; silent when no hub answers, since nobody wants words while typing. */
export function defineNames(command: Command, context: Context): void {
  command.argument("[kind]").action(async (kind = "services") => {
    try {
      const names = await namesOf(context.client(), kind);
      context.io.stdout.write(names.map((name) => `${name}\n`).join(""));
    } catch {
      context.exitCode = 1;
    }
  });
}

async function namesOf(client: Client, kind: string): Promise<string[]> {
  const timeout = 1000;
  if (kind === "services") return (await client.call("GET /api/services", { timeout })).map(({ name }) => name);
  const servers = await client.call("GET /api/servers", { timeout });
  return kind === "servers" ? servers.map(({ name }) => name) : [...new Set(servers.flatMap(({ tags }) => tags))];
}

/** An argument or option that is called so takes names of that kind, wherever it stands. */
const KINDS: Readonly<Record<string, NameKind>> = {
  name: "services",
  server: "servers",
  "--server": "servers",
  "--on": "servers",
  "--for": "servers",
  "--tag": "tags",
  "--on-tag": "tags",
};
/** But these make a new one, or mean something else by a name. */
const OTHER_NAMES: ReadonlySet<string> = new Set(["add", "token"]);

function describe(command: Command): CompletedCommand {
  const kinds = command.registeredArguments.flatMap((argument) => KINDS[argument.name()] ?? []);
  const other = OTHER_NAMES.has(command.name()) || OTHER_NAMES.has(command.parent?.name() ?? "");
  return {
    names: [command.name(), ...command.aliases()],
    summary: command.summary() || command.description(),
    flags: command.options.flatMap(flagsOf),
    names_of: other ? null : (kinds[0] ?? null),
    commands: command.commands.map(describe),
  };
}

function flagsOf({ short, long, description }: Command["options"][number]): CompletedCommand["flags"] {
  const given = [short, long].filter((flag) => flag !== undefined);
  const values = given.map((flag) => KINDS[flag]).find((kind) => kind !== undefined) ?? null;
  return given.map((flag) => ({ flag, words: description, values }));
}
