// Held sockets with real programs: nobody who connects is refused while a service restarts or crashes, or its agent dies; and when
// it is stopped, everybody is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { type ServiceInput, serviceSpecSchema } from "../../src/contract/service.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";
import { askOnce, Load } from "../support/load.ts";
import { needs } from "../support/needs.ts";
import { answers, freePort } from "../support/ports.ts";
import { childrenOf, isAlive, pidsWith } from "../support/processes.ts";
import { times } from "../support/soak.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/zero-downtime");
const NODE: ServiceInput["argv"] = [process.execPath, join(EXAMPLE, "server.mjs")];
const PYTHON = pythonOf();
/** Some 200 connections a second. */
const PACE = { clients: 8, every: 40 };
/** Never at rest for long: what is shown here is what becomes of connections, not how patient a policy is. */
const restart = { policy: "always", max: null, backoff: { initial: 0.05, max: 0.2, reset_after: 0.2 } } as const;

function pythonOf(): string | undefined {
  try {
    return execFileSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
}

function service(port: number, argv: ServiceInput["argv"], rest: Partial<ServiceInput> = {}): ServiceInput {
  return { name: "web", argv, working_dir: "/", sockets: [{ name: "web", port }], restart, ...rest };
}

async function start(agent: TestAgent, spec: ServiceInput): Promise<void> {
  await agent.set(spec);
  const started = await agent.act(spec.name, "start");
  assert.equal(started.outcome, "done", started.message);
}

/** The shim's pid, and that of the fork that may wait beside it. */
function shimsOf(agent: TestAgent): number[] {
  return pidsWith(join(agent.dataDir, "agent/run/tailherd-shim")).filter(isAlive);
}

/** Restarts by hand, then crashes; answers what became of the connections of each. */
async function disturb(agent: TestAgent, port: number, { restarts, crashes }: { restarts: number; crashes: number }) {
  const calm = new Load(port, PACE);
  for (let round = 0; round < restarts; round += 1) {
    const answer = await agent.act("web", "restart");
    assert.equal(answer.outcome, "done", answer.message);
    // A process that lives may still be on its way to its socket.
    await calm.untilServedBy(round + 1);
  }
  const restarted = await calm.end();
  const rough = new Load(port, PACE);
  for (let round = 0; round < crashes; round += 1) {
    const { pid, generation } = await agent.instance("web");
    process.kill(pid ?? 0, "SIGKILL");
    await agent.until("web", (now) => now.generation > generation && now.state === "running");
  }
  return { restarted, crashed: await rough.end() };
}

for (const [name, argv] of [
  ["Node", NODE],
  ["Python", PYTHON === undefined ? undefined : [PYTHON, join(EXAMPLE, "server.py")]],
] as const) {
  test(
    `no connection to a ${name} program is refused or fails while it restarts, none is refused when it crashes`,
    { timeout: 120_000 },
    async (context) => {
      if (!needs(context, argv !== undefined, "python3") || argv === undefined) return;
      const restarts = name === "Node" ? 20 : times(5, 20);
      const crashes = times(5, 20);
      const port = await freePort();
      await using agent = await openTestAgent();
      await start(agent, service(port, [...argv]));
      const { restarted, crashed } = await disturb(agent, port, { restarts, crashes });
      context.diagnostic(`restarts: ${JSON.stringify({ ...restarted, by: restarted.by.size })}`);
      context.diagnostic(`crashes: ${JSON.stringify({ ...crashed, by: crashed.by.size })}`);
      assert.ok(restarted.asked > restarts, "there was a load");
      assert.deepEqual([restarted.refused, restarted.broken], [0, []]);
      assert.ok(restarted.by.size >= restarts, "each generation answered");
      assert.equal(crashed.refused, 0);
      // What a crash tears is what it had accepted; all others waited for the next generation.
      assert.ok(crashed.answered > crashed.broken.length);
    },
  );
}

test(
  "P1: an agent that is killed changes nothing for those who connect, and the next one restarts without a gap",
  { timeout: 60_000 },
  async () => {
    const port = await freePort();
    let agent = await forkTestAgent(await makeDataDir());
    await start(agent, service(port, NODE));
    const load = new Load(port, PACE);
    await agent.act("web", "restart");
    // In the middle of a restart too: the agent after it finds what was ordered.
    const stops = (): number =>
      agent.events.filter((event) => event.type === "instance.state" && event.state === "stopping").length;
    const before = stops();
    void agent.act("web", "restart");
    while (stops() === before) await agent.noticed(1000);
    await agent.crash();
    agent = await forkTestAgent(agent.dataDir);
    await agent.act("web", "start");
    const shims = shimsOf(agent);
    const { pid } = await agent.instance("web");
    await agent.crash();
    assert.ok((await askOnce(port)).includes(String(pid)));
    agent = await forkTestAgent(agent.dataDir);
    assert.equal((await agent.instance("web")).pid, pid);
    await agent.act("web", "restart");
    assert.deepEqual(shimsOf(agent), shims, "the shim that holds the socket is the same");
    const tally = await load.end();
    assert.deepEqual([tally.refused, tally.broken], [0, []]);
    assert.equal((await agent.act("web", "stop")).outcome, "done");
    assert.equal(await answers(port), false);
    await agent[Symbol.asyncDispose]();
  },
);

for (const without of ["", "1"]) {
  const how = without === "" ? "" : " (without cgroups)";
  test(
    `P1: an agent that is killed at any moment of a restart costs no connection${how}`,
    { timeout: 120_000 },
    async () => {
      const port = await freePort();
      const env = { TAILHERD_NO_CGROUPS: without };
      let agent = await forkTestAgent(await makeDataDir(), env);
      await start(agent, service(port, NODE));
      await askOnce(port);
      const shims = shimsOf(agent);
      const load = new Load(port, PACE);
      for (let round = 0; round < times(3, 20); round += 1) {
        void agent.act("web", "restart");
        // A restart takes some 200 ms, of which the last are a wait whether it lives.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 200));
        await agent.crash();
        agent = await forkTestAgent(agent.dataDir, env);
        await agent.until("web", ({ state }) => state === "running");
        assert.deepEqual(shimsOf(agent), shims);
      }
      const tally = await load.end();
      assert.deepEqual([tally.refused, tally.broken], [0, []]);
      await agent[Symbol.asyncDispose]();
    },
  );
}

test("stop() closes the sockets before it is done, also when it kills; so does an end that nobody follows", async () => {
  const port = await freePort();
  await using agent = await openTestAgent();
  await start(agent, service(port, NODE));
  for (const action of ["stop", "kill"] as const) {
    await agent.act("web", "start");
    assert.equal(await answers(port), true);
    assert.equal((await agent.act("web", action)).outcome, "done");
    assert.equal(await answers(port), false);
    assert.deepEqual(shimsOf(agent), []);
  }
  await agent.set(service(port, ["sleep", "0.5"], { restart: { policy: "never" } }));
  await agent.act("web", "start");
  assert.equal(await answers(port), true);
  await agent.until("web", ({ state }) => state === "exited");
  while (await answers(port)) await new Promise((resolve) => setTimeout(resolve, 5));
  // Given up: the last of the crashes in a row.
  await agent.set(service(port, ["false"], { restart: { max: 1, backoff: { initial: 0.01 } } }));
  await agent.act("web", "start");
  await agent.until("web", ({ state }) => state === "fatal");
  while (await answers(port)) await new Promise((resolve) => setTimeout(resolve, 5));
  // Stopped while nothing runs.
  await agent.set(service(port, ["false"], { restart: { ...restart, backoff: { initial: 60 } } }));
  await agent.act("web", "start");
  await agent.until("web", ({ state }) => state === "backoff");
  assert.equal(await answers(port), true, "who comes now waits for the next start");
  await agent.act("web", "stop");
  assert.equal(await answers(port), false);
});

test(
  "P5: acts that come together end in one process or none, and the socket is open exactly where one serves",
  { timeout: 60_000 },
  async () => {
    const port = await freePort();
    await using agent = await openTestAgent();
    await agent.set(service(port, NODE));
    for (let round = 0; round < 10; round += 1) {
      const [, stopped] = await Promise.all([
        agent.act("web", "start"),
        agent.act("web", round % 2 === 0 ? "stop" : "kill"),
      ]);
      assert.equal(stopped.outcome, "done");
      assert.equal(await answers(port), false, `round ${round}`);
      assert.deepEqual(shimsOf(agent), []);
    }
    const acts = [
      "start",
      "restart",
      "stop",
      "reload",
      "restart",
      "kill",
      "start",
      "restart",
      "restart",
      "start",
    ] as const;
    await Promise.all(acts.map((action) => agent.act("web", action)));
    const { pid } = await agent.until("web", ({ state }) => state === "running");
    assert.ok((await askOnce(port)).includes(String(pid)));
    assert.deepEqual(childrenOf(shimsOf(agent)[0] ?? 0), [pid]);
    assert.equal(shimsOf(agent).length, 1);
  },
);

test("an address that is in use is a failed start with the reason, tried again by the policy", async () => {
  const stranger = createServer().listen(0, "127.0.0.1");
  await once(stranger, "listening");
  const { port } = stranger.address() as { port: number };
  await using agent = await openTestAgent();
  const spec = service(port, NODE);
  await agent.set(spec);
  const words = `cannot listen on 127.0.0.1:${port}: address already in use`;
  const failed = await agent.act("web", "start");
  assert.deepEqual([failed.outcome, failed.message], ["failed", `Cannot start web: ${words}`]);
  const down = await agent.until("web", ({ last_exit }) => last_exit !== null);
  assert.deepEqual([down.last_exit?.cause, down.last_exit?.message], ["failed_to_start", words]);
  const parsed = serviceSpecSchema.parse(spec);
  const warned = (await agent.call("check_spec", { spec: parsed })).problems;
  assert.deepEqual(
    warned.map(({ path, severity }) => [path, severity]),
    [["sockets.0.port", "warning"]],
  );
  assert.match(warned[0]?.message ?? "", new RegExp(`port ${port} is taken by pid ${process.pid} `));
  stranger.close();
  await once(stranger, "close");
  await agent.until("web", ({ state }) => state === "running");
  assert.match(await askOnce(port), /hello from/);
  assert.deepEqual((await agent.call("check_spec", { spec: parsed })).problems, [], "its own socket is no stranger's");
  await agent.set({
    ...spec,
    name: "elsewhere",
    sockets: [{ host: "198.51.100.7", port }],
    restart: { policy: "never" },
  });
  const away = await agent.act("elsewhere", "start");
  assert.equal(away.message, `Cannot start elsewhere: cannot listen on 198.51.100.7:${port}: address not available`);
  assert.equal((await agent.instance("elsewhere")).state, "exited");
});

test("changed sockets count at the next start: the new ones are opened, the old ones closed", async () => {
  const [before, after] = [await freePort(), await freePort()];
  await using agent = await openTestAgent();
  await start(agent, service(before, NODE));
  await agent.set(service(after, NODE), undefined, 2);
  assert.match(await askOnce(before), /hello/);
  assert.equal((await agent.act("web", "restart")).outcome, "done");
  assert.match(await askOnce(after), /hello/);
  assert.equal(await answers(before), false);
  // The same address, shared or not, is opened anew once the shim before has let go of it.
  for (const instances of [2, 1, 2, 1]) {
    await agent.set(service(after, NODE, { instances }));
    await agent.act("web", "restart");
    await agent.until("web", ({ state }) => state === "running");
    assert.match(await askOnce(after), /hello/);
  }
  await agent.set({ ...service(after, ["sleep", "3600"]), sockets: [] });
  await agent.act("web", "restart");
  assert.equal(await answers(after), false);
});

test("instances share the address, and each keeps its own part of it over its restart", async () => {
  const port = await freePort();
  await using agent = await openTestAgent();
  await start(agent, service(port, NODE, { instances: 2 }));
  const load = new Load(port, PACE);
  for (const index of [0, 1, 0, 1]) await agent.act("web", "restart", { index });
  const tally = await load.end();
  assert.deepEqual([tally.refused, tally.broken], [0, []]);
  assert.ok(tally.by.size >= 4, "both answered, before and after");
});

for (const without of ["", "1"]) {
  const how = without === "" ? "" : " (without cgroups)";
  test(
    `what is killed at a restart, and what a crash leaves behind, takes no socket with it${how}`,
    { timeout: 60_000 },
    async () => {
      const port = await freePort();
      const agent = await forkTestAgent(await makeDataDir(), { TAILHERD_NO_CGROUPS: without });
      const word = `${7600 + Math.random()}`;
      // Deaf, with a child in a session of its own; both hold the socket too.
      const line = `trap '' TERM; setsid sleep ${word} & while :; do sleep ${word}; done`;
      await start(agent, service(port, ["/bin/sh", "-c", line], { stop: { grace: 0.2 } }));
      const shims = shimsOf(agent);
      const left = pidsWith(word);
      const waiting = askOnce(port);
      assert.match((await agent.act("web", "restart")).message, /runs/);
      assert.deepEqual(
        shimsOf(agent).filter((pid) => shims.includes(pid)),
        shims,
      );
      assert.deepEqual(left.filter(isAlive), [], "P4: nothing is left of the one before");
      const { pid, generation } = await agent.instance("web");
      const crashed = pidsWith(word);
      process.kill(pid ?? 0, "SIGKILL");
      await agent.until("web", (now) => now.generation > generation && now.state === "running");
      assert.deepEqual(crashed.filter(isAlive), []);
      // Whoever has waited since the first of these is served by the first that serves.
      await agent.set(service(port, NODE));
      await agent.act("web", "restart");
      assert.match(await waiting, /hello from/);
      await agent.act("web", "kill");
      assert.equal(await answers(port), false);
      assert.deepEqual(pidsWith(word), []);
      await agent[Symbol.asyncDispose]();
    },
  );
}

test("a shim that is killed takes its sockets along at the next start only, which opens them anew", async () => {
  const port = await freePort();
  await using agent = await openTestAgent();
  await start(agent, service(port, NODE));
  const { pid } = await agent.instance("web");
  for (const shim of shimsOf(agent)) process.kill(shim, "SIGKILL");
  assert.ok((await askOnce(port)).includes(String(pid)));
  assert.equal((await agent.act("web", "restart")).outcome, "done");
  assert.notEqual((await agent.instance("web")).pid, pid);
  assert.match(await askOnce(port), /hello/);
});

test("a program is told what it is handed as systemd tells it, also as another user; a hook is handed nothing", async (context) => {
  if (!needs(context, PYTHON !== undefined, "python3")) return;
  const ports = await Promise.all(Array.from({ length: 5 }, freePort));
  const sockets = ports.map((port, at) => ({ name: `s${at}`, port }));
  await using agent = await openTestAgent();
  const look =
    "import os, fcntl, time; e = os.environ; " +
    "print('mine' if e['LISTEN_PID'] == str(os.getpid()) else 'not mine', e['LISTEN_FDS'], e['LISTEN_FDNAMES'], " +
    "[fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in range(3, 8)], flush=True); time.sleep(3600)";
  const hook = "for fd in 3 4 5 6 7; do [ ! -e /proc/self/fd/$fd ] || echo has $fd; done; echo looked";
  const spec: ServiceInput = {
    name: "web",
    argv: [PYTHON ?? "", "-c", look],
    working_dir: "/",
    sockets,
    hooks: { pre_start: hook },
  };
  const users = process.getuid?.() === 0 ? ["root", "nobody"] : [undefined];
  for (const user of users) {
    // Another's python may not be ours to run.
    const own = { ...spec, ...(user !== undefined && { user }) };
    if (user === "nobody")
      own.argv = ["/bin/sh", "-c", `[ $LISTEN_PID = $$ ] && echo mine $LISTEN_FDS $LISTEN_FDNAMES; exec sleep 3600`];
    await agent.set(own);
    assert.equal((await agent.act("web", "restart")).outcome, "done");
    const told = user === "nobody" ? "mine 5 s0:s1:s2:s3:s4" : "mine 5 s0:s1:s2:s3:s4 [0, 0, 0, 0, 0]";
    await untilPrinted(agent, told);
  }
  const lines = await printed(agent);
  assert.ok(lines.includes("looked"));
  assert.deepEqual(
    lines.filter((line) => line.startsWith("has ")),
    [],
  );
  for (const port of ports) assert.equal(await answers(port), true);
});

async function printed(agent: TestAgent): Promise<string[]> {
  const { lines } = await agent.call("read_output", { service: "web", index: 0, limit: 100 });
  return lines.map(({ text }) => text);
}

async function untilPrinted(agent: TestAgent, line: string): Promise<void> {
  while (!(await printed(agent)).includes(line)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("the socket is told as the service's own, while it runs and while nothing does", async () => {
  const port = await freePort();
  await using agent = await openTestAgent();
  await start(agent, service(port, NODE));
  const listed = async () => (await agent.call("listeners", {})).listeners.filter((one) => one.port === port);
  const { pid } = await agent.instance("web");
  assert.deepEqual(
    (await listed()).map((one) => [one.service, one.pid]),
    [["web", pid]],
  );
  const row = await agent.until("web", ({ port_status }) => port_status.length > 0);
  assert.deepEqual(
    row.port_status.map((one) => [one.port, one.in_use, one.own, one.pid]),
    [[port, true, true, pid]],
  );
  assert.deepEqual(row.detected_ports, [port]);
  await agent.set(service(port, ["false"], { restart: { ...restart, backoff: { initial: 60 } } }));
  await agent.act("web", "restart");
  await agent.until("web", ({ state }) => state === "backoff");
  assert.deepEqual(
    (await listed()).map((one) => one.service),
    ["web"],
  );
});
