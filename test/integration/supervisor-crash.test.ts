import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { serviceSpecSchema } from "../../src/contract/service.ts";
import { openTestAgent } from "../support/agent.ts";
import { needs } from "../support/needs.ts";
import { isAlive, pidsWith } from "../support/processes.ts";
import { repeat, times } from "../support/soak.ts";

const fixture = (name: string): string => join(import.meta.dirname, "../fixtures", name);

test(
  "P6: a crash loop is bounded whatever the definition says, and ends fatal with the reason",
  repeat(times(1, 10), async () => {
    await using agent = await openTestAgent();
    const file = join(agent.dataDir, "starts");
    const wild = { initial: 0, jitter: 0, reset_after: 0 };
    await agent.set({
      name: "wild",
      argv: ["/bin/sh", fixture("crash-loop.sh"), file],
      restart: { policy: "always", max: null, backoff: wild },
    });
    assert.equal((await agent.act("wild", "start")).outcome, "failed");
    const paused = await agent.until(
      "wild",
      (status) => status.state === "backoff" && Date.parse(status.next_start_at ?? "") > Date.now() + 12_000,
    );
    assert.match(paused.reason ?? "", /^exit 1/);
    assert.equal((await readFile(file, "utf8")).trim().split("\n").length, 15);
    const tame = { name: "tame", start_cmd: "exit 3", restart: { max: 2, backoff: { initial: 0.05 } } };
    await agent.set(tame, "running");
    // It is wanted, so it starts by itself; being asked to start again would begin the count anew.
    const fatal = await agent.until("tame", (status) => status.state === "fatal");
    assert.match(fatal.reason ?? "", /^exit 3, 2 restarts in a row within \d+ s; gave up$/);
    assert.equal(fatal.generation, 3);
  }),
);

test("P6: an end by the memory limit is called one", async (t) => {
  await using agent = await openTestAgent();
  const limits = { memory: "32M", pids: 20 };
  await agent.set({ name: "eats", argv: ["/bin/sh", fixture("eats-memory.sh")], limits, restart: { policy: "never" } });
  const started = await agent.act("eats", "start");
  if (/not available|no cgroup/.test(started.message)) {
    if (process.env.TAILHERD_NO_SKIP === "1") throw new Error(started.message);
    t.skip(started.message);
    return;
  }
  const { last_exit } = await agent.until("eats", (status) => status.last_exit !== null);
  assert.equal(last_exit?.cause, "oom");
  assert.match(last_exit.message, /out of memory \(limit 32 MiB\)/);
});

test("limits.cpu holds a service that would take a whole core", async (t) => {
  await using agent = await openTestAgent();
  const spec = serviceSpecSchema.parse({ name: "busy", start_cmd: "while :; do :; done", limits: { cpu: 0.1 } });
  const { problems } = await agent.call("check_spec", { spec });
  if (!needs(t, !problems.some(({ path }) => path === "limits.cpu"), "cgroup controller for CPU time")) return;
  await agent.set(spec);
  assert.equal((await agent.act("busy", "start")).outcome, "done");
  const { pid } = await agent.instance("busy");
  const watched = 2000;
  const before = await cpuTicks(pid);
  // Not a wait for something: the time it is measured over.
  await new Promise((resolve) => setTimeout(resolve, watched));
  const used = ((await cpuTicks(pid)) - before) * 10;
  assert.ok(used <= watched * 0.2, `${used} ms of CPU time in ${watched}`);
});

/** User and system time of a process, in hundredths of a second. */
async function cpuTicks(pid: number | null): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ");
  return Number(fields?.[11]) + Number(fields?.[12]);
}

test("a limit that the machine cannot hold is refused with the reason, not ignored", async () => {
  process.env.TAILHERD_NO_CGROUPS = "1";
  await using agent = await openTestAgent();
  process.env.TAILHERD_NO_CGROUPS = "";
  await agent.set({ name: "limited", start_cmd: "sleep 3600", limits: { memory: "64M" } });
  const result = await agent.act("limited", "start");
  assert.equal(result.outcome, "failed");
  assert.match(result.message, /limit memory: this machine has no cgroup/);
  assert.match((await agent.instance("limited")).limits_note ?? "", /limit memory/);
});

test("policies: never leaves it, on-failure leaves a clean end, always restarts it", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "never", start_cmd: "sleep 0.3; exit 4", restart: { policy: "never" } });
  await agent.set({ name: "clean", start_cmd: "sleep 0.3; exit 0" });
  await agent.set({ name: "always", start_cmd: "sleep 0.3; exit 0", restart: { policy: "always" } });
  await Promise.all(["never", "clean", "always"].map((name) => agent.act(name, "start")));
  assert.equal((await agent.until("never", (status) => status.state === "exited")).reason, "exit 4");
  assert.equal((await agent.until("clean", (status) => status.state === "exited")).reason, "exit 0");
  await agent.until("always", (status) => status.generation > 1);
});

test("a killed shim costs only the exit code: its service goes on, is never doubled, and its end is seen", async () => {
  await using agent = await openTestAgent();
  await agent.call("apply", { services: [], update_interval_ms: 100 });
  const word = `${3800 + Math.random()}`;
  await agent.set({ name: "orphan", start_cmd: `sleep ${word}` });
  await agent.act("orphan", "start");
  const { pid } = await agent.instance("orphan");
  const shim = Number((await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ")[1]);
  process.kill(shim, "SIGKILL");
  assert.ok(pid !== null && isAlive(pid));
  assert.equal((await agent.act("orphan", "start")).outcome, "done");
  assert.deepEqual(pidsWith(word), [pid]);
  process.kill(pid, "SIGKILL");
  const next = await agent.until("orphan", (status) => status.state === "running" && status.pid !== pid);
  assert.equal(next.last_exit?.cause, "lost");
  assert.deepEqual(pidsWith(word), [next.pid]);
  assert.equal((await agent.act("orphan", "stop")).outcome, "done");
  assert.deepEqual(pidsWith(word), []);
});

test("a service removed and added again at once is a new one", async () => {
  await using agent = await openTestAgent();
  const word = `${3950 + Math.random()}`;
  await agent.set({ name: "again", start_cmd: `sleep ${word}` });
  await agent.act("again", "start");
  const removing = agent.call("remove", { service: "again", by: "test" });
  await agent.set({ name: "again", start_cmd: `sleep ${word}` });
  await removing;
  assert.equal((await agent.act("again", "start")).outcome, "done");
  const status = await agent.instance("again");
  assert.equal(status.generation, 1);
  assert.deepEqual(pidsWith(word), [status.pid]);
});

test("what something else started is shown as external, not doubled, and can be stopped", async () => {
  await using agent = await openTestAgent();
  await agent.call("apply", { services: [], update_interval_ms: 100 });
  const word = `${3900 + Math.random()}`;
  // A child of ours is ours: only one that has left us is a stranger.
  const stranger = spawn("/bin/sh", ["-c", `setsid sleep ${word}9 >/dev/null 2>&1 &`], { stdio: "ignore" });
  await once(stranger, "exit");
  // Also where it is desired: a second one beside it is never right.
  await agent.set({ name: "ext", start_cmd: "sleep 3600", match_keywords: [`${word}9`] }, "running");
  const shown = await agent.until("ext", (status) => status.state === "external");
  assert.deepEqual(pidsWith(`${word}9`), [shown.pid]);
  const refused = await agent.act("ext", "start");
  assert.equal(refused.outcome, "refused");
  assert.match(refused.message, /started by something else/);
  await agent.set({ name: "ext", match_keywords: [`${word}9`] });
  const left = await agent.act("ext", "restart");
  assert.equal(left.outcome, "refused", "there is no command to start it again with");
  assert.match(left.message, /only keywords to find it by/);
  assert.deepEqual(pidsWith(`${word}9`), [shown.pid]);
  assert.equal((await agent.act("ext", "stop")).outcome, "done");
  assert.deepEqual(pidsWith(`${word}9`).filter(isAlive), []);
});
