// `tailherd service install|uninstall`: `up` or `agent` as a systemd unit of the user or of the system.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, realpath, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { single } from "../../runtime/config.ts";
import { CliFailure, usageFailure } from "../failure.ts";
import { readEnrolled } from "../link-file.ts";
import { collect } from "../options.ts";
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
  agent?: boolean;
  token?: string;
  tag?: string[];
  allowRun?: boolean;
  locked?: string;
}

/** Two names: a machine may have a hub, and be a server of another one. */
const unitOf = ({ agent }: InstallOptions): string => (agent === true ? "tailherd-agent.service" : "tailherd.service");
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
    .option("--server-name <name>", "as in tailherd up; with --agent, the name to enrol with")
    .option("--agent", "run tailherd agent instead of tailherd up")
    .option("--token <token>", 'with --agent and --hub: enrol first; "-" reads it from standard input')
    .option("--tag <tag>", "with --agent: word to enrol with; can be given again", collect)
    .option("--allow-run", "as in tailherd agent")
    .option("--locked <file>", "as in tailherd agent --locked -f")
    .addHelpText(
      "after",
      `
Stopping or upgrading the unit leaves the services running; they are adopted when it starts again.

Examples:
  tailherd service install --dry-run
  sudo tailherd service install --system --listen 127.0.0.1:8765
  sudo tailherd service install --system --agent --hub http://nas:8765 --token TOKEN

The token of --agent is used now and stands in no unit: what the unit needs is the key in the data directory.`,
    )
    .action(async (options: InstallOptions) => await install(context, options));
  command
    .command("uninstall")
    .description("Stop and disable the unit, and remove it. Services and data stay.")
    .option("--user", "the one of this account")
    .option("--system", "the one of the machine")
    .option("--agent", "the one that runs tailherd agent")
    .option("--dry-run", "only say what would be done")
    .action(async (options: InstallOptions) => await uninstall(context, options));
}

async function install(context: Context, options: InstallOptions): Promise<void> {
  const scope = scopeOf(options);
  const text = unitText({
    scope,
    node: process.execPath,
    script: await scriptPath(),
    verb: options.agent === true ? "agent" : "up",
    args: options.agent === true ? agentArgs(context, scope, options) : upArgs(context, scope, options),
  });
  const unit = unitOf(options);
  const file = unitPath(scope, unit, context.io.env);
  if (options.dryRun === true) {
    context.note(`Would write ${file}:`);
    return await context.emit({ file, unit: text }, () => text);
  }
  needRoot(scope);
  if (options.agent === true) await enrolFirst(context, directoryOf(context, scope), options);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { mode: 0o644 });
  context.print(`Wrote ${file}.`);
  if (options.start === false) return context.note(`Start it with: ${systemctlWords(scope)} enable --now ${unit}`);
  systemctl(scope, file, "daemon-reload");
  systemctl(scope, file, "enable", "--now", unit);
  context.print(`Enabled and started. See how it does: ${systemctlWords(scope)} status ${unit}`);
  if (scope === "user") context.note("So that it runs while you are not signed in: loginctl enable-linger");
}

async function uninstall(context: Context, options: InstallOptions): Promise<void> {
  const scope = scopeOf(options);
  const unit = unitOf(options);
  const file = unitPath(scope, unit, context.io.env);
  if (!existsSync(file))
    throw new CliFailure(`Cannot uninstall: there is no ${file}`, { exitCode: 4, code: "not_found" });
  if (options.dryRun === true) return context.print(`Would stop and disable ${unit}, and remove ${file}.`);
  needRoot(scope);
  systemctl(scope, file, "disable", "--now", unit);
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

function unitPath(scope: Scope, unit: string, env: NodeJS.ProcessEnv): string {
  if (scope === "system") return join("/etc/systemd/system", unit);
  return join(env.XDG_CONFIG_HOME || join(homedir(), ".config"), "systemd/user", unit);
}

/** The program as it was started, links resolved: a unit must not depend on anybody's PATH. */
async function scriptPath(): Promise<string> {
  return await realpath(resolve(process.argv[1] ?? ""));
}

function upArgs(context: Context, scope: Scope, options: InstallOptions): string[] {
  const { listen, server_name } = context.config.values;
  const addresses = options.listen ?? [listen?.value ?? []].flat();
  const name = options.serverName ?? server_name?.value;
  return [
    "--data-dir",
    directoryOf(context, scope),
    ...addresses.flatMap((address) => ["--listen", address]),
    ...(typeof name === "string" ? ["--server-name", name] : []),
  ];
}

function agentArgs(context: Context, scope: Scope, { allowRun, locked }: InstallOptions): string[] {
  return [
    "--data-dir",
    directoryOf(context, scope),
    ...(allowRun === true ? ["--allow-run"] : []),
    ...(locked === undefined ? [] : ["--locked", "--file", resolve(context.io.cwd, locked)]),
  ];
}

function directoryOf(context: Context, scope: Scope): string {
  const configured = context.config.values.data_dir?.from !== "default";
  return !configured && scope === "system" ? SYSTEM_DATA_DIR : context.dataDir;
}

/** A unit of an agent that is not enrolled would only fail, again and again. */
async function enrolFirst(context: Context, dataDir: string, options: InstallOptions): Promise<void> {
  const [{ ensureMember }, { openDataDir }, { takeToken }] = await Promise.all([
    import("../run-agent.ts"),
    import("../../runtime/data-dir.ts"),
    import("./agent.ts"),
  ]);
  if (readEnrolled(dataDir) !== undefined && options.token === undefined) return;
  using _held = openDataDir(dataDir);
  await ensureMember(context, dataDir, {
    hub: context.hubUrl?.origin,
    token: takeToken(context, options.token),
    name: options.serverName ?? single(context.config.values.server_name),
    tags: options.tag ?? [],
    reEnrol: false,
  });
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
