// Reads a process that something else started into a definition, so that tailherd can run it from then on.
import type { Adoption } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import { serviceSpecSchema, type ServiceInput } from "../../contract/service.ts";
import { adoptCommand } from "./adopted-command.ts";
import { adoptEnvironment } from "./adopted-environment.ts";
import { chooseKeywords, guessKind, suggestName } from "./adopted-identity.ts";
import { describeExternal, type ExternalSources } from "./external-list.ts";
import type { ProcessStat } from "./process-table.ts";
import { ancestorsOf, descendantsOf, indexChildren } from "./process-tree.ts";

/** What describing needs beside what the dry run does. */
export interface AdoptionSources extends ExternalSources {
  /** The environment that a login of this account gives; empty when there is no such account. */
  loginEnvironment: (user: string) => Readonly<Record<string, string>>;
  /** The account that the agent runs as. */
  ownUser: string;
  /** Names of services that exist. */
  taken: readonly string[];
}

/** Programs that start again what they started. */
const SUPERVISORS =
  /^(?:supervisord|s6-supervise|runsv|runsvdir|svscan|PM2|pm2|containerd-shim.*|dockerd|conmon|circusd|forever|nodemon|monit|god)$/;
/** create_time went through JSON; a hundredth is the kernel's own step. */
const SAME_TIME = 0.005;

/**
 * A definition made from process `pid` as it is now. Throws `not_found` when it ended, or is another one than at
 * `createTime` (Unix seconds), and `refused` for what may not be touched or cannot be started again.
 */
export function describeProcess(pid: number, createTime: number, sources: AdoptionSources): Adoption {
  const { table } = sources;
  const stat = table.stat(pid);
  const gone =
    stat === undefined || stat.state === "Z" || Math.abs(table.createTime(stat.startTicks) - createTime) > SAME_TIME;
  const argv = gone ? undefined : table.argv(pid);
  if (stat === undefined || argv === undefined) {
    const facts = "it has ended, or its number belongs to another process now; look for it again";
    throw new TailherdError("not_found", `Cannot adopt process ${pid}: ${facts}`);
  }
  sources.listeners.refresh("force");
  const tree = [stat, ...descendantsOf(indexChildren(table.all()), pid)];
  const row = describeExternal(stat, argv, sources);
  const command = adoptCommand(argv, table.executable(pid));
  const reason = row === undefined ? "it has ended" : row.refused;
  if (reason !== null || row === undefined)
    throw new TailherdError("refused", `Cannot adopt process ${pid}: ${reason}`);
  if (command === undefined) {
    throw new TailherdError("refused", `Cannot adopt process ${pid}: it has no command line, or one too long to keep`);
  }
  const ports = sources.listeners.portsOf(tree);
  const place = adoptPlace(row.working_dir);
  const environment = adoptEnvironment(table.environ(pid) ?? {}, sources.loginEnvironment(row.user));
  const account = adoptUser(row.user, sources.ownUser);
  const keywords = chooseKeywords(argv, command.program, commandLinesOfOthers(tree, sources));
  const input: ServiceInput = {
    name: suggestName(command.program, place.directory, sources.taken),
    kind: guessKind(row.command, ports),
    ...(command.start_cmd === null ? { argv: command.argv } : { start_cmd: command.start_cmd }),
    working_dir: place.directory,
    env: environment.env,
    user: account.user,
    ports: ports.slice(0, 64),
    match_keywords: keywords,
  };
  const warnings = [...command.warnings, ...place.warnings, ...account.warnings];
  if (table.environ(pid) === undefined) warnings.push("Its environment may not be read; add what it needs to env.");
  if (environment.secrets.length > 0) {
    warnings.push(
      `Values that look like secrets were copied: ${environment.secrets.join(", ")}. Consider an env_file.`,
    );
  }
  if (environment.left.length > 0)
    warnings.push(`Variables that a definition cannot hold: ${environment.left.join(", ")}.`);
  if (keywords.length === 0) warnings.push("Nothing in its command line tells it from other processes: no keywords.");
  warnings.push(...starterWarnings(stat, sources));
  return { spec: check(pid, input), process: { ...row, ports }, warnings };
}

/** The directory as it can be entered again. */
function adoptPlace(directory: string | null): { directory: string | null; warnings: string[] } {
  if (directory === null) {
    return { directory: null, warnings: ["Its working directory may not be read; the home of its user is taken."] };
  }
  const name = directory.replace(/ \(deleted\)$/, "");
  if (name === directory) return { directory, warnings: [] };
  return { directory: name, warnings: [`Its working directory ${name} was removed or replaced since it was started.`] };
}

function adoptUser(user: string, own: string): { user: string | null; warnings: string[] } {
  if (user === own) return { user: null, warnings: [] };
  if (!/^\d+$/.test(user)) return { user, warnings: [] };
  return { user: null, warnings: [`It runs as user id ${user}, which has no name here; it would run as ${own}.`] };
}

/** Who started it may start it again when it is stopped. */
function starterWarnings(stat: ProcessStat, { table }: AdoptionSources): string[] {
  for (const pid of ancestorsOf(table, stat.pid)) {
    const starter = table.stat(pid);
    if (starter === undefined || !SUPERVISORS.test(starter.name.split(" ", 1)[0] ?? "")) continue;
    return [`${starter.name} (pid ${pid}) started it and may start it again: remove it there first.`];
  }
  return [];
}

function commandLinesOfOthers(tree: readonly ProcessStat[], { table }: AdoptionSources): string[] {
  const own = new Set(tree.map((process) => process.pid));
  return table
    .pids()
    .filter((pid) => !own.has(pid))
    .map((pid) => (table.argv(pid) ?? []).join(" "))
    .filter((line) => line !== "");
}

/** What is handed out is what the hub will accept. */
function check(pid: number, input: ServiceInput): Record<string, unknown> {
  const checked = serviceSpecSchema.safeParse(input);
  if (checked.success) return { ...input };
  const facts = checked.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}`).join("; ");
  throw new TailherdError("refused", `Cannot adopt process ${pid}: ${facts}`);
}
