// Colours and symbols, and when to use them: NO_COLOR, FORCE_COLOR, --color, and plain ASCII where the terminal knows no more.

/** Colours of one stream; each is the identity when colours are off. */
export interface Style {
  readonly colours: boolean;
  /** The terminal shows more than ASCII. */
  readonly unicode: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  blue(text: string): string;
  magenta(text: string): string;
  cyan(text: string): string;
}

/** What `--color` takes. */
export type ColourChoice = "auto" | "always" | "never";

/** Whether a stream gets colours: the flag, then NO_COLOR, then FORCE_COLOR, then whether a terminal is at its end. */
export function wantsColours(choice: ColourChoice, env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (choice !== "auto") return choice === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return isTerminal && env.TERM !== "dumb";
}

/** Whether the locale is one that shows UTF-8. */
export function wantsUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === "dumb") return false;
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}

/** Makes the colours of a stream. */
export function makeStyle(colours: boolean, unicode: boolean): Style {
  const paint = (open: number, close: number) => (text: string) =>
    colours && text !== "" ? `\u001B[${open}m${text}\u001B[${close}m` : text;
  return {
    colours,
    unicode,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    magenta: paint(35, 39),
    cyan: paint(36, 39),
  };
}

type Colour = "cyan" | "magenta" | "green" | "yellow" | "blue" | "red";
const SOURCE_COLOURS: Colour[] = ["cyan", "magenta", "green", "yellow", "blue"];

/** A colour that belongs to a name: the same in every run. */
export function paintSource(style: Style, name: string, text = name): string {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return style[SOURCE_COLOURS[hash % SOURCE_COLOURS.length] ?? "cyan"](text);
}

const STATES: Record<string, { colour: Colour | "dim"; symbol: string; ascii: string }> = {
  running: { colour: "green", symbol: "●", ascii: "*" },
  external: { colour: "cyan", symbol: "◆", ascii: "x" },
  starting: { colour: "blue", symbol: "◐", ascii: "+" },
  stopping: { colour: "blue", symbol: "◑", ascii: "-" },
  waiting: { colour: "blue", symbol: "◌", ascii: "." },
  backoff: { colour: "yellow", symbol: "↻", ascii: "~" },
  unhealthy: { colour: "yellow", symbol: "▲", ascii: "!" },
  exited: { colour: "dim", symbol: "○", ascii: "o" },
  stopped: { colour: "dim", symbol: "○", ascii: "o" },
  fatal: { colour: "red", symbol: "✖", ascii: "X" },
  // Of servers.
  online: { colour: "green", symbol: "●", ascii: "*" },
  late: { colour: "yellow", symbol: "▲", ascii: "!" },
  offline: { colour: "red", symbol: "✖", ascii: "X" },
  new: { colour: "blue", symbol: "◌", ascii: "." },
  revoked: { colour: "dim", symbol: "○", ascii: "o" },
};

/** A state in its colour; unknown ones (of a newer hub) plain. */
export function paintState(style: Style, state: string, text = state): string {
  const look = STATES[state];
  return look === undefined ? text : style[look.colour](text);
}

/** The sign that stands before a state on a terminal. */
export function stateSymbol(style: Style, state: string): string {
  const look = STATES[state];
  if (look === undefined) return "?";
  return style.unicode ? look.symbol : look.ascii;
}
