// The main job on programs that people really run: nginx, redis-server, a Node program, a Python program, a shell pipeline; through the
// program that people start, over HTTP.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { ServiceInput } from "../../src/contract/service.ts";
import type { ExitRecord, LogLine, ServiceStatus } from "../../src/contract/status.ts";
import { startUp } from "../support/cli.ts";
import { needs } from "../support/needs.ts";
import { answers, freePort } from "../support/ports.ts";
import { isAlive, pidsWith } from "../support/processes.ts";
import { StatusWatch } from "../support/watch.ts";

const EXAMPLES = join(import.meta.dirname, "../../examples");
const MIB = 2 ** 20;
/** Where services look for programs. */
const PATH = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

interface Program {
  spec: ServiceInput;
  /** What the command line of the pid that is shown must hold. */
  command: RegExp;
  /** A line that it writes, and where. */
  line: RegExp;
  stream: LogLine["stream"];
  /** Makes it write, where it does not by itself. */
  poke?: string;
}

/** All of them, with a word in each command line by which what is left over can be found. */
async function programs(scratch: string): Promise<Program[]> {
  const [nginx, redis, node] = await Promise.all([freePort(), freePort(), freePort()]);
  return [
    {
      spec: {
        name: "nginx",
        kind: "frontend",
        hooks: {
          pre_start: `mkdir -p run && sed s/PORT/$PORT/ ${join(EXAMPLES, "nginx/nginx.conf.in")} > run/nginx.conf`,
        },
        start_cmd: `nginx -e stderr -p ${scratch} -c ${scratch}/run/nginx.conf`,
        working_dir: scratch,
        env: { PORT: String(nginx) },
        ports: [nginx],
        stop: { signal: "SIGQUIT" },
      },
      command: /^nginx/,
      line: /"GET \/poked HTTP/,
      stream: "stdout",
      poke: `http://127.0.0.1:${nginx}/poked`,
    },
    {
      spec: {
        name: "redis",
        kind: "backend",
        argv: ["redis-server", "--port", String(redis), "--save", "", "--bind", "127.0.0.1", "--dir", scratch],
        ports: [redis],
      },
      command: /redis-server/,
      line: /Ready to accept connections/,
      stream: "stdout",
    },
    {
      spec: {
        name: "node",
        kind: "backend",
        argv: [process.execPath, "server.mjs", scratch],
        working_dir: join(EXAMPLES, "node"),
        env: { PORT: String(node) },
        ports: [node],
      },
      command: /server\.mjs/,
      line: /^Listening on 127\.0\.0\.1/,
      stream: "stdout",
    },
    {
      spec: {
        name: "python",
        argv: ["python3", "-u", join(EXAMPLES, "python/worker.py"), scratch],
        env: { STEP: "7" },
      },
      command: /python3\S* -u \S+worker\.py/,
      line: /^worker=0 count=7$/,
      stream: "stdout",
    },
    {
      spec: {
        name: "pipeline",
        start_cmd: `{ echo "half" >&2; while echo tick; do sleep 0.2; done; } | sed -u "s,tick,${scratch},"`,
      },
      command: /sed -u/,
      line: /^half$/,
      stream: "stderr",
    },
  ];
}

test("nginx, redis, Node, Python and a pipeline are run, watched, brought back, and outlive a kill -9 of ours", async (t) => {
  if (!available(t, "nginx") || !available(t, "redis-server") || !available(t, "python3")) return;
  const scratch = mkdtempSync(join(tmpdir(), "tailherd-real-"));
  t.after(() => rmSync(scratch, { recursive: true, force: true }));
  const all = await programs(scratch);
  await using up = await startUp(["--no-auth"]);
  const call: Call = (key, body) => caller(up.address)(key, body);
  await call("POST /api/settings", { update_interval_seconds: 1 });
  let watch = await StatusWatch.open(up.address);
  t.after(() => watch[Symbol.dispose]());

  for (const program of all) {
    await t.test(`${program.spec.name} starts, restarts by hand and after a kill, and is seen as it is`, async () => {
      await lives(program, up.address, watch);
    });
  }

  await t.test("a kill -9 of ours leaves all of them alone; the next one knows them again", async () => {
    const before = (await call("GET /api/status")) as ServiceStatus[];
    watch[Symbol.dispose]();
    await up.restart("SIGKILL");
    watch = await StatusWatch.open(up.address);
    const after = (await call("GET /api/status")) as ServiceStatus[];
    assert.deepEqual(after.map(identity), before.map(identity));
    // Not only seen: the end of one that was adopted is noticed, and dealt with, as before.
    const pid = pidOf(after.find(({ name }) => name === "redis"));
    process.kill(pid, "SIGKILL");
    await watch.until("redis", (row) => row.running && pidOf(row) !== pid);
  });

  for (const { spec } of all) {
    await t.test(`${spec.name} stops, and nothing of it is left`, async () => {
      const pid = pidOf(watch.rows.get(spec.name));
      const { count } = (await call(`POST /api/services/${spec.name}/stop`)) as { count: number };
      assert.equal(count, 1);
      assert.ok(!isAlive(pid));
      for (const port of spec.ports ?? []) assert.equal(await answers(port), false);
      await watch.until(spec.name, (row) => row.state === "stopped" && !row.running && row.pid_count === 0);
    });
  }
  assert.deepEqual(pidsWith(scratch), []);
});

type Call = (key: string, body?: unknown) => Promise<unknown>;

async function lives(
  { spec, command, line, stream, poke }: Program,
  address: string,
  watch: StatusWatch,
): Promise<void> {
  const call = caller(address);
  const path = `/api/services/${spec.name}`;
  await call("POST /api/services", spec);
  await call(`POST ${path}/start`);
  // A sample may fall between the fork and the program, which also writes its own command line later.
  const first = await watch.until(
    spec.name,
    ({ state, instances: [one], processes }) =>
      state === "running" && (one?.memory ?? 0) > 100_000 && processes.some((each) => command.test(each.command)),
  );
  assert.match(commandOf(pidOf(first)), spec.name === "pipeline" ? /^\/bin\/sh -c/ : command);
  const [instance] = first.instances;
  assert.ok(instance);
  assert.ok((instance.memory ?? 0) < 500 * MIB, `${instance.memory} bytes`);
  assert.ok((instance.threads ?? 0) >= 1 && (instance.open_files ?? 0) >= 3, JSON.stringify(instance));
  await watch.until(spec.name, (row) => (row.instances[0]?.cpu ?? -1) >= 0);
  if (spec.ports !== undefined) {
    const row = await watch.until(spec.name, (row) => row.port_status[0]?.accessible === true);
    assert.deepEqual(row.detected_ports, spec.ports);
    const [port] = row.port_status;
    assert.ok(port?.in_use === true && port.own && port.pid !== null, JSON.stringify(port));
  }

  if (poke !== undefined) assert.equal((await fetch(poke)).status, 200);
  const written = await lineOf(address, path, line);
  assert.equal(written.stream, stream);

  await call(`POST ${path}/restart`);
  const second = await watch.until(spec.name, (row) => row.running && pidOf(row) !== pidOf(first));
  assert.ok(!isAlive(pidOf(first)));
  process.kill(pidOf(second), "SIGKILL");
  const third = await watch.until(spec.name, (row) => row.state === "running" && pidOf(row) !== pidOf(second));
  assert.equal(third.runtime.restart_count, 2);
  const [exit] = (await call(`GET ${path}/exits`)) as ExitRecord[];
  assert.deepEqual([exit?.cause, exit?.signal, exit?.generation], ["signalled", "SIGKILL", 2]);
}

/** A line of its output that fits, as soon as there is one. */
async function lineOf(address: string, path: string, wanted: RegExp): Promise<LogLine> {
  // Followed before what is there is read: nothing falls between the two.
  const { body } = await fetch(`${address}${path}/logs/follow`, { signal: AbortSignal.timeout(20_000) });
  assert.ok(body);
  const { lines } = (await caller(address)(`GET ${path}/logs?limit=1000`)) as { lines: LogLine[] };
  let text = lines.map((line) => `data: ${JSON.stringify(line)}\n`).join("");
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (const [, data = ""] of text.matchAll(/^data: (.*)\n/gm)) {
      const line = JSON.parse(data) as LogLine;
      if (wanted.test(line.text)) return line;
    }
  }
  throw new Error(`${path} never wrote ${wanted}: ${text}`);
}

function available(t: TestContext, program: string): boolean {
  return needs(
    t,
    PATH.some((folder) => existsSync(join(folder, program))),
    program,
  );
}

/** Calls to a hub at an address that must go well. */
function caller(address: string): Call {
  return async (key, body) => {
    const [method = "GET", path = ""] = key.split(" ");
    const response = await fetch(address + path, {
      method,
      ...(body !== undefined && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${key}: ${response.status} ${text}`);
    return JSON.parse(text);
  };
}

function pidOf(row: ServiceStatus | undefined): number {
  const pid = row?.instances[0]?.pid;
  assert.ok(typeof pid === "number", `${row?.name} has no pid: ${row?.state}`);
  return pid;
}

/** What must not change when only we were restarted. */
function identity(row: ServiceStatus): unknown {
  const { pid, generation, started_at, restart_count } = row.instances[0] ?? {};
  return { name: row.name, state: row.state, pid, generation, started_at, restart_count };
}

function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
}
