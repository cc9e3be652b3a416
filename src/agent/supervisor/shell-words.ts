// The little that we know of the shell's language: quoting, and which lines can be exec'ed so that the pid is the program's.

/** One word for the shell, whatever is in it. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Words that `exec` cannot run: the shell's own commands and its grammar. */
const SHELL_OWN = new Set(
  (
    ". : [ alias bg break case cd chdir command continue do done echo elif else esac eval exec exit export false fc fg fi for function " +
    "getopts hash if in jobs kill let local printf pwd read readonly return set shift source test then times time trap true type " +
    "typeset ulimit umask unalias unset until wait while ! { }"
  ).split(" "),
);

const ASSIGNMENTS = /^\s*(?:[A-Za-z_][A-Za-z0-9_]*=(?:[A-Za-z0-9_./:=@%+,-]*|'[^']*'|"[^"$`\\]*")\s+)*/;
const PROGRAM = /^([A-Za-z0-9_./+-]+)(?=\s|$)/;

/**
 * The line with `exec` (or what else becomes a program) before its last command, or undefined where that could change what it means. Not every /bin/sh does
 * this by itself (Debian's dash does not), and then the shell would be the process that is shown, signalled and measured.
 */
export function execLine(line: string, exec = "exec"): string | undefined {
  const start = lastSimpleCommand(line);
  if (start === undefined) return undefined;
  const command = line.slice(start);
  const assignments = ASSIGNMENTS.exec(command)?.[0] ?? "";
  const program = PROGRAM.exec(command.slice(assignments.length))?.[1];
  if (program === undefined || SHELL_OWN.has(program)) return undefined;
  return `${line.slice(0, start)}${assignments}${exec} ${command.slice(assignments.length)}`;
}

/** The program that a line of one simple command runs; undefined for every other line, and for the shell's own commands. */
export function programOf(line: string): string | undefined {
  if (lastSimpleCommand(line) !== 0) return undefined;
  const command = line.slice(ASSIGNMENTS.exec(line)?.[0].length ?? 0);
  const program = PROGRAM.exec(command)?.[1];
  return program === undefined || SHELL_OWN.has(program) ? undefined : program;
}

/** Where the last command of an `a && b && c` begins; undefined for every other grammar. */
function lastSimpleCommand(line: string): number | undefined {
  let start = 0;
  let at = 0;
  while (at < line.length) {
    const char = line.charAt(at);
    if (char === "'") {
      at = line.indexOf("'", at + 1);
      if (at < 0) return undefined;
    } else if (char === "\\") {
      at += 1;
    } else if (char === '"') {
      const end = endOfDoubleQuotes(line, at);
      if (end === undefined) return undefined;
      at = end;
    } else if (char === "&" && line.charAt(at + 1) === "&") {
      at += 1;
      start = at + 1;
    } else if (char === "&" && ">".includes(line.charAt(at - 1) || " ")) {
      // Part of ">&".
    } else if ("&|;()`\n#".includes(char) || (char === "<" && line.charAt(at + 1) === "<")) {
      return undefined;
    }
    at += 1;
  }
  return start;
}

function endOfDoubleQuotes(line: string, start: number): number | undefined {
  for (let at = start + 1; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === '"') return at;
    if (char === "\\") at += 1;
    // A command substitution may hold quotes of its own; not worth following.
    else if (char === "`" || (char === "$" && line.charAt(at + 1) === "(")) return undefined;
  }
  return undefined;
}
