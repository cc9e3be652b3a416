// Reads a crontab into tasks: a person's own, or one with a column for the user, as in /etc/crontab and /etc/cron.d.
import type { RouteBodyInput } from "../../contract/routes.ts";

/** A line that becomes a task, or why it does not. */
export type CrontabLine =
  | { line: number; text: string; task: RouteBodyInput<"POST /api/tasks">; warnings: string[] }
  | { line: number; text: string; reason: string };

const ASSIGNMENT = /^\s*([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/;
const SHORTHAND = /^(@[a-z]+)\s+(.*)$/i;
const FIELDS = /^((?:\S+\s+){4}\S+)\s+(.*)$/;
/** Variables that say something to cron itself. */
const FOR_CRON = new Set([
  "MAILTO",
  "MAILFROM",
  "CONTENT_TYPE",
  "CONTENT_TRANSFER_ENCODING",
  "CRON_TZ",
  "TZ",
  "SHELL",
  "LOGNAME",
  "RANDOM_DELAY",
]);

/** The lines that hold a job, in their order. `userColumn`: the word after the schedule is an account. Names keep apart from `taken`. */
export function readCrontab(text: string, userColumn: boolean, taken: ReadonlySet<string>): CrontabLine[] {
  const env = new Map<string, string>();
  const names = new Set(taken);
  return text.split("\n").flatMap((raw, at): CrontabLine[] => {
    const line = at + 1;
    const trimmed = raw.trim();
    if (trimmed === "" || trimmed.startsWith("#")) return [];
    const assigned = ASSIGNMENT.exec(trimmed);
    if (assigned !== null) {
      env.set(assigned[1] ?? "", unquoted(assigned[2] ?? ""));
      return [];
    }
    const [, schedule, rest] = SHORTHAND.exec(trimmed) ?? FIELDS.exec(trimmed) ?? [];
    if (schedule === undefined || rest === undefined)
      return [{ line, text: trimmed, reason: "it is no job and no NAME=value" }];
    if (schedule.toLowerCase() === "@reboot") {
      return [{ line, text: trimmed, reason: "@reboot has no time: make it a service with autostart" }];
    }
    const [, user = null, job = rest] = userColumn ? (/^(\S+)\s+(.*)$/.exec(rest) ?? []) : [];
    const input = /(?<!\\)%/.exec(job);
    if (input !== null) {
      return [{ line, text: trimmed, reason: "it gives its command an input after %, which tasks do not have" }];
    }
    const shellLine = withEnvironment(job.replaceAll("\\%", "%"), env);
    const name = freeName(job, names);
    names.add(name);
    const zone = env.get("CRON_TZ") ?? env.get("TZ");
    const task = {
      name,
      cron_expression: schedule.replaceAll(/\s+/g, " "),
      action: "command" as const,
      command: commandOf(shellLine, env.get("SHELL"), user),
      ...(zone !== undefined && zone !== "" && { timezone: zone }),
    };
    return [{ line, text: trimmed, task, warnings: warningsOf(env) }];
  });
}

/** A shell line where that is all it takes. */
function commandOf(line: string, shell = "/bin/sh", user: string | null): string | string[] {
  const other = user !== null && user !== "root" ? ["runuser", "-u", user, "--"] : [];
  return other.length === 0 && shell === "/bin/sh" ? line : [...other, shell, "-c", line];
}

function withEnvironment(job: string, env: ReadonlyMap<string, string>): string {
  const set = [...env].filter(([name]) => !FOR_CRON.has(name));
  return [...set.map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'; `), job].join("");
}

function warningsOf(env: ReadonlyMap<string, string>): string[] {
  const to = env.get("MAILTO");
  return to === undefined || to === "" ? [] : [`its output is kept with its run, and not sent to ${to}`];
}

/** After the program: "backup.sh", "backup.sh 2". */
function freeName(job: string, taken: ReadonlySet<string>): string {
  const words = job
    .split(/\s+/)
    .filter((word) => !/^[A-Za-z_]\w*=|^(cd|test|\[|sudo|nice|env|exec)$|^[-/]?$|^&&$|^\|\|$/.test(word));
  const program = (words[0] ?? "job").split("/").at(-1) ?? "job";
  const base = program.replaceAll(/[^\p{L}\p{N} ._-]/gu, "").slice(0, 56) || "job";
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base} ${number}`;
  return name;
}

function unquoted(value: string): string {
  return /^(["']).*\1$/.test(value) ? value.slice(1, -1) : value;
}
