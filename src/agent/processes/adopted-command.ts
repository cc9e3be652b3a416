// Reads a process's command line back into a command that can be started: what was typed, not what the kernel shows of it now.
import { basename } from "node:path";

/** The command of a definition, and what to tell about it. */
export interface AdoptedCommand {
  start_cmd: string | null;
  argv: string[] | null;
  /** The program that people would name: the script of an interpreter, else the program. Absolute, relative or bare. */
  program: string;
  warnings: string[];
}

/** Shells whose `-c` line /bin/sh understands too; bash and zsh know more. */
const PLAIN_SHELLS = new Set(["sh", "dash", "ash"]);
const INTERPRETER =
  /^(?:python|pypy|node|nodejs|deno|bun|ruby|perl|php|lua|java|sh|bash|dash|ash|zsh|ksh|Rscript|tclsh)[\d.]*$/;
/** Options of interpreters that take the next word as their value. */
const WITH_VALUE = new Set([
  "-r",
  "--require",
  "--import",
  "--loader",
  "-X",
  "-W",
  "-I",
  "-cp",
  "-classpath",
  "--class-path",
]);
/** Options after which the next word is the program itself. */
const PROGRAM_OPTION = new Set(["-m", "-jar"]);
/** Options that bring the program's text along. */
const TEXT_OPTION = new Set(["-c", "-e", "--eval", "-p"]);
const MAX_ARGUMENT = 32_768;
const MAX_ARGUMENTS = 1024;

/**
 * What to start. `executable` is the program file as the kernel knows it. Undefined when there is nothing to start: a kernel
 * thread, or a command line longer than a definition may be.
 */
export function adoptCommand(argv: readonly string[], executable: string | undefined): AdoptedCommand | undefined {
  const [first] = argv;
  if (first === undefined || argv.length > MAX_ARGUMENTS || argv.some((word) => word.length > MAX_ARGUMENT)) {
    return undefined;
  }
  const file = executable?.replace(/ \(deleted\)$/, "");
  const warnings: string[] = [];
  if (executable !== file) warnings.push(`The program file ${file} was replaced or removed since it was started.`);
  const words = titleToWords(argv, file, warnings);
  const [shell = "", option, line] = words;
  if (words.length === 3 && option === "-c" && line !== undefined && PLAIN_SHELLS.has(basename(shell))) {
    const text = line.trim();
    if (text !== "") return { start_cmd: text, argv: null, program: firstWord(text), warnings };
  }
  const program = programOf(words, warnings);
  return { start_cmd: null, argv: words, program, warnings };
}

/** Undoes what programs write over their own arguments: a login shell's dash, a title. */
function titleToWords(argv: readonly string[], file: string | undefined, warnings: string[]): string[] {
  const [first = "", ...rest] = argv;
  if (first.startsWith("-") && file !== undefined) return [file, ...rest];
  const isTitle = rest.every((word) => word === "") && first.includes(" ") && first !== file;
  if (!isTitle) return [...argv];
  const master = /^nginx: master process (.+)$/.exec(first.trim());
  const words = master?.[1]?.split(/\s+/) ?? [file ?? firstWord(first)];
  warnings.push(`It shows the title "${first.trim()}" in place of its arguments; the command is a guess, complete it.`);
  return words;
}

/** The script of an interpreter, else the program. */
function programOf(words: readonly string[], warnings: string[]): string {
  const [interpreter = "", ...rest] = words;
  const name = basename(interpreter);
  if (!INTERPRETER.test(name)) return interpreter;
  for (let at = 0; at < rest.length; at += 1) {
    const word = rest[at] ?? "";
    if (PROGRAM_OPTION.has(word)) return rest[at + 1] ?? interpreter;
    if (TEXT_OPTION.has(word)) {
      warnings.push(`${name} was given its program on the command line (${word}); a file is easier to look after.`);
      return interpreter;
    }
    if (WITH_VALUE.has(word)) at += 1;
    else if (!word.startsWith("-")) {
      if (!word.startsWith("/")) {
        warnings.push(`${name} runs the script "${word}", found from the working directory: keep that as it is.`);
      }
      return word;
    }
  }
  warnings.push(`${name} runs no script: it is an interactive session, or reads its program from its input.`);
  return interpreter;
}

function firstWord(line: string): string {
  const [word = ""] = line
    .replace(/^(?:\s*(?:exec|[A-Za-z_]\w*=\S*)\s+)+/, "")
    .trim()
    .split(/\s+/);
  return word.replace(/:$/, "");
}
