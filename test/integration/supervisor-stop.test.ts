import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { openTestAgent } from "../support/agent.ts";
import { isAlive, pidsWith, untilPidsWith, zombiesOf } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures", name);

for (const without of ["", "1"]) {
  const how = without === "" ? "where there are cgroups" : "by session and marker";

  test(
    `P4: stop() leaves nothing of what a service forked, ${how}`,
    repeat(times(1, 20), async () => {
      process.env.TAILHERD_NO_CGROUPS = without;
      await using agent = await openTestAgent();
      const word = `word-${crypto.randomUUID()}`;
      await agent.set({ name: "forks", argv: ["/bin/sh", fixture("forks-and-leaves.sh"), word], stop: { grace: 1 } });
      await agent.set({ name: "deaf", argv: ["/bin/sh", fixture("ignores-sigterm.sh"), word], stop: { grace: 0.5 } });
      await Promise.all([agent.act("forks", "start"), agent.act("deaf", "start")]);
      const pids = pidsWith(word);
      assert.ok(pids.length >= 6, `${pids.length} processes`);
      const stopping = Promise.all([agent.act("forks", "stop"), agent.act("deaf", "stop")]);
      const asked = performance.now();
      await agent.call("snapshot", {});
      assert.ok(performance.now() - asked < 250, "answers meanwhile");
      for (const result of await stopping) assert.equal(result.outcome, "done");
      assert.deepEqual(pids.filter(isAlive), []);
      assert.deepEqual(pidsWith(word).filter(isAlive), []);
      assert.deepEqual(zombiesOf([process.pid]), []);
      const deaf = await agent.until("deaf", (status) => status.last_exit !== null);
      assert.equal(deaf.last_exit?.cause, "killed");
      assert.equal(deaf.last_exit.signal, "SIGKILL");
      assert.equal(deaf.last_exit.by, "test");
      assert.equal(deaf.state, "stopped");
    }),
  );

  test(`a crashed generation's children are gone before the next one starts, ${how}`, async () => {
    process.env.TAILHERD_NO_CGROUPS = without;
    await using agent = await openTestAgent();
    const word = `word-${crypto.randomUUID()}`;
    await agent.set({ name: "forks", argv: ["/bin/sh", fixture("forks-and-leaves.sh"), word], stop: { grace: 0.5 } });
    await agent.act("forks", "start");
    const first = pidsWith(word);
    const { pid } = await agent.instance("forks");
    process.kill(pid ?? 0, "SIGKILL");
    const next = await agent.until("forks", (status) => status.generation === 2 && status.state === "running");
    assert.equal(next.last_exit?.cause, "signalled");
    assert.equal(next.last_exit.signal, "SIGKILL");
    assert.deepEqual(first.filter(isAlive), []);
    assert.equal(next.restart_count, 1);
  });
}
process.env.TAILHERD_NO_CGROUPS = "";

test("kill() does not ask, and a service stays stopped", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "k", argv: ["/bin/sh", fixture("ignores-sigterm.sh")], restart: { policy: "always" } });
  await agent.act("k", "start");
  const began = performance.now();
  await agent.act("k", "kill");
  assert.ok(performance.now() - began < 5000);
  const status = await agent.until("k", (status) => status.last_exit !== null);
  assert.equal(status.state, "stopped");
  assert.equal(status.last_exit?.cause, "killed");
});

test("the stop signal reaches the program behind a shell line, and its own exit code is told", async () => {
  await using agent = await openTestAgent();
  const line = `trap 'exit 5' INT; echo up; while :; do sleep 0.05; done`;
  await agent.set({ name: "t", start_cmd: line, stop: { signal: "SIGINT", grace: 5 } });
  await agent.act("t", "start");
  await agent.act("t", "stop");
  const { last_exit } = await agent.until("t", (status) => status.last_exit !== null);
  assert.equal(last_exit?.cause, "stopped");
  assert.equal(last_exit.code, 5);
  assert.deepEqual(last_exit.last_lines, ["up"]);
});

test(
  "P5: twenty parallel starts or restarts end in exactly one process",
  repeat(times(1, 20), async () => {
    await using agent = await openTestAgent();
    const word = `${3700 + Math.random()}`;
    await agent.set({ name: "one", start_cmd: `sleep ${word}` });
    const many = Array.from({ length: 20 }, () => agent.act("one", "start"));
    for (const result of await Promise.all(many)) assert.equal(result.outcome, "done", result.message);
    assert.equal(pidsWith(word).length, 1);
    await Promise.all(Array.from({ length: 20 }, () => agent.act("one", "restart")));
    const [pid, ...others] = pidsWith(word);
    assert.deepEqual(others, []);
    const status = await agent.instance("one");
    assert.equal(status.state, "running");
    assert.equal(status.pid, pid);
    await Promise.all(
      (["start", "stop", "restart", "kill", "start"] as const).map((action) => agent.act("one", action)),
    );
    assert.equal(pidsWith(word).length, 1);
  }),
);

test("a removal sends away whoever listens in its directory, also a shim that came when nobody waited for it any more", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "gone", start_cmd: "sleep 3600" });
  const root = join(agent.dataDir, "agent/run");
  const key = readdirSync(root).find((name) => name.startsWith("gone"));
  assert.ok(key);
  const script = join(root, "tailherd-shim");
  // As a starter does it on a machine so busy that the agent has given this shim up before it tells of itself.
  const batch = join(agent.dataDir, "batch");
  writeFileSync(batch, `mkfifo ${join(root, key, "ctl")}; shim ${join(root, key)}\n`);
  const input = openSync(batch, "r");
  spawn("/bin/sh", [script], { stdio: [input, "ignore", "ignore"], detached: true });
  closeSync(input);
  try {
    await untilPidsWith(script, 2);
    while (readFileSync(join(root, key, "told/shim"), "utf8").trim() === "") await pause(10);
    await agent.call("remove", { service: "gone", by: "test" });
    await untilPidsWith(script, 0);
  } finally {
    for (const pid of pidsWith(script)) process.kill(pid, "SIGKILL");
  }
});
