// PM2 (npm): one Node process, installed into a cache directory of the bench, never into the project.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Program } from "../support/programs.ts";
import { run, type CommandLine } from "../support/run.ts";
import { filesIn, linesOf } from "./log-files.ts";
import type { Herd, Home, Peer } from "./peer.ts";

const VERSION = "7.0.4";
const CACHE = join(tmpdir(), `tailherd-bench-pm2-${VERSION}-${process.getuid?.() ?? 0}`);
const BIN = join(CACHE, "node_modules/pm2/bin/pm2");

export const pm2: Peer = {
  name: "PM2",
  version: async () => ((await install()) ? VERSION : undefined),
  ways: {
    boot: "`pm2 ping` has started the daemon and returned",
    start: "`pm2 start ecosystem.json` (its daemon runs already)",
    stop: "`pm2 stop all`",
  },
  async boot(home) {
    mkdirSync(join(home.directory, "pm2"));
    // With the file there, PM2 neither greets nor asks.
    writeFileSync(join(home.directory, "pm2", "touch"), "");
    await run(commandOf("ping"), { env: envOf(home) });
    return new Pm2Herd(home);
  },
};

class Pm2Herd implements Herd {
  readonly #home: Home;
  readonly #pid: number;

  constructor(home: Home) {
    this.#home = home;
    this.#pid = Number(readFileSync(join(home.directory, "pm2", "pm2.pid"), "utf8"));
  }

  pid(): number {
    return this.#pid;
  }

  async define(programs: Program[]): Promise<void> {
    const apps = programs.map(({ name, file }) => ({ name, script: file, interpreter: "none" }));
    writeFileSync(this.#ecosystem(), JSON.stringify({ apps }));
  }

  async startAll(): Promise<void> {
    await this.#pm2("start", this.#ecosystem());
  }

  async stopAll(): Promise<void> {
    await this.#pm2("stop", "all");
  }

  questions(): { label: string; command: CommandLine }[] {
    return [
      { label: "pm2 jlist", command: commandOf("jlist") },
      { label: "pm2 ls", command: commandOf("ls") },
    ];
  }

  async ask(count: number): Promise<number[]> {
    const client = join(import.meta.dirname, "pm2-ask.cjs");
    const answer = await run([process.execPath, client, join(CACHE, "node_modules/pm2"), String(count)], {
      env: envOf(this.#home),
    });
    return JSON.parse(answer.stdout) as number[];
  }

  victim(): { who: string; pid: number } {
    return { who: "PM2's daemon", pid: this.#pid };
  }

  keptOutput(service: string): AsyncIterable<string> {
    const logs = join(this.#home.directory, "pm2", "logs");
    return linesOf(filesIn(logs).filter((file) => file.includes(`/${service}-out`)));
  }

  async #pm2(...args: string[]): Promise<void> {
    await run(commandOf(...args), { env: envOf(this.#home) });
  }

  #ecosystem(): string {
    return join(this.#home.directory, "ecosystem.json");
  }
}

const commandOf = (...args: string[]): CommandLine => [process.execPath, BIN, ...args];

/** Environment for PM2's own processes. */
function envOf(home: Home): NodeJS.ProcessEnv {
  return {
    ...home.env,
    PM2_HOME: join(home.directory, "pm2"),
    PM2_DISABLE_VERSION_CHECK: "true",
    PM2_DISCRETE_MODE: "true",
  };
}

async function install(): Promise<boolean> {
  if (existsSync(BIN)) return true;
  console.error(`Installing PM2 ${VERSION} into ${CACHE}…`);
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, "package.json"), JSON.stringify({ private: true }));
  try {
    await run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", `pm2@${VERSION}`], {
      cwd: CACHE,
    });
  } catch (error) {
    console.error(`Not compared: PM2 cannot be installed: ${error instanceof Error ? error.message : String(error)}`);
  }
  return existsSync(BIN);
}
