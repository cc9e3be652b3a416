// Writes what a start runs: shell text with the definition as it is now, read by the shim's own fork (a shell less to exec between
// a crash and the next start). First, as the agent's user, it tells who it is; then, as the service's user, it sets the
// environment, enters the directory, runs the hook, and becomes the program, in a session of its own.
import { isAbsolute, join } from "node:path";
import type { ServiceSpec } from "../../contract/service.ts";
import { type Account, findAccount, ownAccount } from "./accounts.ts";
import { becomeUser } from "./become-user.ts";
import { LOGIN_FILES, serviceEnvironment } from "./environment.ts";
import { findTool } from "./find-program.ts";
import { heldFds, listenLines } from "./held-sockets.ts";
import type { ToldAtStart } from "./ears.ts";
import { execLine, shellQuote } from "./shell-words.ts";

/** What makes a process a session of its own without changing its pid. macOS has no setsid(1), but perl. */
const NEW_SESSION = sessionCommand();

/** Exit code of a launch that gave up and told why. */
export const GAVE_UP = 125;
/** Environment name by which strays of an instance are found where there are no cgroups. */
export const MARKER = "TAILHERD_INSTANCE";

export type LaunchText =
  | {
      ok: true;
      launch: string;
      /** The part that runs as another user, read by its shell from stdin; undefined when it is part of `launch`. */
      body: string | undefined;
      /** A shell stays between us and the program: it must be signalled with its group. */
      wrapped: boolean;
      directory: string;
      /** What makes a command run as the service's user, see become-user.ts. */
      become: string[];
      env: Record<string, string>;
      /** Files that all this was read from, beside the definition; undefined when not only from files. */
      sources: readonly string[] | undefined;
    }
  | { ok: false; path: string; words: string };

/** Builds the text, or says in words why this definition cannot start on this machine. */
export function buildLaunch(
  spec: ServiceSpec,
  index: number,
  marker: string,
  output: { readonly stdoutFile: string; readonly stderrFile: string },
  told: ToldAtStart = { notify: null, beat: null },
): LaunchText {
  const own = ownAccount();
  const account = spec.user === null ? own : findAccount(spec.user);
  if (account === undefined) return { ok: false, path: "user", words: `user ${spec.user}: there is no such account` };
  const become = becomeUser(account);
  if (!become.ok) return { ok: false, path: "user", words: become.words };
  const other = become.prefix.length > 0;
  const directory = fromHome(spec.working_dir ?? account.home, account);
  const environment = serviceEnvironment(spec, account, (path) => fromHome(path, account));
  if (!environment.ok) return environment;
  const program = programText(spec, other ? "exec" : `exec ${NEW_SESSION}`.trim());
  if (program === undefined) return { ok: false, path: "start_cmd", words: "it has neither start_cmd nor argv" };
  const env = {
    ...environment.env,
    TAILHERD_SERVICE: spec.name,
    TAILHERD_INSTANCE_INDEX: String(index),
    [MARKER]: marker,
  };
  const { wrapped } = program;
  const passed = [...listenLines(spec.sockets, '"$tailherd_pid"'), ...toldLines(told, wrapped)];
  const body = bodyText(spec, env, directory, [...passed, "unset tailherd_pid", program.text]);
  const handOver = `export generation tailherd_pid\nexec ${NEW_SESSION} ${become.prefix.join(" ")} /bin/sh -s <./body\n`;
  return {
    ok: true,
    launch: `${preamble(output)}${other ? handOver : body}`,
    body: other ? body : undefined,
    wrapped,
    directory,
    become: become.prefix,
    env,
    // Another's account may come from a directory service.
    sources: spec.user === null ? ["/etc/passwd", ...LOGIN_FILES, ...environment.files] : undefined,
  };
}

/** Whether a shell stays between us and the program of this definition. */
export function isWrapped({ argv, start_cmd }: ServiceSpec): boolean {
  return argv === null && start_cmd !== null && execLine(start_cmd, "exec") === undefined;
}

/** A path of a definition: relative ones begin in the home of the service's user. */
export function fromHome(path: string, account: Account): string {
  if (path === "~" || path.startsWith("~/")) return join(account.home, path.slice(1));
  return isAbsolute(path) ? path : join(account.home, path);
}

/** `$self` is a line of /proc/PID/stat, or a pid: whatever it becomes, the program keeps that pid. */
function preamble(output: { readonly stdoutFile: string; readonly stderrFile: string }): string {
  return `echo "$generation $boot $self" 1<>told/pid
tailherd_pid=\${self%% *}
unset boot self last before status
unset -f shim tailherd_self
exec >>${shellQuote(output.stdoutFile)} 2>>${shellQuote(output.stderrFile)} 8<>told/reason
`;
}

/** `program`: lines that are the program's only. One compound command: its shell may read it from stdin, and has read all of it before stdin changes. */
function bodyText(spec: ServiceSpec, env: Record<string, string>, directory: string, program: string[]): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${shellQuote(value)}`);
  const hook = spec.hooks.pre_start;
  const withoutHeld = heldFds(spec.sockets.length)
    .map((fd) => `${fd}<&- `)
    .join("");
  return [
    "{",
    "exec </dev/null",
    ...exports,
    `cd ${shellQuote(directory)} 2>/dev/null || { echo "$generation cd" >&8; exit ${GAVE_UP}; }`,
    ...(hook === null
      ? []
      : [
          `/bin/sh -c ${shellQuote(hook)} ${withoutHeld}8>&- || { echo "$generation hook $?" >&8; exit ${GAVE_UP}; }`,
          'echo "$generation exec" >&8',
        ]),
    "exec 8>&-",
    "unset generation order",
    "set --",
    ...program,
    "}",
    "",
  ].join("\n");
}

/**
 * For the program only, not for its hook. No WATCHDOG_PID where a shell stays between: with it, who is not that process takes the
 * watchdog for somebody else's.
 */
function toldLines({ notify, beat }: ToldAtStart, wrapped: boolean): string[] {
  const lines = beat === null ? [] : [`export TAILHERD_HEARTBEAT_URL=${shellQuote(beat.url)}`];
  if (notify === null) return lines;
  lines.push(`export NOTIFY_SOCKET=${shellQuote(notify.socket)}`);
  if (notify.watchdog === null) return lines;
  lines.push(`export WATCHDOG_USEC=${Math.round(notify.watchdog * 1e6)}`);
  return wrapped ? lines : [...lines, 'export WATCHDOG_PID="$tailherd_pid"'];
}

function programText(spec: ServiceSpec, exec: string): { text: string; wrapped: boolean } | undefined {
  if (spec.argv !== null) return { text: `${exec} ${spec.argv.map(shellQuote).join(" ")}`, wrapped: false };
  if (spec.start_cmd === null) return undefined;
  const line = execLine(spec.start_cmd, exec);
  return line === undefined
    ? { text: `${exec} /bin/sh -c ${shellQuote(spec.start_cmd)}`, wrapped: true }
    : { text: `eval ${shellQuote(line)}`, wrapped: false };
}

function sessionCommand(): string {
  const setsid = findTool("setsid");
  if (setsid !== undefined) return setsid;
  const perl = findTool("perl");
  return perl === undefined ? "" : `${perl} -MPOSIX -e 'POSIX::setsid(); exec @ARGV'`;
}
