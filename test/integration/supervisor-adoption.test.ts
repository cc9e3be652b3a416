import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { StateFile } from "../../src/agent/supervisor/state-file.ts";
import { forkTestAgent, makeDataDir } from "../support/agent.ts";
import { isAlive, pidsWith } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

/** The parent in a line of /proc/PID/stat. */
function parentOf(stat: string): number {
  return Number(stat.split(") ")[1]?.split(" ")[1]);
}

const SERVICES = times(10, 50);
const KILLS = times(3, 20);

for (const without of ["", "1"]) {
  const how = without === "" ? "" : " (without cgroups)";
  test(`P1: services outlive an agent that is killed, and are adopted, ${SERVICES} services × ${KILLS} kills${how}`, async () => {
    const env = { TAILHERD_NO_CGROUPS: without };
    const dataDir = await makeDataDir();
    const word = `${4000 + Math.random()}`;
    const names = Array.from({ length: SERVICES }, (_, at) => `s${at}`);
    let agent = await forkTestAgent(dataDir, env);
    for (const name of names) await agent.set({ name, start_cmd: `sleep ${word}`, restart: { policy: "always" } });
    for (const result of await Promise.all(names.map((name) => agent.act(name, "start")))) {
      assert.equal(result.outcome, "done", result.message);
    }
    const pids = pidsWith(word);
    assert.equal(pids.length, SERVICES);
    for (let round = 0; round < KILLS; round += 1) {
      await agent.crash();
      assert.deepEqual(pidsWith(word), pids, "none died");
      const began = performance.now();
      agent = await forkTestAgent(dataDir, env);
      const { instances } = await agent.call("snapshot", {});
      assert.ok(performance.now() - began < 5000);
      assert.deepEqual(new Set(instances.map(({ pid }) => pid)), new Set(pids), "all adopted");
      assert.ok(instances.every(({ state, generation }) => state === "running" && generation === 1));
    }
    assert.deepEqual(pidsWith(word), pids, "none started twice");
    await agent[Symbol.asyncDispose]();
    assert.deepEqual(pidsWith(word), []);
  });
}

test("P1: ends that fell in the gap are known by code and signal, told once more under the same id, and the policy goes on", async () => {
  const dataDir = await makeDataDir();
  const flag = join(dataDir, "go");
  let agent = await forkTestAgent(dataDir);
  const waits = `while [ ! -e ${flag} ]; do sleep 0.02; done; exit 7`;
  await agent.set({ name: "code", start_cmd: waits, restart: { policy: "never" } });
  await agent.set({ name: "signal", start_cmd: "sleep 3600" });
  await agent.set({ name: "stopped", start_cmd: "sleep 3600" }, "stopped");
  await Promise.all([agent.act("code", "start"), agent.act("signal", "start")]);
  const { pid } = await agent.instance("signal");
  const codePid = (await agent.instance("code")).pid ?? 0;
  await agent.crash();
  process.kill(pid ?? 0, "SIGSEGV");
  await writeFile(flag, "");
  while (isAlive(codePid)) await new Promise((resolve) => setTimeout(resolve, 10));
  agent = await forkTestAgent(dataDir);
  const code = await agent.until("code", (status) => status.last_exit !== null);
  assert.equal(code.state, "exited");
  assert.equal(code.last_exit?.code, 7);
  const signal = await agent.until("signal", (status) => status.state === "running" && status.generation === 2);
  assert.equal(signal.last_exit?.signal, "SIGSEGV");
  assert.equal((await agent.instance("stopped")).state, "stopped");
  const ids = agent.exitsOf("code").map(({ id }) => id);
  await agent.crash();
  agent = await forkTestAgent(dataDir);
  assert.equal((await agent.instance("code")).state, "exited");
  assert.equal(new Set([...ids, ...agent.exitsOf("code").map(({ id }) => id)]).size, 1);
  await agent[Symbol.asyncDispose]();
});

test(
  "P1: no end is lost by agents that are killed while a service crashes; each is told again under the same id",
  { timeout: 60_000 },
  async () => {
    let agent = await forkTestAgent(await makeDataDir());
    const restart = { policy: "always", max: null, backoff: { initial: 0.01, max: 0.05, reset_after: 0 } } as const;
    await agent.set({ name: "loops", start_cmd: "sleep 0.05; exit 3", restart });
    await agent.act("loops", "start");
    const told = new Map<string, number>();
    const take = (): void => {
      for (const { id, exit } of agent.exitsOf("loops")) {
        assert.ok(told.get(id) === undefined || told.get(id) === exit.generation);
        told.set(id, exit.generation);
        assert.deepEqual([exit.cause, exit.code], ["exited", 3]);
      }
    };
    for (const generation of [2, 4, 5, 7]) {
      await agent.until("loops", (status) => status.generation >= generation);
      await agent.crash();
      take();
      agent = await forkTestAgent(agent.dataDir);
    }
    await agent.until("loops", (status) => (status.last_exit?.generation ?? 0) >= 8);
    const { last_exit } = await agent.instance("loops");
    await agent.crash();
    take();
    const all = Array.from({ length: last_exit?.generation ?? 0 }, (_, at) => at + 1);
    assert.deepEqual(
      [...told.values()].toSorted((a, b) => a - b),
      all,
    );
    // Whoever listens anew hears them all again, oldest first, also when one of the files that hold them is damaged.
    const run = join(agent.dataDir, "agent/run");
    const key = (await readdir(run)).find((name) => name.startsWith("loops")) ?? "";
    for (const damaged of [[], ["ends-0.json"], ["state-0.json", "state-1.json"]]) {
      for (const name of damaged) await writeFile(join(run, key, name), "{");
      agent = await forkTestAgent(agent.dataDir);
      await agent.instance("loops");
      const again = agent.exitsOf("loops").filter(({ exit }) => exit.generation <= all.length);
      assert.deepEqual(
        again.map(({ exit }) => exit.generation),
        all,
      );
      for (const { id } of again) assert.ok(told.has(id), "under the same id");
      await agent.crash();
    }
    agent = await forkTestAgent(agent.dataDir);
    await agent[Symbol.asyncDispose]();
  },
);

test(
  "P3: state files that point at a bystander send it no signal",
  repeat(times(1, 20), async () => {
    const dataDir = await makeDataDir();
    const bystander = spawn("sleep", ["3600"], { stdio: "ignore" });
    const exited = once(bystander, "exit");
    let agent = await forkTestAgent(dataDir);
    await agent.set({ name: "victim", start_cmd: "sleep 3600", restart: { policy: "never" } });
    await agent.act("victim", "start");
    const { pid } = await agent.instance("victim");
    assert.ok(pid !== null && bystander.pid !== undefined);
    await agent.crash();
    // No shim and no process, and a stranger under the recorded pid: what a wrapped pid counter leaves.
    process.kill(parentOf(await readFile(`/proc/${pid}/stat`, "utf8")), "SIGKILL");
    process.kill(pid, "SIGKILL");
    const run = join(dataDir, "agent/run");
    const key = (await readdir(run)).find((name) => name.startsWith("victim")) ?? "";
    const other = String(bystander.pid);
    const told = join(run, key, "told/pid");
    await writeFile(told, (await readFile(told, "utf8")).replaceAll(new RegExp(`\\b${pid}\\b`, "g"), other));
    const state = new StateFile(join(run, key));
    const read = state.read();
    assert.ok(read.outcome === "read");
    state.write(JSON.parse(JSON.stringify(read.record).replaceAll(`"pid":${pid},`, `"pid":${other},`)) as object);
    agent = await forkTestAgent(dataDir);
    const found = await agent.until("victim", (status) => status.last_exit !== null);
    assert.equal(found.state, "exited");
    assert.equal(found.last_exit?.cause, "lost");
    for (const action of ["stop", "kill", "restart", "stop"] as const) await agent.act("victim", action);
    await agent[Symbol.asyncDispose]();
    assert.ok(isAlive(bystander.pid));
    bystander.kill("SIGKILL");
    await exited;
  }),
);

test("P8: damaged state files cost no running service: it is adopted, and the damaged file is kept", async () => {
  for (const damage of ["", "half"]) {
    const dataDir = await makeDataDir();
    const word = `${5000 + Math.random()}`;
    let agent = await forkTestAgent(dataDir);
    await agent.set({ name: "kept", start_cmd: `sleep ${word}` });
    await agent.act("kept", "start");
    const [pid] = pidsWith(word);
    await agent.crash();
    const file = join(dataDir, "agent/desired.json");
    const text = await readFile(file, "utf8");
    await writeFile(file, damage === "" ? "" : text.slice(0, text.length / 2));
    await rm(`${file}.previous`, { force: true });
    agent = await forkTestAgent(dataDir);
    const status = await agent.instance("kept");
    assert.equal(status.state, "running");
    assert.equal(status.pid, pid);
    const files = await readdir(join(dataDir, "agent"));
    assert.ok(files.some((name) => name.startsWith("desired.json.damaged-")));
    await agent[Symbol.asyncDispose]();
  }
});
