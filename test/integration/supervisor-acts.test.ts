// Acts that meet what goes on already: the wish that comes with them, starts that are under way, crashes, backoffs, other acts.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { DesiredService } from "../../src/contract/agent.ts";
import { forkTestAgent, makeDataDir, openTestAgent } from "../support/agent.ts";
import { isAlive, pidsWith } from "../support/processes.ts";

test("a start brings its wish along: acted on once, under its actor, also where the process ends at once", async () => {
  await using agent = await openTestAgent();
  const starts = join(agent.dataDir, "starts");
  for (let round = 1; round <= 5; round += 1) {
    await agent.set({ name: "brief", start_cmd: `echo x >>${starts}`, description: `round ${round}` });
    assert.match((await agent.act("brief", "start", { by: `alice ${round}` })).message, /ended with exit 0/);
    // Whatever else looks at it later: it is wanted, but its end was left so.
    await agent.call("set", { service: await desiredOf(agent.dataDir, "brief") });
    assert.equal((await readFile(starts, "utf8")).length, 2 * round);
    const begun = agent.events.filter((event) => event.type === "instance.state" && event.state === "starting");
    assert.deepEqual([begun.length, begun.at(-1)?.by], [round, `alice ${round}`]);
  }
});

test("P7: the wish of an act is on the agent's disk when it is answered, and when the agent dies before it is", async () => {
  const word = `${7100 + Math.random()}`;
  let agent = await forkTestAgent(await makeDataDir());
  await agent.set({ name: "kept", start_cmd: `sleep ${word}` });
  await agent.act("kept", "start");
  await agent.crash();
  assert.equal((await desiredOf(agent.dataDir, "kept")).desired, "running");
  agent = await forkTestAgent(agent.dataDir);
  const [pid] = pidsWith(word);
  assert.equal((await agent.instance("kept")).pid, pid);
  await agent.set({ name: "deaf", start_cmd: `trap '' TERM; while :; do sleep 1; done; # ${word}-deaf` });
  await agent.act("deaf", "start");
  // Its grace is ten seconds: the agent is dead long before the stop is done, and the next one goes on with it.
  agent.act("deaf", "stop").catch(() => undefined);
  await agent.until("deaf", ({ state }) => state === "stopping");
  await agent.crash();
  assert.equal((await desiredOf(agent.dataDir, "deaf")).desired, "stopped");
  agent = await forkTestAgent(agent.dataDir);
  await agent.until("deaf", ({ state }) => state === "stopping");
  const began = performance.now();
  assert.equal((await agent.act("deaf", "kill")).outcome, "done");
  assert.ok(performance.now() - began < 9000, "a kill does not wait for the grace of a stop");
  assert.deepEqual(pidsWith(`${word}-deaf`), []);
  await agent[Symbol.asyncDispose]();
});

test("stop() does not wait for a start that goes on: its hook is ended, and who waited for it is told", async () => {
  await using agent = await openTestAgent();
  const word = `${7200 + Math.random()}`;
  await agent.set({ name: "slow", start_cmd: "sleep 3600", hooks: { pre_start: `sleep ${word}`, timeout: 300 } });
  const starting = agent.act("slow", "start");
  await agent.until("slow", ({ state, pid }) => state === "starting" && pid !== null);
  const began = performance.now();
  assert.equal((await agent.act("slow", "stop", { by: "bob" })).outcome, "done");
  assert.ok(performance.now() - began < 10_000, "long before the hook's time is over, and before the grace");
  const answer = await starting;
  assert.deepEqual([answer.outcome, answer.message], ["failed", "Cannot start slow: stopped by bob"]);
  assert.equal((await agent.instance("slow")).state, "stopped");
  assert.deepEqual(pidsWith(word), []);
});

test("a stop right behind a start, in the same turn, leaves nothing, without waiting for the grace", async () => {
  await using agent = await openTestAgent();
  const word = `${7300 + Math.random()}`;
  for (let round = 0; round < 20; round += 1) {
    // A program, and a shell that stays around one.
    const start_cmd = round % 2 === 0 ? `sleep ${word}` : `sleep ${word}; true`;
    await agent.set({ name: "quick", start_cmd, stop: { grace: 60 } });
    const [, stopped] = await Promise.all([agent.act("quick", "start"), agent.act("quick", "stop")]);
    assert.equal(stopped.outcome, "done");
    assert.equal((await agent.instance("quick")).state, "stopped");
    assert.deepEqual(pidsWith(word), []);
  }
});

test("a restart of what can no longer be started is refused, and leaves it as it is", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "was", start_cmd: "sleep 3600" });
  await agent.act("was", "start");
  const { pid } = await agent.instance("was");
  await agent.set({ name: "was", match_keywords: ["no such program anywhere"] });
  const refused = await agent.act("was", "restart");
  assert.equal(refused.outcome, "refused");
  assert.match(refused.message, /only keywords to find it by/);
  const { state, pid: left } = await agent.instance("was");
  assert.deepEqual([state, left], ["running", pid]);
  assert.equal((await agent.act("was", "stop")).outcome, "done");
});

test("a kill cuts the grace of every stop before it, also of one that has not begun, and a removal comes right after", async () => {
  await using agent = await openTestAgent();
  const word = `${7600 + Math.random()}`;
  const deaf = { start_cmd: `trap '' TERM; while :; do sleep 1; done; # ${word}`, stop: { grace: 3000 } };
  for (const before of [["stop"], ["stop", "restart", "stop"], ["restart", "stop"], ["restart"]] as const) {
    await agent.set({ name: "deaf", ...deaf });
    await agent.act("deaf", "start");
    const acts = before.map((action) => agent.act("deaf", action));
    if (before.length === 1) await agent.until("deaf", ({ state }) => state === "stopping");
    const killed = agent.act("deaf", "kill");
    const removed = agent.call("remove", { service: "deaf", by: "test" });
    assert.equal((await killed).outcome, "done", before.join());
    assert.equal((await removed).outcome, "done", before.join());
    await Promise.all(acts);
    assert.deepEqual(pidsWith(word), [], before.join());
  }
});

test("a kill cuts the grace that a stop gives to what something else started", async () => {
  await using agent = await openTestAgent();
  await agent.call("apply", { services: [], update_interval_ms: 100 });
  const word = `word-${crypto.randomUUID()}`;
  const line = `trap '' TERM; while :; do sleep 1; done # ${word}`;
  const stranger = spawn("/bin/sh", ["-c", `setsid /bin/sh -c "$0" >/dev/null 2>&1 &`, line], { stdio: "ignore" });
  await once(stranger, "exit");
  await agent.set({ name: "ext", match_keywords: [word], stop: { grace: 3000 } });
  await agent.until("ext", ({ state }) => state === "external");
  const stopped = agent.act("ext", "stop");
  const killed = agent.act("ext", "kill");
  assert.deepEqual([(await stopped).outcome, (await killed).outcome], ["done", "done"]);
  assert.deepEqual(pidsWith(word).filter(isAlive), []);
});

test("an instance stopped by hand stays so through changes, restarts of the rest and agents; its start, or that of all, brings it back", async () => {
  const word = `${7500 + Math.random()}`;
  let agent = await forkTestAgent(await makeDataDir());
  const states = async (): Promise<string[]> => {
    const { instances } = await agent.call("snapshot", {});
    return instances.toSorted((a, b) => a.index - b.index).map(({ state }) => state);
  };
  await agent.set({ name: "many", start_cmd: `sleep ${word}`, instances: 3 });
  assert.equal((await agent.act("many", "start")).count, 3);
  assert.equal((await agent.act("many", "stop", { index: 1 })).count, 1);
  await agent.set({ name: "many", start_cmd: `sleep ${word}`, instances: 3, description: "changed" });
  assert.equal((await agent.act("many", "restart")).count, 2);
  assert.deepEqual(await states(), ["running", "stopped", "running"]);
  await agent.crash();
  agent = await forkTestAgent(agent.dataDir);
  await agent.set({ name: "many", start_cmd: `sleep ${word}`, instances: 4 });
  await agent.until("many", ({ state }) => state === "running", 3);
  assert.deepEqual(await states(), ["running", "stopped", "running", "running"]);
  assert.equal(pidsWith(word).length, 3);
  await agent.act("many", "start", { index: 1 });
  assert.equal(pidsWith(word).length, 4);
  await agent.act("many", "kill", { index: 2 });
  assert.equal((await agent.act("many", "start")).outcome, "done");
  assert.deepEqual(await states(), ["running", "running", "running", "running"]);
  await agent.act("many", "stop");
  await agent.act("many", "start", { index: 2 });
  await agent.set({ name: "many", start_cmd: `sleep ${word}`, instances: 4, description: "changed again" });
  assert.deepEqual(await states(), ["stopped", "stopped", "running", "stopped"]);
  await agent[Symbol.asyncDispose]();
  assert.deepEqual(pidsWith(word), []);
});

test("what is set right behind an apply stays, whatever that has to keep first", async () => {
  await using agent = await openTestAgent();
  const applied = agent.call("apply", { services: [], tasks: [], update_interval_ms: 1000 });
  await Promise.all([applied, agent.set({ name: "late", start_cmd: "sleep 3600" }, "running")]);
  await agent.until("late", ({ state }) => state === "running");
  await agent.call("apply", { services: [], tasks: [], update_interval_ms: 1000 });
  assert.deepEqual((await agent.call("snapshot", {})).instances, []);
});

test("P5: whatever acts meet crashes and backoffs, it ends as the last act says", async () => {
  await using agent = await openTestAgent();
  const word = `${7400 + Math.random()}`;
  // Lives for a moment, leaves a child behind, and crashes: there is always a sweep, a backoff or a start under way.
  const line = `sleep ${word} & sleep 0.0$((RANDOM_DIGIT % 8 + 1)); exit 1`;
  const names = ["a", "b", "c"];
  for (const [at, name] of names.entries()) {
    const restart = { policy: "always", max: null, backoff: { initial: 0.01, max: 0.02 } } as const;
    await agent.set({ name, start_cmd: line.replace("RANDOM_DIGIT", String(at * 3)), restart, stop: { grace: 1 } });
  }
  const actions = ["start", "stop", "restart", "kill", "start", "restart", "stop"] as const;
  await Promise.all(
    names.map(async (name) => {
      for (let round = 0; round < 25; round += 1) {
        const acts = [
          agent.act(name, actions[round % 7] ?? "start"),
          agent.act(name, actions[(round * 3) % 7] ?? "stop"),
        ];
        // Some wait for their answer, some do not.
        if (round % 4 === 0) await Promise.all(acts);
        else await acts[0];
      }
      await agent.act(name, "stop");
    }),
  );
  for (const name of names) assert.equal((await agent.instance(name)).state, "stopped");
  assert.deepEqual(pidsWith(word), [], "nothing is left, and nothing comes back");
  for (const name of names) {
    await agent.set({ name, start_cmd: `sleep ${word}` });
    assert.equal((await agent.act(name, "start")).outcome, "done");
  }
  assert.equal(pidsWith(word).length, names.length);
});

/** A service as the agent keeps it. */
async function desiredOf(dataDir: string, name: string): Promise<DesiredService> {
  const text = await readFile(join(dataDir, "agent/desired.json"), "utf8");
  const { services } = JSON.parse(text) as { services: DesiredService[] };
  const found = services.find(({ spec }) => spec.name === name);
  assert.ok(found !== undefined);
  return found;
}
