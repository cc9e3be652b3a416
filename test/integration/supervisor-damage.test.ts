// P8: each file that an agent keeps, damaged in each way: it is up in time, what runs goes on, and nothing runs twice.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { test } from "node:test";
import { type ForkedAgent, forkTestAgent, makeDataDir } from "../support/agent.ts";
import { childrenOf, isAlive, pidsWith } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

const UP_WITHIN = 15_000;

const DAMAGES: Record<string, (bytes: Buffer) => Buffer> = {
  emptied: () => Buffer.alloc(0),
  halved: (bytes) => bytes.subarray(0, bytes.length / 2),
  "overwritten with junk": (bytes) => Buffer.alloc(Math.max(64, bytes.length), "{]\u0000x"),
};

/** Every file of the agent, below its directory; not the FIFO, which holds nothing. */
async function filesOf(agentDir: string): Promise<string[]> {
  const entries = await readdir(agentDir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(agentDir, join(entry.parentPath, entry.name)));
}

async function runOf(agent: ForkedAgent): Promise<string> {
  const run = join(agent.dataDir, "agent/run");
  return join(run, (await readdir(run)).find((name) => name.startsWith("kept-")) ?? "");
}

/** The pid of the shim, as it told it. */
async function shimOf(agent: ForkedAgent): Promise<number> {
  return Number((await readFile(join(await runOf(agent), "told/shim"), "utf8")).split(" ")[2]);
}

/** The fork of a shim that waits for the next order, once it is there. */
async function forkOf(shim: number): Promise<number> {
  for (;;) {
    const [fork] = childrenOf(shim);
    if (fork !== undefined) return fork;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Damages one file while no agent runs, and checks what the next one makes of it: it takes over, and starts anew when asked. */
async function damageOne(agent: ForkedAgent, file: string, how: string, word: string): Promise<ForkedAgent> {
  const what = `${file} ${how}`;
  const before = pidsWith(word);
  assert.equal(before.length, 1, `one runs before ${what}`);
  await agent.crash();
  const path = join(agent.dataDir, "agent", file);
  // Copies of the version before come and go.
  if (!existsSync(path)) return await forkTestAgent(agent.dataDir);
  const damage = DAMAGES[how] ?? ((bytes: Buffer) => bytes);
  // In place, as a disk does it: whoever has the file open goes on with the same one.
  const damaged = damage(await readFile(path));
  await writeFile(path, damaged, { flag: "r+" });
  await truncate(path, damaged.length);
  const began = performance.now();
  const next = await forkTestAgent(agent.dataDir);
  const status = await next.until("kept", ({ state, pid }) => state === "running" && pid !== null);
  assert.ok(performance.now() - began < UP_WITHIN, `up in time with ${what}`);
  assert.equal(status.pid, before[0], `the same one runs with ${what}`);
  assert.deepEqual(pidsWith(word), before, `none beside it with ${what}`);
  const asked = performance.now();
  assert.equal((await next.act("kept", "restart")).outcome, "done", what);
  assert.ok(performance.now() - asked < UP_WITHIN, `started in time with ${what}`);
  assert.equal(pidsWith(word).length, 1, `one runs after ${what}`);
  return next;
}

for (const how of Object.keys(DAMAGES)) {
  test(
    `P8: any one file of the agent ${how} costs no service, and doubles none`,
    repeat(times(1, 5), async () => {
      const word = `${6000 + Math.random()}`;
      let agent = await forkTestAgent(await makeDataDir());
      await agent.set({ name: "kept", start_cmd: `echo up; exec sleep ${word}` });
      assert.equal((await agent.act("kept", "start")).outcome, "done");
      // Two generations, so that both state files and `told/exit` hold something.
      process.kill((await agent.instance("kept")).pid ?? 0, "SIGKILL");
      await agent.until("kept", ({ state, generation, last_exit }) => {
        return state === "running" && generation === 2 && last_exit !== null;
      });
      const files = await filesOf(join(agent.dataDir, "agent"));
      for (const file of ["told/shim", "told/pid", "launch", "ends-1.json", "state-1.json", "output-position"]) {
        assert.ok(
          files.some((name) => name.endsWith(file)),
          file,
        );
      }
      for (const file of files) agent = await damageOne(agent, file, how, word);
      // It still obeys, and what it ends with is known.
      assert.equal((await agent.act("kept", "stop")).outcome, "done");
      assert.deepEqual(pidsWith(word), []);
      await agent[Symbol.asyncDispose]();
    }),
  );
}

test("P8: an order reaches a shim whatever became of its FIFO, and a launch file damaged under a running agent is written anew", async () => {
  const word = `${6100 + Math.random()}`;
  const agent = await forkTestAgent(await makeDataDir());
  await agent.set({ name: "kept", start_cmd: `exec sleep ${word}` });
  await agent.act("kept", "start");
  const run = await runOf(agent);
  const damages: [string, () => Promise<void>][] = [
    ["words that are no order", () => writeFile(join(run, "ctl"), "half an ord", { flag: "r+" })],
    ["a file in its place", () => rm(join(run, "ctl")).then(() => writeFile(join(run, "ctl"), "start 9\n"))],
    ["a directory in its place", () => rm(join(run, "ctl")).then(() => mkdir(join(run, "ctl")))],
    ["nothing in its place", () => rm(join(run, "ctl"))],
    ["an empty launch file", () => truncate(join(run, "launch"))],
  ];
  for (const [what, damage] of damages) {
    const shim = await shimOf(agent);
    await damage();
    const began = performance.now();
    assert.equal((await agent.act("kept", "restart")).outcome, "done", what);
    assert.ok(performance.now() - began < UP_WITHIN, what);
    assert.equal(pidsWith(word).length, 1, what);
    assert.ok((await shimOf(agent)) === shim || !isAlive(shim), `no shim is left behind by ${what}`);
  }
  await agent[Symbol.asyncDispose]();
});

test("P8: a run directory that cannot be used costs its service the agent until it is set again, and no other anything", async () => {
  const word = `${6400 + Math.random()}`;
  let agent = await forkTestAgent(await makeDataDir());
  for (const name of ["kept", "bad"]) {
    await agent.set({ name, start_cmd: `exec sleep ${word}`, instances: 2 });
    assert.equal((await agent.act(name, "start")).outcome, "done");
  }
  const pids = pidsWith(word);
  const of = async (name: string): Promise<(number | null)[]> =>
    (await agent.call("snapshot", {})).instances.flatMap(({ service, pid }) => (service === name ? [pid] : []));
  const before = { kept: await of("kept"), bad: await of("bad") };
  await agent.crash();
  const root = join(agent.dataDir, "agent/run");
  const second = join(root, (await readdir(root)).find((name) => name.startsWith("bad-1-")) ?? "");
  await rename(second, `${agent.dataDir}/aside`);
  await writeFile(second, "");
  agent = await forkTestAgent(agent.dataDir);
  assert.deepEqual(await of("kept"), before.kept);
  assert.deepEqual(await of("bad"), before.bad.slice(0, 1));
  assert.deepEqual(pidsWith(word), pids, "what it does not know it leaves alone");
  assert.equal((await agent.act("kept", "restart")).outcome, "done");
  await assert.rejects(
    agent.set({ name: "bad", start_cmd: `exec sleep ${word}`, instances: 2 }),
    /Cannot take over bad: .*bad-1-/,
  );
  await rm(second);
  await rename(`${agent.dataDir}/aside`, second);
  await agent.set({ name: "bad", start_cmd: `exec sleep ${word}`, instances: 2 });
  await agent.until("bad", ({ state }) => state === "running", 1);
  assert.deepEqual(await of("bad"), before.bad);
  assert.equal(pidsWith(word).length, 4);
  await agent[Symbol.asyncDispose]();
  assert.deepEqual(pidsWith(word), []);
});

test("P8: a shim that does not act is given up within 15 s, never acts later, and the next start works", async () => {
  for (const without of ["", "1"]) {
    // Everything that could hear the order is held: the shim, and the fork that waits for its next order.
    const word = `${6200 + Math.random()}`;
    const agent = await forkTestAgent(await makeDataDir(), { TAILHERD_NO_CGROUPS: without });
    await agent.set({ name: "kept", start_cmd: `test -e ${agent.dataDir}/go && exec sleep ${word}; exit 0` });
    await agent.act("kept", "start");
    const shim = await shimOf(agent);
    await agent.until("kept", ({ state }) => state === "exited");
    const fork = await forkOf(shim);
    for (const pid of [shim, fork]) process.kill(pid, "SIGSTOP");
    await writeFile(join(agent.dataDir, "go"), "");
    const began = performance.now();
    const refused = await agent.act("kept", "start");
    assert.deepEqual([refused.outcome, /shim did not start it in time/.test(refused.message)], ["failed", true]);
    assert.ok(performance.now() - began < UP_WITHIN);
    while (isAlive(shim) || isAlive(fork)) await new Promise((resolve) => setTimeout(resolve, 10));
    await agent.act("kept", "stop");
    assert.deepEqual(pidsWith(word), []);
    assert.equal((await agent.act("kept", "start")).outcome, "done");
    assert.equal(pidsWith(word).length, 1);
    await agent[Symbol.asyncDispose]();
  }
});

test("a shim of another version is killed at adoption, alone: its service goes on, its end is not guessed, the next start has a new one", async () => {
  // Before versions were told the orders were others: "" is as unknown as a later one.
  for (const [version, damage] of [
    ["", []],
    [" v99", []],
    [" v99", ["state-0.json", "state-1.json"]],
  ] as const) {
    const what = `version "${version}", damaged ${damage.join()}`;
    const word = `${6300 + Math.random()}`;
    let agent = await forkTestAgent(await makeDataDir());
    await agent.set({ name: "kept", start_cmd: `exec sleep ${word}`, restart: { policy: "always" } });
    await agent.act("kept", "start");
    const [pid] = pidsWith(word);
    const run = await runOf(agent);
    const shim = await shimOf(agent);
    await agent.crash();
    const told = await readFile(join(run, "told/shim"), "utf8");
    assert.match(told.split("\n")[0] ?? "", / v1$/);
    await writeFile(join(run, "told/shim"), told.replace(/ v1$/m, version));
    // What a version that we do not know may mean by this is not ours to say.
    await writeFile(join(run, "told/exit"), "1 0\n");
    for (const name of damage) await writeFile(join(run, name), '{"another":"format"}');
    agent = await forkTestAgent(agent.dataDir);
    const adopted = await agent.instance("kept");
    assert.deepEqual([adopted.state, adopted.pid, adopted.generation], ["running", pid, 1], what);
    assert.deepEqual(pidsWith(word), [pid], what);
    process.kill(pid ?? 0, "SIGSEGV");
    const next = await agent.until("kept", (status) => status.state === "running" && status.generation === 2);
    assert.equal(next.last_exit?.cause, "lost", what);
    assert.deepEqual(pidsWith(word), [next.pid], what);
    assert.match((await readFile(join(run, "told/shim"), "utf8")).split("\n")[0] ?? "", / v1$/);
    assert.notEqual(await shimOf(agent), shim);
    while (isAlive(shim)) await new Promise((resolve) => setTimeout(resolve, 10));
    await agent[Symbol.asyncDispose]();
  }
});
