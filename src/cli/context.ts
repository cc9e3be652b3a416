// What every command gets: its streams, the options that all commands share, and the hub.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { socketPath } from "../runtime/paths.ts";
import { loadConfig, single, type Config, type ConfigSection } from "../runtime/config.ts";
import { Client, type HubAddress } from "./client.ts";
import { CliFailure, usageFailure } from "./failure.ts";
import { makeStyle, wantsColours, wantsUnicode, type ColourChoice, type Style } from "./output/style.ts";

/** How data is printed. */
export type Format = "table" | "wide" | "json" | "yaml" | "name";
/** What `-o` takes. */
export const FORMATS: readonly Format[] = ["table", "wide", "json", "yaml", "name"];

/** Options that stand on the program itself and so work with every command. */
export interface GlobalOptions {
  hub?: string;
  tokenFile?: string;
  dataDir?: string;
  output?: string;
  json?: boolean;
  color?: string;
}

/** Streams and surroundings of a process. */
export interface Surroundings {
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  stdin: NodeJS.ReadStream;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** One run of one command. */
export class Context {
  readonly io: Surroundings;
  readonly config: Config;
  readonly format: Format;
  /** Colours of stdout. */
  readonly style: Style;
  /** Colours of stderr. */
  readonly noteStyle: Style;
  /** Set by commands that end without failing and yet not well (3: not running, 8: partly done). */
  exitCode = 0;

  private constructor(io: Surroundings, config: Config, format: Format, colours: ColourChoice) {
    this.io = io;
    this.config = config;
    this.format = format;
    const unicode = wantsUnicode(io.env);
    this.style = makeStyle(wantsColours(colours, io.env, io.stdout.isTTY), unicode);
    this.noteStyle = makeStyle(wantsColours(colours, io.env, io.stderr.isTTY), unicode);
  }

  /** Finds the configuration and checks the shared options. */
  static async create(io: Surroundings, options: GlobalOptions): Promise<Context> {
    const flags: ConfigSection = {};
    if (options.hub !== undefined) flags.hub = options.hub;
    if (options.tokenFile !== undefined) flags.token_file = options.tokenFile;
    if (options.dataDir !== undefined) flags.data_dir = options.dataDir;
    if (options.output !== undefined) flags.output = options.output;
    if (options.color !== undefined) flags.color = options.color;
    const config = await loadConfig({ flags, env: io.env, cwd: io.cwd, readSection });
    const format = options.json === true ? "json" : readFormat(single(config.values.output) ?? "table");
    return new Context(io, config, format, readColours(single(config.values.color) ?? "auto"));
  }

  /** The directory of the local hub's state, absolute. */
  get dataDir(): string {
    return resolve(this.io.cwd, single(this.config.values.data_dir) ?? ".");
  }

  /** Somebody can be asked: a terminal at both ends of a question. */
  get interactive(): boolean {
    return this.io.stdin.isTTY && this.io.stderr.isTTY;
  }

  /** Columns of the terminal behind stdout; undefined when there is none. */
  get width(): number | undefined {
    return this.io.stdout.isTTY ? this.io.stdout.columns || undefined : undefined;
  }

  /** Data, to stdout. */
  print(text: string): void {
    this.io.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
  }

  /** Words beside the data, to stderr. */
  note(text: string): void {
    this.io.stderr.write(`${text}\n`);
  }

  /** Prints data in the wanted format; `words` makes the form for people. */
  async emit(data: unknown, words: () => string): Promise<void> {
    if (this.format === "json") return this.print(JSON.stringify(data, null, 2));
    if (this.format === "yaml") {
      const { stringify } = await import("yaml");
      return this.print(stringify(data));
    }
    const text = words();
    if (text !== "") this.print(text);
  }

  /** The hub that this command talks to. */
  client(): Client {
    return new Client(this.address());
  }

  /** The hub's address, where one was given. */
  get hubUrl(): URL | undefined {
    const { hub } = this.config.values;
    const text = single(hub);
    return text === undefined ? undefined : readUrl(text, hub?.from ?? "--hub");
  }

  private address(): HubAddress {
    const { hub, data_dir } = this.config.values;
    const url = this.hubUrl;
    // A data directory that was asked for by a flag means the hub that runs there, whatever the environment says.
    if (url === undefined || (data_dir?.from === "--data-dir" && hub?.from !== "--hub")) {
      return { kind: "socket", path: socketPath(this.dataDir), dataDir: this.dataDir };
    }
    return { kind: "url", url, token: this.token() };
  }

  private token(): string | undefined {
    if (this.io.env.TAILHERD_TOKEN) return this.io.env.TAILHERD_TOKEN;
    const file = single(this.config.values.token_file);
    if (file === undefined) return undefined;
    try {
      return readFileSync(resolve(this.io.cwd, file), "utf8").trim();
    } catch (cause) {
      const from = this.config.values.token_file?.from;
      throw usageFailure(`Cannot read the token file ${file} (${from}): ${(cause as Error).message}`);
    }
  }
}

async function readSection(path: string, text: string): Promise<ConfigSection> {
  const { readConfigSection } = await import("./file/config-section.ts");
  return readConfigSection(path, text);
}

function readFormat(text: string): Format {
  const format = FORMATS.find((each) => each === text);
  if (format === undefined) throw usageFailure(`Cannot print as "${text}": give one of ${FORMATS.join(", ")}`);
  return format;
}

function readColours(text: string): ColourChoice {
  if (text === "auto" || text === "always" || text === "never") return text;
  throw usageFailure(`Cannot colour "${text}": give auto, always or never`);
}

function readUrl(text: string, from: string): URL {
  const url = URL.parse(text.includes("://") ? text : `http://${text}`);
  if (url !== null && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new CliFailure(`Cannot use "${text}" as the hub's address (${from}): give something like http://nas:8765`, {
    exitCode: 2,
    code: "usage",
  });
}
