// The command line as a whole: reads it, loads the one command that was asked for, runs it, and turns its end into an exit code.
import { Command, CommanderError, Option } from "commander";
import { EXIT } from "../contract/error-table.ts";
import { VERSION } from "../runtime/version.ts";
import { CATALOG } from "./catalog.ts";
import { Context, FORMATS, type GlobalOptions, type Surroundings } from "./context.ts";
import { asFailure, CliFailure, EXIT_INTERRUPTED } from "./failure.ts";
import { printFailure } from "./output/failure.ts";

const EXAMPLES = `
Examples:
  tailherd up                          run hub, agent and dashboard on this machine
  tailherd add web -- node server.js   define a service
  tailherd start web                   start it
  tailherd logs -f web                 see what it prints
  tailherd ps                          see that it runs

Exit codes: 0 ok, 1 failed, 2 wrong use, 3 not running, 4 not found, 5 not allowed, 6 hub unreachable, 7 timed out, 8 partly done`;

/** Runs one command line; resolves to the exit code and never rejects. */
export async function run(args: string[], io: Surroundings = processSurroundings()): Promise<number> {
  const started: { context?: Context } = {};
  const program = createProgram(io);
  program.hook("preSubcommand", async (_, command) => {
    started.context = await Context.create(io, program.opts<GlobalOptions>());
    await defineCommand(command, started.context);
  });
  try {
    await program.parseAsync(asHelp(args), { from: "user" });
    return started.context?.exitCode ?? EXIT.ok;
  } catch (error) {
    return exitCodeOf(error, io, program.opts<GlobalOptions>());
  }
}

/** The program with its shared options and the names of its commands; each command's own part is added by `defineCommand`. */
export function createProgram(io: Surroundings): Command {
  const program = new Command("tailherd")
    .description("Run, watch and restart the services of all machines of a tailnet, from one place.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "explain")
    .helpCommand(false)
    .option("--hub <url>", "hub to talk to, instead of the one in the data directory (TAILHERD_HUB)")
    .option("--token-file <file>", "file that holds the token for --hub (or TAILHERD_TOKEN)")
    .option("--data-dir <dir>", "where hub and agent keep everything (TAILHERD_DATA_DIR)")
    .addOption(new Option("-o, --output <format>", "how to print data").choices(FORMATS))
    .option("--json", "the same as -o json")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]))
    .addHelpText("after", EXAMPLES)
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "tailherd: ")),
    })
    .showHelpAfterError("(tailherd --help explains)")
    .exitOverride();
  for (const entry of CATALOG) {
    const command = program.command(entry.name, { hidden: entry.hidden === true }).helpGroup(`${entry.group}:`);
    command
      .summary(entry.summary)
      .description(`${entry.summary}.`)
      .aliases(entry.aliases ?? []);
    command.showHelpAfterError(`(tailherd ${entry.name} --help explains)`);
  }
  return program;
}

/** Adds arguments, options and act to a command of `createProgram`. */
export async function defineCommand(command: Command, context: Context): Promise<void> {
  const entry = CATALOG.find((each) => each.name === command.name());
  if (entry === undefined) return;
  (await entry.load())(command, context);
}

/** The process's own streams and surroundings. */
function processSurroundings(): Surroundings {
  const { stdout, stderr, stdin, env } = process;
  return { stdout, stderr, stdin, env, cwd: process.cwd() };
}

/** `help ps` is `ps --help`. */
function asHelp(args: string[]): string[] {
  if (args[0] !== "help") return args.length === 0 ? ["--help"] : tagWordsLast(args);
  return [...args.slice(1), "--help"];
}

/** `servers tag nas -old`: "-old" is no "-o ld". Words that begin like our own short options go behind a "--". */
function tagWordsLast(args: string[]): string[] {
  const at = args.findIndex((word, index) => /^servers?$/.test(word) && args[index + 1] === "tag");
  if (at < 0 || args.includes("--")) return args;
  const isTag = (word: string, index: number): boolean => index > at && /^-[ohV]./.test(word);
  if (!args.some(isTag)) return args;
  return [...args.filter((word, index) => !isTag(word, index)), "--", ...args.filter(isTag)];
}

function exitCodeOf(error: unknown, io: Surroundings, options: GlobalOptions): number {
  if (error instanceof CommanderError) {
    // Commander has already said what is wrong, or printed the help that was asked for.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (error instanceof Error && error.name === "AbortError") return EXIT_INTERRUPTED;
  const failure = asFailure(error);
  printFailure(failure, io, options);
  return failure instanceof CliFailure ? failure.exitCode : EXIT.failed;
}

/** For errors of the process's streams: `tailherd logs | head` is no failure, the reader has seen enough. */
export function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(EXIT.ok);
  throw error;
}
