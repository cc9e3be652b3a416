// tailherd itself, as users get it: the built program, asked over its unix socket and through its CLI.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ApplyResult } from "../../src/contract/transfer.ts";
import type { OutputPage } from "../../src/contract/agent.ts";
import type { ServiceInput } from "../../src/contract/service.ts";
import { socketPath } from "../../src/runtime/paths.ts";
import { VERSION } from "../../src/runtime/version.ts";
import { WARM_CACHE } from "../support/home.ts";
import { HubClient } from "../support/hub-client.ts";
import type { Program } from "../support/programs.ts";
import { run, start, until, type CommandLine } from "../support/run.ts";
import type { Herd, Home, Peer } from "./peer.ts";

/** The built program. */
export const PROGRAM = join(dirname(dirname(import.meta.dirname)), "dist", "tailherd.js");
const PAGE = 10_000;

export const tailherd: Peer = {
  name: "tailherd",
  version: async () => VERSION,
  ways: {
    boot: "`tailherd up` answers 200 to `GET /health`",
    start: "`tailherd start --all`",
    stop: "`tailherd stop --all --yes`",
  },
  boot: (home) => bootTailherd(home),
};

/** Starts `tailherd up` in a home, with these options; resolves at its first 200 from /health. */
export async function bootTailherd(home: Home, options: string[] = []): Promise<TailherdHerd> {
  mkdirSync(dataOf(home), { recursive: true });
  const child = await start(commandOf("up", "--listen", "127.0.0.1:0", ...options), {
    env: envOf(home),
    cwd: home.directory,
  });
  const client = new HubClient(socketPath(dataOf(home)));
  await until("tailherd is healthy", async () => await succeeds(client.text("GET", "/health")), { every: 1 });
  return new TailherdHerd(home, client, child.pid);
}

/** A running tailherd. */
export class TailherdHerd implements Herd {
  readonly #home: Home;
  #pid: number;
  #programs: Program[] = [];
  /** Its interface, as the local user. */
  client: HubClient;

  constructor(home: Home, client: HubClient, pid: number) {
    this.#home = home;
    this.client = client;
    this.#pid = pid;
  }

  pid(): number {
    return this.#pid;
  }

  async define(programs: Program[]): Promise<void> {
    this.#programs.push(...programs);
    const services = programs.map((program) => definitionOf(program, this.#home));
    await this.client.json<ApplyResult>("POST", "/api/apply", { owner: "bench", services });
  }

  async startAll(): Promise<void> {
    await this.#cli("start", "--all");
  }

  async stopAll(): Promise<void> {
    await this.#cli("stop", "--all", "--yes");
  }

  questions(): { label: string; command: CommandLine }[] {
    return [{ label: "tailherd ps", command: commandOf("--data-dir", dataOf(this.#home), "ps") }];
  }

  async ask(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      await this.client.text("GET", "/api/status");
      times.push(performance.now() - started);
    }
    return times;
  }

  victim(): { who: string; pid: number } {
    return { who: "hub and agent (one process)", pid: this.#pid };
  }

  async recover(): Promise<void> {
    this.client.close();
    const again = await bootTailherd(this.#home);
    this.client = again.client;
    this.#pid = again.#pid;
  }

  async *keptOutput(service: string): AsyncIterable<string> {
    let before: string | undefined;
    for (;;) {
      const query = new URLSearchParams({
        limit: String(PAGE),
        stream: "stdout",
        ...(before !== undefined && { before }),
      });
      const page = await this.client.json<OutputPage>("GET", `/api/services/${service}/logs?${query.toString()}`);
      for (const line of page.lines) yield line.text;
      before = page.lines[0]?.cursor;
      if (before === undefined) return;
    }
  }

  async dispose(): Promise<void> {
    // Services outlive their supervisor by promise, so they are asked to end first.
    if (this.#programs.length > 0) await this.stopAll().catch(() => undefined);
    this.client.close();
    try {
      process.kill(this.#pid, "SIGTERM");
    } catch {
      return;
    }
    await until("tailherd has ended", async () => !(await succeeds(this.client.text("GET", "/health"))));
    removeCgroups(this.#home);
  }

  async #cli(...args: string[]): Promise<void> {
    await run(commandOf("--data-dir", dataOf(this.#home), ...args), { env: envOf(this.#home) });
  }
}

/** Its command line for these arguments. */
export const commandOf = (...args: string[]): CommandLine => [process.execPath, PROGRAM, ...args];

/** Where it keeps everything in this home. */
export const dataOf = (home: Home): string => join(home.directory, "data");

/** What its processes are started with: nothing of the user's own configuration. */
export function envOf(home: Home): NodeJS.ProcessEnv {
  return { ...home.env, TAILHERD_DATA_DIR: dataOf(home), XDG_CACHE_HOME: WARM_CACHE };
}

function definitionOf({ name, file }: Program, home: Home): ServiceInput {
  return {
    name,
    argv: [file],
    working_dir: home.directory,
    env: { TAILHERD_BENCH: home.env.TAILHERD_BENCH ?? "" },
    // As often and as soon as it ends, like the others here.
    restart: { policy: "always", max: null, backoff: { initial: 0 } },
    logs: { max_size: 512 * 1024 * 1024 },
  };
}

/** Cgroups stay as long as their service is defined; these definitions go with the directory, so nobody else would remove them. */
function removeCgroups(home: Home): void {
  // As src/agent/agent.ts names them.
  const owner = createHash("sha256")
    .update(realpathSync(join(dataOf(home), "agent")))
    .digest("hex")
    .slice(0, 12);
  const path = `*/tailherd/${owner}*`;
  spawnSync("find", ["/sys/fs/cgroup", "-depth", "-type", "d", "-path", path, "-exec", "rmdir", "{}", ";"]);
}

async function succeeds(act: Promise<unknown>): Promise<boolean> {
  return await act.then(
    () => true,
    () => false,
  );
}
