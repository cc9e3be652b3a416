// supervisord (Debian package): one Python process, programs in one configuration file, asked over a unix socket.
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type { Program } from "../support/programs.ts";
import { run, start, until, type CommandLine } from "../support/run.ts";
import { debianVersion } from "./debian.ts";
import { linesOf, rotated } from "./log-files.ts";
import type { Herd, Home, Peer } from "./peer.ts";

const CALL = (method: string): string =>
  `<?xml version="1.0"?><methodCall><methodName>${method}</methodName></methodCall>`;

export const supervisord: Peer = {
  name: "supervisord",
  version: async () => await debianVersion("supervisor", "supervisord"),
  ways: {
    boot: "first answer to an RPC on its socket",
    start: "`supervisorctl update` (`start all` takes three times as long)",
    stop: "`supervisorctl stop all`",
  },
  async boot(home) {
    writeFileSync(configPath(home), configuration(home, []));
    const child = await start(["supervisord", "-n", "-c", configPath(home)], { env: home.env, cwd: home.directory });
    await until("supervisord answers", async () => await answers(home));
    return new SupervisordHerd(home, child.pid);
  },
};

class SupervisordHerd implements Herd {
  readonly #home: Home;
  readonly #pid: number;

  constructor(home: Home, pid: number) {
    this.#home = home;
    this.#pid = pid;
  }

  pid(): number {
    return this.#pid;
  }

  async define(programs: Program[]): Promise<void> {
    writeFileSync(configPath(this.#home), configuration(this.#home, programs));
  }

  async startAll(): Promise<void> {
    await this.#ctl("update");
  }

  async stopAll(): Promise<void> {
    await this.#ctl("stop", "all");
  }

  questions(): { label: string; command: CommandLine }[] {
    return [{ label: "supervisorctl status", command: this.#command("status") }];
  }

  async ask(count: number): Promise<number[]> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      await call(this.#home, "supervisor.getAllProcessInfo");
      times.push(performance.now() - started);
    }
    return times;
  }

  victim(): { who: string; pid: number } {
    return { who: "supervisord", pid: this.#pid };
  }

  keptOutput(service: string): AsyncIterable<string> {
    return linesOf(rotated(join(this.#home.directory, "logs"), `${service}.out`));
  }

  async #ctl(...args: string[]): Promise<void> {
    await run(this.#command(...args), { env: this.#home.env });
  }

  #command(...args: string[]): CommandLine {
    return ["supervisorctl", "-c", configPath(this.#home), ...args];
  }
}

const configPath = (home: Home): string => join(home.directory, "supervisord.conf");
const socketOf = (home: Home): string => join(home.directory, "s.sock");

function configuration(home: Home, programs: Program[]): string {
  const logs = join(home.directory, "logs");
  mkdirSync(logs, { recursive: true });
  const sections = programs.map(({ name, file }) =>
    [
      `[program:${name}]`,
      `command=${file}`,
      "autostart=true",
      "autorestart=true",
      `stdout_logfile=${join(logs, `${name}.out`)}`,
      `stderr_logfile=${join(logs, `${name}.err`)}`,
    ].join("\n"),
  );
  return `[unix_http_server]
file=${socketOf(home)}
[supervisord]
logfile=${join(logs, "supervisord.log")}
pidfile=${join(home.directory, "supervisord.pid")}
childlogdir=${logs}
minfds=8192
[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socketOf(home)}
${sections.join("\n")}
`;
}

async function answers(home: Home): Promise<boolean> {
  return await call(home, "supervisor.getState").then(
    () => true,
    () => false,
  );
}

/** One XML-RPC call; resolves when the whole answer has come. */
async function call(home: Home, method: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const sent = request(
      { socketPath: socketOf(home), path: "/RPC2", method: "POST", headers: { "content-type": "text/xml" } },
      (response) => {
        response.on("error", reject).on("end", resolve).resume();
        if (response.statusCode !== 200) reject(new Error(`supervisord answered ${response.statusCode}`));
      },
    );
    sent.on("error", reject);
    sent.end(CALL(method));
  });
}
