// Runs the CLI in tests: in this process with streams that are kept, or as a process of its own where signals and ends matter.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startAgent } from "../../src/agent/agent.ts";
import { Client } from "../../src/cli/client.ts";
import type { Surroundings } from "../../src/cli/context.ts";
import { run } from "../../src/cli/program.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { socketPath } from "../../src/runtime/paths.ts";

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

/** What a command left behind. */
export interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Where a command runs. */
export interface CliOptions {
  dataDir?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** A command line that starts the program, its own name and arguments following. */
  wrap?: string[];
  /** Pretend that stdout and stderr are terminals of this width. */
  terminal?: number;
}

const BASE_ENV = { PATH: process.env.PATH, LANG: "C.UTF-8", TZ: "UTC" };

function environment({ dataDir, env }: CliOptions): NodeJS.ProcessEnv {
  // HOME names no directory, so that a developer's own configuration never counts.
  return { ...BASE_ENV, HOME: "/nonexistent", XDG_CONFIG_HOME: "/nonexistent", TAILHERD_DATA_DIR: dataDir, ...env };
}

/** Runs a command in this process. */
export async function runCli(args: string[], options: CliOptions = {}): Promise<CliResult> {
  const stdout = new Sink(options.terminal);
  const stderr = new Sink(options.terminal);
  const io = {
    stdout,
    stderr,
    stdin: { isTTY: false },
    env: environment(options),
    cwd: options.cwd ?? tmpdir(),
  } as unknown as Surroundings;
  const code = await run(args, io);
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** Keeps what is written; looks like a stream as far as the CLI looks. */
class Sink {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number | undefined;

  constructor(width: number | undefined) {
    this.isTTY = width !== undefined;
    this.columns = width;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }

  on(): this {
    return this;
  }

  off(): this {
    return this;
  }
}

/** A command that runs on. Dispose it to be sure that it is gone. */
export class RunningCli implements AsyncDisposable {
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  private readonly ended: Promise<CliResult>;
  private wake: (() => void)[] = [];

  constructor(args: string[], options: CliOptions = {}, program: string[] = [MAIN]) {
    const [command = "", ...rest] = [...(options.wrap ?? []), process.execPath, ...program, ...args];
    this.child = spawn(command, rest, {
      cwd: options.cwd ?? tmpdir(),
      env: environment(options),
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => this.heard("stdout", text));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => this.heard("stderr", text));
    this.ended = once(this.child, "close").then(([code, signal]) => {
      const result = { code: code === null ? 128 : Number(code), stdout: this.stdout, stderr: this.stderr };
      if (signal !== null) result.stderr += `\nended by ${String(signal)}`;
      return result;
    });
    void this.ended.then(() => this.notify());
  }

  /** Resolves when a stream holds something that matches; rejects when the process ends before. */
  async sees(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this[stream]);
      if (match !== null) return match;
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        const { code } = await this.ended;
        const late = pattern.exec(this[stream]);
        if (late !== null) return late;
        throw new Error(
          `It ended with ${code} and never said ${pattern}.\nstdout: ${this.stdout}\nstderr: ${this.stderr}`,
        );
      }
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  /** How it ended, after it did. */
  async end(signal?: NodeJS.Signals): Promise<CliResult> {
    if (signal !== undefined) this.child.kill(signal);
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  private heard(stream: "stdout" | "stderr", text: string): void {
    this[stream] += text;
    this.notify();
  }

  private notify(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}

/** A real hub and agent, as `tailherd up` runs them. */
export interface RunningUp extends AsyncDisposable {
  dataDir: string;
  /** "http://127.0.0.1:PORT" */
  address: string;
  cli: RunningCli;
  /** Ends it with a signal and starts it again on the same directory. */
  restart(signal: NodeJS.Signals): Promise<void>;
}

/** Starts `up` on a free port and a directory of its own. Disposing it stops and removes all services, then it and the directory. */
export async function startUp(
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
  program?: string[],
  options: Pick<CliOptions, "wrap" | "dataDir"> = {},
): Promise<RunningUp> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "tailherd-up-"));
  const start = async (): Promise<{ cli: RunningCli; address: string }> => {
    const cli = new RunningCli(["up", "--listen", "127.0.0.1:0", ...args], { ...options, dataDir, env }, program);
    const said = await cli.sees("stdout", /runs on (http:\/\/127\.0\.0\.1:\d+)[\s\S]*Ctrl-C/);
    return { cli, address: said[1] ?? "" };
  };
  let now = await start();
  return {
    dataDir,
    get address() {
      return now.address;
    },
    get cli() {
      return now.cli;
    },
    async restart(signal) {
      await now.cli.end(signal);
      now = await start();
    },
    async [Symbol.asyncDispose]() {
      if (now.cli.child.exitCode !== null || now.cli.child.signalCode !== null) now = await start();
      await removeEverything(dataDir);
      await now.cli.end("SIGTERM");
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** An agent of another hub, as `tailherd agent` runs it. */
export interface RunningAgent extends AsyncDisposable {
  dataDir: string;
  cli: RunningCli;
  /** Ends it with a signal and starts it again, enrolled as it is. */
  restart(signal: NodeJS.Signals, args?: string[]): Promise<void>;
}

/** Enrols one and waits until it is linked. Disposing it ends what it runs, then it. */
export async function startAgentCli(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<RunningAgent> {
  const dataDir = mkdtempSync(join(tmpdir(), `tailherd-${name}-`));
  const start = async (more: string[]): Promise<RunningCli> => {
    const cli = new RunningCli(["agent", ...more], { dataDir, env });
    await cli.sees("stderr", /Linked to the hub/);
    return cli;
  };
  let now = await start(["--name", name, ...args]);
  return {
    dataDir,
    get cli() {
      return now;
    },
    async restart(signal, more = []) {
      await now.end(signal);
      now = await start(more);
    },
    async [Symbol.asyncDispose]() {
      await now.end("SIGTERM");
      // Without a hub, a lock and a file it does as it is told.
      const agent = await startAgent({ dataDir, logger: silentLogger });
      await agent.call("apply", { services: [], update_interval_ms: 1000 });
      await agent.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function removeEverything(dataDir: string): Promise<void> {
  const client = new Client({ kind: "socket", path: socketPath(dataDir), dataDir });
  const services = await client.call("GET /api/services");
  const owners = new Set(services.flatMap(({ owner }) => owner ?? []));
  for (const owner of owners) await client.call("POST /api/apply", { body: { owner, services: [] } });
  const byHand = services.filter(({ owner }) => owner === null);
  await Promise.all(byHand.map(({ name }) => client.call("DELETE /api/services/{name}", { params: { name } })));
}

/** What a scripted hub was asked. */
export interface HubRequest {
  key: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  body: unknown;
}

/** Answers one route: a value becomes JSON, an object with `status` a problem; or write the response yourself. */
export type Script = (request: HubRequest, response: ServerResponse) => unknown;

/** A refusal of the scripted hub. */
export class Refusal {
  readonly status: number;
  readonly problem: object;

  constructor(status: number, code: string, detail: string, more: object = {}) {
    this.status = status;
    this.problem = { type: "about:blank", title: code, status, detail, code, success: false, ...more };
  }
}

/** A hub that says what a test wants, for what a real one does not do on demand: break off, refuse, answer oddly. */
export interface ScriptedHub extends AsyncDisposable {
  dataDir: string;
  requests: HubRequest[];
  /** Breaks all connections, as a dying hub does. */
  breakOff(): void;
}

/** Starts one on the unix socket of a directory of its own. Keys are "GET /api/status", paths as sent. */
export async function startScriptedHub(scripts: Record<string, Script>): Promise<ScriptedHub> {
  const dataDir = mkdtempSync(join(tmpdir(), "tailherd-scripted-"));
  const requests: HubRequest[] = [];
  const server = createServer((incoming, response) => {
    void answer(incoming, response, scripts, requests);
  });
  server.listen(socketPath(dataDir));
  await once(server, "listening");
  return {
    dataDir,
    requests,
    breakOff: () => server.closeAllConnections(),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  scripts: Record<string, Script>,
  requests: HubRequest[],
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const url = new URL(incoming.url ?? "/", "http://hub");
  const key = `${incoming.method} ${decodeURIComponent(url.pathname)}`;
  const request = {
    key,
    query: url.searchParams,
    headers: incoming.headers,
    body: text === "" ? undefined : JSON.parse(text),
  };
  requests.push(request);
  const script = scripts[key];
  const value =
    script === undefined ? new Refusal(404, "not_found", `There is no ${key}`) : await script(request, response);
  if (value === undefined) return;
  const refused = value instanceof Refusal;
  response.writeHead(refused ? value.status : 200, { "content-type": "application/json", etag: '"3"' });
  response.end(JSON.stringify(refused ? value.problem : value));
}
