import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { StateFile } from "../../src/agent/supervisor/state-file.ts";
import { forkTestAgent, makeDataDir } from "../support/agent.ts";
import { childrenOf, isAlive, pidsWith } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

/** The parent in a line of /proc/PID/stat. */
function parentOf(stat: string): number {
  return Number(stat.split(") ")[1]?.split(" ")[1]);
}

/** Shims, and the forks that wait for their next orders, once there are so many: an end is told before the fork is made. */
async function shimsOf(dataDir: string, count: number): Promise<number[]> {
  for (;;) {
    const pids = pidsWith(join(dataDir, "agent/run/tailherd-shim")).filter(isAlive);
    if (pids.length === count) return pids;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
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
    const heard = new Map<string, number>();
    const take = (): void => {
      for (const { id, exit } of agent.exitsOf("loops")) {
        assert.ok(heard.get(id) === undefined || heard.get(id) === exit.generation);
        heard.set(id, exit.generation);
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
    // It may have ended again between the two.
    const known = [...heard.values()].filter((generation) => generation <= all.length);
    assert.deepEqual(
      known.toSorted((a, b) => a - b),
      all,
    );
    // When the journal is lost they are all told again, oldest first, also when one of the files that hold them is damaged.
    const run = join(agent.dataDir, "agent/run");
    const key = (await readdir(run)).find((name) => name.startsWith("loops")) ?? "";
    for (const damaged of [[], ["ends-0.json"], ["state-0.json", "state-1.json"]]) {
      for (const name of damaged) await writeFile(join(run, key, name), "{");
      await rm(join(agent.dataDir, "agent/journal"), { recursive: true });
      agent = await forkTestAgent(agent.dataDir);
      const told = agent;
      const old = () => told.exitsOf("loops").filter(({ exit }) => exit.generation <= all.length);
      await agent.until("loops", () => old().length >= all.length);
      const again = old();
      assert.deepEqual(
        again.map(({ exit }) => exit.generation),
        all,
      );
      for (const { id } of again) assert.ok(heard.has(id), "under the same id");
      await agent.crash();
    }
    agent = await forkTestAgent(agent.dataDir);
    await agent[Symbol.asyncDispose]();
  },
);

for (const without of ["", "1"]) {
  const how = without === "" ? "" : " (without cgroups)";
  test(
    `P1: no end is lost, and nothing runs twice, by an agent killed at any moment between a crash and what follows${how}`,
    repeat(times(1, 20), async () => {
      const env = { TAILHERD_NO_CGROUPS: without };
      const dataDir = await makeDataDir();
      const word = `${4300 + Math.random()}`;
      const names = Array.from({ length: 6 }, (_, at) => `s${at}`);
      const backoff = { initial: 0, jitter: 0, reset_after: 0 };
      const told = new Map<string, string>();
      let agent = await forkTestAgent(dataDir, env);
      const take = (): void => {
        for (const name of names) {
          for (const { id, exit } of agent.exitsOf(name)) {
            const end = `${name} ${exit.generation} ${exit.cause} ${exit.signal}`;
            assert.ok(told.get(id) === undefined || told.get(id) === end, `${end}, before ${told.get(id)}`);
            told.set(id, end);
          }
        }
      };
      // Those that have written their line: a launch that is killed before that is a generation too, but leaves none.
      const started = (): number[] => pidsWith(`sleep\u0000${word}`);
      const up = async (): Promise<number[]> => {
        for (const name of names) await agent.until(name, ({ state, pid }) => state === "running" && pid !== null);
        const pids = started();
        assert.equal(pids.length, names.length, "one of each");
        return pids;
      };
      for (const name of names) {
        const start_cmd = `echo >>${dataDir}/${name}; exec sleep ${word}`;
        await agent.set({ name, start_cmd, restart: { policy: "always", max: null, backoff } });
      }
      await Promise.all(names.map((name) => agent.act(name, "start")));
      for (let round = 0; round < 6; round += 1) {
        for (const pid of await up()) process.kill(pid, "SIGKILL");
        // From the crash until what was kept "soon" is kept: a few milliseconds, at each of which it may be killed.
        const dies = performance.now() + Math.random() * 16;
        while (performance.now() < dies);
        await agent.crash();
        take();
        // Those that were started again end too, while nobody looks: of some two ends are untold.
        if (round % 2 === 0) for (const pid of started()) process.kill(pid, "SIGKILL");
        agent = await forkTestAgent(dataDir, env);
      }
      await up();
      const expected: string[] = [];
      for (const name of names) {
        const { generation, restart_count } = await agent.instance(name);
        assert.equal(restart_count, generation - 1, "each restart was counted");
        const starts = (await readFile(join(dataDir, name), "utf8")).length;
        assert.equal(starts, generation, "no generation was started twice, and none was not");
        await agent.until(name, ({ last_exit }) => last_exit?.generation === generation - 1);
        for (let ended = 1; ended < generation; ended += 1) expected.push(`${name} ${ended} signalled SIGKILL`);
      }
      take();
      assert.deepEqual([...told.values()].toSorted(), expected.toSorted());
      await agent[Symbol.asyncDispose]();
      assert.deepEqual(pidsWith(word), []);
    }),
  );

  test(`what an agent ordered right before it died may begin late: it is taken for what it is, wanted or not${how}`, async () => {
    for (const wish of ["running", "stopped"] as const) {
      const env = { TAILHERD_NO_CGROUPS: without };
      const word = `${4400 + Math.random()}`;
      let agent = await forkTestAgent(await makeDataDir(), env);
      const go = join(agent.dataDir, "go");
      const line = `test -e ${go} && exec sleep ${word}; exit 0`;
      await agent.set({ name: "late", start_cmd: line, restart: { policy: "never" } });
      await agent.act("late", "start");
      await agent.until("late", ({ state }) => state === "exited");
      await agent.set({ name: "late", start_cmd: line, restart: { policy: "never" } }, wish);
      const shims = await shimsOf(agent.dataDir, 2);
      for (const pid of shims) process.kill(pid, "SIGSTOP");
      await agent.crash();
      await writeFile(go, "");
      const run = join(agent.dataDir, "agent/run");
      const key = (await readdir(run)).find((name) => name.startsWith("late")) ?? "";
      const orders = await open(join(run, key, "ctl"), "r+");
      await orders.write("\nstart 2\n2\n");
      agent = await forkTestAgent(agent.dataDir, env);
      assert.equal((await agent.instance("late")).state, "exited");
      for (const pid of shims) process.kill(pid, "SIGCONT");
      await orders.close();
      const late = await agent.until("late", ({ state, generation }) => {
        return generation === 2 && state === (wish === "running" ? "running" : "stopped");
      });
      assert.deepEqual(pidsWith(word), wish === "running" ? [late.pid] : []);
      await agent.act("late", "stop");
      assert.deepEqual(pidsWith(word), []);
      assert.deepEqual(
        (await agent.until("late", ({ last_exit }) => last_exit?.generation === 2)).last_exit?.cause,
        "stopped",
      );
      await agent[Symbol.asyncDispose]();
    }
  });

  test(`a fork that waits in a backoff serves the next agent, and no removal leaves one behind${how}`, async () => {
    const env = { TAILHERD_NO_CGROUPS: without };
    let agent = await forkTestAgent(await makeDataDir(), env);
    const gone = async (pids: number[]): Promise<void> => {
      while (pids.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const word = `${4500 + Math.random()}`;
    const backoff = { initial: 2, max: 2, jitter: 0 };
    const restart = { policy: "always", max: null, backoff } as const;
    await agent.set({ name: "waits", start_cmd: `exec sleep ${word}`, restart });
    await agent.act("waits", "start");
    for (const generation of [1, 2]) {
      const { pid } = await agent.until("waits", (status) => {
        return status.state === "running" && status.generation === generation;
      });
      process.kill(pid ?? 0, "SIGKILL");
    }
    await agent.until("waits", ({ state }) => state === "backoff");
    const before = await shimsOf(agent.dataDir, 2);
    await agent.crash();
    agent = await forkTestAgent(agent.dataDir, env);
    const { pid } = await agent.until("waits", ({ state, generation }) => state === "running" && generation === 3);
    assert.deepEqual(pidsWith(word), [pid]);
    assert.ok(pid !== null && before.includes(pid), "the fork became the service");
    process.kill(pid, "SIGKILL");
    await agent.until("waits", ({ state }) => state === "backoff");
    await agent.set({ name: "done", start_cmd: "exit 0" });
    await agent.act("done", "start");
    await agent.set({ name: "bad", start_cmd: "no-such-program" });
    await agent.act("bad", "start");
    await agent.until("bad", ({ state }) => state === "fatal");
    const shims = await shimsOf(agent.dataDir, 6);
    for (const service of ["waits", "done", "bad"]) await agent.call("remove", { service, by: "test" });
    await gone(shims);
    assert.deepEqual(await shimsOf(agent.dataDir, 0), []);
    // Nor where the shim was killed, and its fork waits alone.
    await agent.set({ name: "alone", start_cmd: "exit 0" });
    await agent.act("alone", "start");
    await agent.until("alone", ({ state }) => state === "exited");
    const pair = await shimsOf(agent.dataDir, 2);
    const [shim] = pair.filter((one) => childrenOf(one).length > 0);
    process.kill(shim ?? 0, "SIGKILL");
    await agent.call("remove", { service: "alone", by: "test" });
    await gone(pair);
    await agent[Symbol.asyncDispose]();
  });
}

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
