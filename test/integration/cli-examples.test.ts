// Every example, applied as it stands to a real hub, runs and answers.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { connect, createServer, type AddressInfo } from "node:net";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { runCli, RunningCli, startUp, type RunningUp } from "../support/cli.ts";
import { needs } from "../support/needs.ts";

const scratch = mkdtempSync(join(tmpdir(), "tailherd-examples-"));
cpSync(join(import.meta.dirname, "../../examples"), join(scratch, "examples"), { recursive: true });
after(() => rmSync(scratch, { recursive: true }));

async function freePort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return String(port);
}

/** What a port says to a text; empty until something listens. */
async function ask(port: string, text: string): Promise<string> {
  return await new Promise((resolve) => {
    let said = "";
    const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
    socket.setEncoding("utf8").on("data", (data: string) => {
      said += data;
      socket.end();
    });
    socket.on("close", () => resolve(said));
    socket.on("error", () => resolve(""));
  });
}

const hasProgram = (name: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${name}`], { env: { PATH: `${process.env.PATH}:/usr/sbin` } }).status === 0;

const GET = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

interface Example {
  folder: string;
  service: string;
  program: string;
  /** Variable that moves its port. */
  variable?: string;
  /** What it says in its output, or on its port to a question. */
  output?: RegExp;
  question?: string;
  answer?: RegExp;
}

const EXAMPLES: Example[] = [
  {
    folder: "node",
    service: "hello node",
    program: "node",
    variable: "NODE_EXAMPLE_PORT",
    output: /Listening on/,
    question: GET,
    answer: /Hello, visitor/,
  },
  {
    folder: "zero-downtime",
    service: "never away",
    program: "node",
    variable: "ZERO_DOWNTIME_PORT",
    output: /ready/,
    question: GET,
    answer: /hello from \d+/,
  },
  { folder: "python", service: "python worker", program: "python3", output: /worker=1.*count=1/ },
  { folder: "pipeline", service: "load", program: "sh", output: /msg=sampled load=\d/ },
  {
    folder: "redis",
    service: "redis",
    program: "redis-server",
    variable: "REDIS_EXAMPLE_PORT",
    output: /Ready to accept connections/,
    question: "PING\r\n",
    answer: /\+PONG/,
  },
  {
    folder: "nginx",
    service: "nginx",
    program: "nginx",
    variable: "NGINX_EXAMPLE_PORT",
    question: GET,
    answer: /Hello from nginx/,
  },
];

describe("examples", () => {
  let up: RunningUp;
  before(async () => {
    up = await startUp();
  });
  after(async () => await up[Symbol.asyncDispose]());

  for (const example of EXAMPLES) {
    it(`${example.folder} runs as it stands`, async (context) => {
      if (!needs(context, hasProgram(example.program), example.program)) return;
      const port = await freePort();
      const env = example.variable === undefined ? {} : { [example.variable]: port };
      const file = join(scratch, "examples", example.folder, "tailherd.yaml");
      const applied = await runCli(["apply", "-f", file], { ...up, env });
      assert.equal(applied.code, 0, applied.stderr);
      const started = await runCli(["start", example.service], up);
      assert.equal(started.code, 0, started.stderr);
      if (example.output !== undefined) {
        await using logs = new RunningCli(["logs", "-f", "--all"], up);
        await logs.sees("stdout", example.output);
      }
      if (example.question !== undefined && example.answer !== undefined) {
        let said = "";
        // Until it listens nobody answers; the runner's own limit ends a wait for nothing.
        while (said === "") said = await ask(port, example.question);
        assert.match(said, example.answer);
      }
      const healthy = await runCli(["wait", "--for=healthy", "--timeout", "30s", example.service], up);
      assert.equal(healthy.code, 0, healthy.stdout);
      const again = await runCli(["apply", "-f", file], { ...up, env });
      assert.equal(again.stdout, "Nothing to do.\n");
      assert.equal((await runCli(["stop", example.service], up)).code, 0);
    });
  }
});
