// `tailherd completion bash|zsh|fish`: scripts made from the commands themselves; names of services are asked for as you type.
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { bashScript, fishScript, zshScript, type CompletedCommand } from "../output/completion.ts";
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

/** `tailherd __names`: names of services, a line each; silent when no hub answers, since nobody wants words while typing. */
export function defineNames(command: Command, context: Context): void {
  command.action(async () => {
    try {
      const services = await context.client().call("GET /api/services", { timeout: 1000 });
      context.io.stdout.write(services.map((service) => `${service.name}\n`).join(""));
    } catch {
      context.exitCode = 1;
    }
  });
}

function describe(command: Command): CompletedCommand {
  return {
    names: [command.name(), ...command.aliases()],
    summary: command.summary() || command.description(),
    flags: command.options.flatMap(flagsOf),
    // An argument called "name" is a service's name, everywhere but where a new one is made.
    services: command.name() !== "add" && command.registeredArguments.some((argument) => argument.name() === "name"),
    commands: command.commands.map(describe),
  };
}

function flagsOf(option: {
  short?: string | undefined;
  long?: string | undefined;
  description: string;
}): { flag: string; words: string }[] {
  return [option.short, option.long]
    .filter((flag) => flag !== undefined)
    .map((flag) => ({ flag, words: option.description }));
}
