// Heartbeats by URL: real programs that call, over the end of what calls and of the agent that listens.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceInput } from "../../src/contract/service.ts";
import { findTool } from "../../src/agent/supervisor/find-program.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";
import { needs } from "../support/needs.ts";

const CALLER = join(import.meta.dirname, "../fixtures/calls-heartbeat.ts");
const CALLS = { name: "calls", kind: "heartbeat", url: true, within: 3, interval: 0.5, failures: 1 } as const;

/** A service that calls while it may. */
function caller(name: string, dataDir: string, more: Partial<ServiceInput> = {}) {
  const file = join(dataDir, `calls-${name}`);
  writeFileSync(file, "");
  const spec: ServiceInput = {
    name,
    argv: [process.execPath, CALLER, file],
    restart: { policy: "always", backoff: { initial: 0.1 } },
    checks: [CALLS],
    ...more,
  };
  return { spec, file, fallSilent: () => rmSync(file), goOn: () => writeFileSync(file, "") };
}

/** The last line that it printed of this kind, as soon as there is one. */
async function lineOf(agent: TestAgent, service: string, wanted: RegExp): Promise<string> {
  for (;;) {
    const { lines } = await agent.call("read_output", { service, index: 0, limit: 1000 });
    const found = lines.map(({ text }) => text).findLast((text) => wanted.test(text));
    if (found !== undefined) return found;
    await agent.noticed(50);
  }
}

async function urlOf(agent: TestAgent, service: string): Promise<URL> {
  return new URL((await lineOf(agent, service, /^url http/)).slice("url ".length));
}

/** Resolves when so many looks were made, all of them well. */
async function looksWell(agent: TestAgent, service: string, count: number): Promise<void> {
  for (;;) {
    const { checks } = await agent.call("check_results", { service, index: null });
    const results = checks[0]?.results ?? [];
    assert.deepEqual(
      results.filter(({ ok }) => !ok),
      [],
    );
    if (results.length >= count) return;
    await agent.noticed(50);
  }
}

/** Resolves when it has called in vain for so many seconds, while there is no agent to ask. */
async function unheardFor(seconds: number, file: string): Promise<void> {
  const count = (): number => {
    try {
      return readFileSync(`${file}.unheard`, "utf8").length;
    } catch {
      return 0;
    }
  };
  while (count() < seconds * 5) await new Promise((resolve) => setTimeout(resolve, 50));
}

test("a service that calls its URL is healthy, and one that falls silent is restarted by its policy", async () => {
  await using agent = await openTestAgent();
  const { spec, fallSilent, goOn } = caller("web", agent.dataDir, {
    hooks: { pre_start: 'echo "hook ${TAILHERD_HEARTBEAT_URL:-none}"' },
    checks: [CALLS, { ...CALLS, name: "patient", within: 600 }],
  });
  await agent.set(spec, "running");
  const first = await agent.until(
    "web",
    ({ state, checks }) => state === "running" && checks.every((check) => check.state === "passing"),
  );
  assert.equal(await lineOf(agent, "web", /^hook/), "hook none");
  const url = await urlOf(agent, "web");
  assert.match(url.href, /^http:\/\/127\.0\.0\.1:\d+\/beat\/[\w-]{32}$/);
  assert.equal(await lineOf(agent, "web", /^called/), "called 204");
  // For longer than it may be silent.
  await looksWell(agent, "web", 9);
  assert.equal((await agent.instance("web")).generation, first.generation);
  assert.equal((await fetch(new URL(`/beat/${"x".repeat(32)}`, url))).status, 404);

  const secret = url.pathname.slice("/beat/".length);
  const told = JSON.stringify([await agent.call("snapshot", {}), agent.events]);
  assert.ok(!told.includes(secret), "the secret is the service's alone");

  fallSilent();
  const again = await agent.until("web", ({ generation, last_exit }) => generation > 1 && last_exit !== null);
  assert.equal(again.last_exit?.cause, "check_failed");
  assert.match(again.last_exit.message, /^failed check calls: no call of its heartbeat URL for [\d.]+ s; ended/);
  assert.ok(agent.events.some((event) => event.type === "instance.state" && event.state === "unhealthy"));
  goOn();
  await agent.until("web", ({ state, checks }) => state === "running" && checks[0]?.state === "passing");
  assert.equal((await urlOf(agent, "web")).href, url.href);

  await agent.act("web", "stop");
  assert.equal((await fetch(url)).status, 404, "nobody listens for what is stopped");
});

test("over the death of the agent the URL stays good, and nothing is restarted for what was called meanwhile", async () => {
  const dataDir = await makeDataDir();
  const first = await forkTestAgent(dataDir);
  const { spec, file, fallSilent } = caller("web", dataDir, { restart: { policy: "never" } });
  await first.set(spec, "running");
  const up = await first.until("web", ({ checks }) => checks[0]?.state === "passing");
  await lineOf(first, "web", /^called 204/);
  await first.crash();
  await unheardFor(4, file);
  await using agent = await forkTestAgent(dataDir);
  await looksWell(agent, "web", 3);
  const adopted = await agent.instance("web");
  assert.deepEqual([adopted.pid, adopted.generation, adopted.state], [up.pid, 1, "running"]);
  assert.equal((await fetch(await urlOf(agent, "web"))).status, 204);
  // For longer than it may be silent: it is heard.
  await looksWell(agent, "web", 9);
  fallSilent();
  const silent = await agent.until("web", ({ state }) => state === "unhealthy");
  assert.match(silent.reason ?? "", /^failed check calls: no call of its heartbeat URL for/);
});

test("a port that was taken meanwhile fails nobody, is told, and is tried again", async () => {
  const dataDir = await makeDataDir();
  const first = await forkTestAgent(dataDir);
  const { spec, file } = caller("web", dataDir);
  await first.set(spec, "running");
  const up = await first.until("web", ({ checks }) => checks[0]?.state === "passing");
  const port = Number((await urlOf(first, "web")).port);
  await first.crash();
  const taker = createServer((socket) => socket.on("error", () => undefined).destroy()).listen(port, "127.0.0.1");
  await once(taker, "listening");
  await unheardFor(1, file);
  await using agent = await forkTestAgent(dataDir);
  const words = `cannot hear calls of heartbeat URLs: port ${port} of 127.0.0.1 is taken by something else`;
  await agent.until("web", ({ checks }) => checks[0]?.reason === words);
  // For longer than it may be silent.
  await looksWell(agent, "web", 9);
  taker.close();
  const heard = await agent.until("web", ({ checks }) => checks[0]?.reason === null);
  assert.deepEqual([heard.pid, heard.generation, heard.state], [up.pid, 1, "running"]);
  assert.equal((await fetch(await urlOf(agent, "web"))).status, 204);
});

test("a port that is not kept any more fails nobody, and counts again from the next start", async () => {
  const dataDir = await makeDataDir();
  const first = await forkTestAgent(dataDir);
  const { spec } = caller("web", dataDir);
  await first.set(spec, "running");
  const up = await first.until("web", ({ checks }) => checks[0]?.state === "passing");
  const { port } = await urlOf(first, "web");
  await first.crash();
  for (const turn of [0, 1]) rmSync(join(dataDir, `agent/heartbeat-port-${turn}.json`), { force: true });
  await using agent = await forkTestAgent(dataDir);
  const words = `port ${port}, which it was told to call, is not kept any more`;
  await agent.until("web", ({ checks }) => checks[0]?.reason === words);
  // For longer than it may be silent.
  await looksWell(agent, "web", 9);
  assert.equal((await agent.instance("web")).pid, up.pid);
  await agent.act("web", "restart");
  await agent.until("web", ({ state, checks }) => state === "running" && checks[0]?.state === "passing");
  const next = await urlOf(agent, "web");
  assert.notEqual(next.port, port);
  assert.equal((await fetch(next)).status, 204);
});

test("an agent that was held up hears what was called meanwhile before it finds silence", async () => {
  await using agent = await openTestAgent();
  const { spec } = caller("web", agent.dataDir);
  await agent.set(spec, "running");
  await agent.until("web", ({ checks }) => checks[0]?.state === "passing");
  await lineOf(agent, "web", /^called 204/);
  // Nothing of this process happens for longer than the service may be silent.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4000);
  await looksWell(agent, "web", 6);
  assert.equal((await agent.instance("web")).generation, 1);
});

test("a check that is added to what runs counts from the next start, and says so", async () => {
  await using agent = await openTestAgent();
  const { spec } = caller("late", agent.dataDir, { checks: [] });
  await agent.set(spec, "running");
  const plain = await agent.until("late", ({ state }) => state === "running");
  assert.equal(await lineOf(agent, "late", /^url/), "url -");
  await agent.set({ ...spec, checks: [CALLS] }, "running", 2);
  const added = await agent.until("late", ({ checks }) => checks[0]?.state === "passing");
  assert.deepEqual([added.pid, added.checks[0]?.reason], [plain.pid, "counts from the next start"]);
  // For longer than it may be silent.
  await looksWell(agent, "late", 9);
  // A crash is enough: the URL is known by then.
  process.kill(plain.pid ?? 0, "SIGKILL");
  await agent.until(
    "late",
    ({ generation, checks }) => generation === 2 && checks[0]?.state === "passing" && checks[0].reason === null,
  );
  await lineOf(agent, "late", /^called 204/);
});

test("a line of shell can call, by curl", async (context) => {
  if (!needs(context, findTool("curl") !== undefined, "curl")) return;
  await using agent = await openTestAgent();
  const start_cmd = `while sleep 0.2; do curl -sS -w 'called %{http_code}\\n' "$TAILHERD_HEARTBEAT_URL"; done`;
  await agent.set({ name: "shell", start_cmd, checks: [CALLS] }, "running");
  assert.equal(await lineOf(agent, "shell", /called/), "called 204");
  await agent.until("shell", ({ state, ready }) => state === "running" && ready === true);
});
