// `tailherd service install|uninstall`: `up` as a systemd unit of the user or of the system.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { collect } from "../target.ts";
import { unitText } from "../unit-file.ts";

type Scope = "user" | "system";

interface InstallOptions {
  user?: boolean;
  system?: boolean;
  dryRun?: boolean;
  /** False with --no-start, else left out. */
  start?: boolean;
  listen?: string[];
  serverName?: string;
}

const UNIT = "tailherd.service";
const SYSTEM_DATA_DIR = "/var/lib/tailherd";

export function define(command: Command, context: Context): void {
  command.helpCommand(false);
  command
    .command("install")
    .description("Write the unit, enable it and start it.")
    .option("--user", "for this account (when not root)")
    .option("--system", "for the machine (when root)")
    .option("--dry-run", "only print the unit")
    .option("--no-start", "write it, but neither enable nor start it")
    .option("--listen <host:port>", "as in tailherd up; can be given again", collect)
    .option("--server-name <name>", "as in tailherd up")
    .addHelpText(
      "after",
      `
Stopping or upgrading the unit leaves the services running; they are adopted when it starts again.

Examples:
  tailherd service install --dry-run
  sudo tailherd service install --system --listen 127.0.0.1:8765`,
    )
    .action(async (options: InstallOptions) => await install(context, options));
  command
    .command("uninstall")
    .description("Stop and disable the unit, and remove it. Services and data stay.")
    .option("--user", "the one of this account")
    .option("--system", "the one of the machine")
    .option("--dry-run", "only say what would be done")
    .action(async (options: InstallOptions) => await uninstall(context, options));
}

async function install(context: Context, options: InstallOptions): Promise<void> {
  const scope = scopeOf(options);
  const text = unitText({
    scope,
    node: process.execPath,
    script: await scriptPath(),
    args: upArgs(context, scope, options),
  });
  const file = unitPath(scope, context.io.env);
  if (options.dryRun === true) {
    context.note(`Would write ${file}:`);
    return await context.emit({ file, unit: text }, () => text);
  }
  needRoot(scope);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o644 });
  context.print(`Wrote ${file}.`);
  if (options.start === false) return context.note(`Start it with: ${systemctlWords(scope)} enable --now ${UNIT}`);
  systemctl(scope, file, "daemon-reload");
  systemctl(scope, file, "enable", "--now", UNIT);
  context.print(`Enabled and started. See how it does: ${systemctlWords(scope)} status ${UNIT}`);
  if (scope === "user") context.note("So that it runs while you are not signed in: loginctl enable-linger");
}

async function uninstall(context: Context, options: InstallOptions): Promise<void> {
  const scope = scopeOf(options);
  const file = unitPath(scope, context.io.env);
  if (!existsSync(file))
    throw new CliFailure(`Cannot uninstall: there is no ${file}`, { exitCode: 4, code: "not_found" });
  if (options.dryRun === true) return context.print(`Would stop and disable ${UNIT}, and remove ${file}.`);
  needRoot(scope);
  systemctl(scope, file, "disable", "--now", UNIT);
  await rm(file);
  systemctl(scope, file, "daemon-reload");
  context.print(`Removed ${file}. Services that ran go on running.`);
}

function scopeOf(options: InstallOptions): Scope {
  if (options.user === true && options.system === true) throw usageFailure("Give --user or --system, not both");
  if (options.user === true) return "user";
  return options.system === true || process.getuid?.() === 0 ? "system" : "user";
}

function needRoot(scope: Scope): void {
  if (scope === "system" && process.getuid?.() !== 0) {
    throw new CliFailure("Cannot change the machine's units: you are not root", {
      exitCode: 5,
      code: "forbidden",
      hints: ["Use sudo, or --user for a unit of your own."],
    });
  }
}

function unitPath(scope: Scope, env: NodeJS.ProcessEnv): string {
  if (scope === "system") return join("/etc/systemd/system", UNIT);
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "systemd/user", UNIT);
}

/** The program as it was started, links resolved: a unit must not depend on anybody's PATH. */
async function scriptPath(): Promise<string> {
  return await realpath(resolve(process.argv[1] ?? ""));
}

function upArgs(context: Context, scope: Scope, options: InstallOptions): string[] {
  const { data_dir, listen, server_name } = context.config.values;
  const configured = data_dir?.from === "default" ? undefined : data_dir;
  const directory = configured === undefined && scope === "system" ? SYSTEM_DATA_DIR : context.dataDir;
  const addresses = options.listen ?? [listen?.value ?? []].flat();
  const name = options.serverName ?? server_name?.value;
  return [
    "--data-dir",
    directory,
    ...addresses.flatMap((address) => ["--listen", address]),
    ...(typeof name === "string" ? ["--server-name", name] : []),
  ];
}

function systemctlWords(scope: Scope): string {
  return scope === "user" ? "systemctl --user" : "systemctl";
}

function systemctl(scope: Scope, file: string, ...args: string[]): void {
  const all = scope === "user" ? ["--user", ...args] : args;
  const result = spawnSync("systemctl", all, { encoding: "utf8" });
  if (result.status === 0) return;
  const reason = result.error === undefined ? result.stderr.trim() : "systemd is not here";
  throw new CliFailure(`Cannot run systemctl ${all.join(" ")}: ${reason}`, {
    hints: [`The unit stands in ${file}.`],
  });
}
