// Which variables of a running process belong into its definition: those that make it what it is, not those of the terminal,
// session or supervisor that happened to start it.

const DROPPED_NAMES = new Set(
  (
    "_ SHLVL PWD OLDPWD TERM TERM_PROGRAM TERM_PROGRAM_VERSION TERM_SESSION_ID COLORTERM COLORFGBG COLUMNS LINES LS_COLORS LESSOPEN " +
    "LESSCLOSE PS1 PS2 PS4 PROMPT PROMPT_COMMAND HISTFILE HISTSIZE HISTCONTROL HISTFILESIZE WINDOWID DISPLAY WAYLAND_DISPLAY XAUTHORITY " +
    "DESKTOP_SESSION SESSION_MANAGER MAIL HUSHLOGIN EDITOR VISUAL PAGER STY TMUX TMUX_PANE INVOCATION_ID JOURNAL_STREAM MANAGERPID " +
    "SYSTEMD_EXEC_PID NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC LISTEN_FDS LISTEN_PID LISTEN_FDNAMES MAINPID MEMORY_PRESSURE_WATCH " +
    "MEMORY_PRESSURE_WRITE SUPERVISOR_ENABLED SUPERVISOR_PROCESS_NAME SUPERVISOR_GROUP_NAME SUPERVISOR_SERVER_URL pm_id PM2_HOME " +
    "SUDO_COMMAND SUDO_USER SUDO_UID SUDO_GID SUDO_HOME XDG_RUNTIME_DIR XDG_SEAT XDG_VTNR HOSTNAME HOSTTYPE OSTYPE MACHTYPE INIT_CWD " +
    "NODE_CHANNEL_FD NODE_CHANNEL_SERIALIZATION_MODE"
  ).split(" "),
);
const DROPPED_BEGINNINGS =
  /^(?:SSH_|XDG_SESSION_|XDG_CURRENT_|DBUS_|VTE_|KITTY_|GNOME_|KDE_|GTK_|QT_|WT_|ITERM_|TERMINFO|VSCODE_|npm_|TAILHERD_|BASH_FUNC_|BASH_)/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const MAX_VALUE = 65_536;
const SECRET = /(?:PASS(?:WORD|WD|PHRASE)?|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY|CREDENTIALS?|AUTH)(?:_|$)/i;
/** Addresses that carry a password: postgres://user:password@host. */
const SECRET_VALUE = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s@]+@/i;

/** Variables to keep, and the names among them whose values look like secrets. */
export interface AdoptedEnvironment {
  env: Record<string, string>;
  secrets: string[];
  /** Names that a definition cannot hold. */
  left: string[];
}

/** `login`: what a login of the process's user would give anyway. */
export function adoptEnvironment(
  environ: Readonly<Record<string, string>>,
  login: Readonly<Record<string, string>>,
): AdoptedEnvironment {
  const env: Record<string, string> = {};
  const secrets: string[] = [];
  const left: string[] = [];
  for (const [name, value] of Object.entries(environ)) {
    if (DROPPED_NAMES.has(name) || DROPPED_BEGINNINGS.test(name) || login[name] === value) continue;
    if (!NAME.test(name) || value.length > MAX_VALUE) {
      left.push(name);
      continue;
    }
    env[name] = value;
    if (SECRET.test(name) || SECRET_VALUE.test(value)) secrets.push(name);
  }
  return { env, secrets, left };
}
