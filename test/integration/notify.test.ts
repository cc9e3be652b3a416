import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { ServiceInput } from "../../src/contract/service.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";
import { needs } from "../support/needs.ts";

const SPEAKER = join(import.meta.dirname, "../fixtures/says-notify.pl");
const UP = { name: "up", kind: "notify", role: "startup", interval: 0.5, failures: 80 } as const;
const PINGS = { name: "pings", kind: "notify", within: 1, interval: 0.5, failures: 1 } as const;

/** A service that says what is written into its file. */
function speaker(
  name: string,
  dataDir: string,
  more: Partial<ServiceInput>,
): { spec: ServiceInput; say: (line: string) => void } {
  const told = join(dataDir, `told-${name}`);
  writeFileSync(told, "");
  return { spec: { name, argv: ["perl", SPEAKER, told], ...more }, say: (line) => appendFileSync(told, `${line}\n`) };
}

/** What it printed, as soon as one of the lines is as wanted. */
async function linesOf(agent: TestAgent, service: string, wanted: RegExp): Promise<string[]> {
  for (;;) {
    const { lines } = await agent.call("read_output", { service, index: 0, limit: 100 });
    const texts = lines.map(({ text }) => text);
    if (texts.some((text) => wanted.test(text))) return texts;
    await agent.noticed(50);
  }
}

/** What the program found in its environment: its pid, then the three names. */
async function environmentOf(agent: TestAgent, service: string): Promise<string[]> {
  const lines = await linesOf(agent, service, /^env /);
  return (
    lines
      .findLast((line) => line.startsWith("env "))
      ?.split(" ")
      .slice(1) ?? []
  );
}

function helperOf(dataDir: string): number[] {
  const { stdout } = spawnSync("pgrep", ["-f", `perl ${dataDir}/agent/tailherd-notify`], { encoding: "utf8" });
  return stdout.split("\n").filter(Boolean).map(Number);
}

test("a service is starting until it says READY=1, and what it says of itself is shown", async () => {
  await using agent = await openTestAgent();
  const { spec, say } = speaker("slow", agent.dataDir, { checks: [UP] });
  await agent.set(spec, "running");
  const starting = await agent.until("slow", ({ state, reason }) => state === "starting" && reason !== null);
  assert.equal(starting.reason, "check up has not passed yet");
  say(String.raw`STATUS=Loading 3 of 10\nX_OTHER=1`);
  await agent.until("slow", ({ checks }) => checks[0]?.reason === "says: Loading 3 of 10");
  say(String.raw`READY=1\nSTATUS=Serving`);
  const up = await agent.until(
    "slow",
    ({ state, checks }) => state === "running" && checks[0]?.reason === "says: Serving",
  );
  assert.deepEqual([up.ready, up.pid, up.checks[0]?.state], [true, starting.pid, "passing"]);
  say("RELOADING=1");
  await agent.until("slow", ({ checks }) => checks[0]?.reason === "reloading; says: Serving");
  assert.equal((await agent.act("slow", "restart")).outcome, "done");
  const again = await agent.until("slow", ({ generation, state }) => generation === 2 && state === "running");
  assert.notEqual(again.pid, up.pid, "the file is read from its beginning: it says READY=1 again");
  // Words that wait to be told when it stops keep no later ones from being told.
  await agent.act("slow", "stop");
  await agent.act("slow", "start");
  await agent.until("slow", ({ generation, state }) => generation === 3 && state === "running");
  say(String.raw`READY=1\nSTATUS=Back`);
  await agent.until("slow", ({ checks }) => checks[0]?.reason === "says: Back");
});

test("a service that misses its watchdog is unhealthy and restarted by its policy; its program is told what is asked of it", async () => {
  await using agent = await openTestAgent();
  const { spec, say } = speaker("dog", agent.dataDir, {
    hooks: { pre_start: 'echo "hook ${NOTIFY_SOCKET:-none} ${WATCHDOG_PID:-none} ${tailherd_pid:-none}"' },
    restart: { policy: "always", backoff: { initial: 0.1 } },
    checks: [UP, PINGS],
  });
  say("env");
  say(String.raw`READY=1\nSTATUS=Asleep`);
  await agent.set(spec, "running");
  const first = await agent.until("dog", ({ state }) => state === "running");
  assert.ok((await linesOf(agent, "dog", /^hook/)).includes("hook none none none"));
  const [pid, socket = "", usec, watched] = await environmentOf(agent, "dog");
  assert.deepEqual([Number(pid), usec, watched], [first.pid, "1000000", pid]);
  assert.ok(socket.startsWith(agent.dataDir) && existsSync(socket));
  const again = await agent.until("dog", ({ generation, last_exit }) => generation > 1 && last_exit !== null);
  assert.equal(again.last_exit?.cause, "check_failed");
  assert.match(again.last_exit.message, /^failed check pings: no WATCHDOG=1 for [\d.]+ s; says: Asleep; ended/);
  assert.ok(agent.events.some((event) => event.type === "instance.state" && event.state === "unhealthy"));
  await agent.act("dog", "stop");
  assert.ok(!existsSync(socket), "nobody listens for what is stopped");
  while (helperOf(agent.dataDir).length > 0) await agent.noticed(20);
});

test("WATCHDOG=trigger fails at once, however patient the check is", async () => {
  await using agent = await openTestAgent();
  const { spec, say } = speaker("ill", agent.dataDir, {
    // A shell stays before the program: the watchdog is for whoever takes it.
    argv: undefined,
    start_cmd: `perl ${SPEAKER} ${join(agent.dataDir, "told-ill")}; exit 3`,
    restart: { policy: "never" },
    checks: [{ ...PINGS, within: 3600, interval: 600, failures: 50 }],
  });
  say("env");
  await agent.set(spec, "running");
  await agent.until("ill", ({ checks }) => checks[0]?.state === "passing");
  assert.deepEqual((await environmentOf(agent, "ill")).slice(2), ["3600000000", "-"]);
  say("WATCHDOG=trigger");
  const ill = await agent.until("ill", ({ state }) => state === "unhealthy");
  assert.equal(ill.reason, "failed check pings: it said WATCHDOG=trigger");
  say("READY=1");
  await agent.until("ill", ({ state, reason }) => state === "running" && reason === null);
});

test("over the death of the agent what was said is still thought, and the next one listens at the same place", async () => {
  const dataDir = await makeDataDir();
  const first = await forkTestAgent(dataDir);
  const told = speaker("told", dataDir, { checks: [UP, { ...PINGS, within: 600 }] });
  const slow = speaker("slow", dataDir, { checks: [{ ...UP, failures: 2 }] });
  told.say(String.raw`READY=1\nSTATUS=Serving`);
  await first.set(told.spec, "running");
  await first.set(slow.spec, "stopped");
  const up = await first.until(
    "told",
    ({ state, checks }) =>
      state === "running" && checks[1]?.state === "passing" && checks[1].reason === "says: Serving",
  );
  const starting = first.act("slow", "start");
  const launched = await first.until("slow", ({ state, pid }) => state === "starting" && pid !== null);
  await first.crash();
  void starting.catch(() => undefined);
  // Said while nobody listens.
  slow.say("READY=1");
  await using agent = await forkTestAgent(dataDir);
  const adopted = await agent.instance("told");
  assert.deepEqual([adopted.pid, adopted.state], [up.pid, "running"]);
  assert.deepEqual(
    adopted.checks.map(({ state, reason }) => [state, reason]),
    [
      ["passing", "says: Serving"],
      ["passing", "says: Serving"],
    ],
  );
  told.say("STATUS=Still serving");
  await agent.until("told", ({ checks }) => checks[1]?.reason === "says: Still serving");
  // Nothing that works is ended for what nobody heard.
  const passed = await agent.until("slow", ({ state }) => state !== "starting");
  assert.deepEqual([passed.state, passed.pid, passed.generation], ["running", launched.pid, 1]);
});

test("a helper that is killed is replaced, and a flood hurts nobody", async () => {
  await using agent = await openTestAgent();
  const calm = speaker("calm", agent.dataDir, { checks: [UP] });
  const loud = speaker("loud", agent.dataDir, { checks: [UP] });
  await agent.set(calm.spec, "running");
  await agent.set(loud.spec, "running");
  const [helper = 0] = helperOf(agent.dataDir);
  process.kill(helper, "SIGKILL");
  while (!helperOf(agent.dataDir).some((pid) => pid !== helper)) await agent.noticed(20);
  loud.say("flood 20000");
  loud.say(String.raw`READY=1\nSTATUS=Done`);
  await agent.until("loud", ({ checks, state }) => state === "running" && checks[0]?.reason === "says: Done");
  const lines = await linesOf(agent, "loud", /more than 50 things a second/);
  assert.ok(lines.includes("flooded"));
  calm.say("READY=1");
  await agent.until("calm", ({ state }) => state === "running");
  const seen = [await agent.instance("calm"), await agent.instance("loud")];
  assert.deepEqual(
    seen.map(({ generation }) => generation),
    [1, 1],
  );
});

test("without perl checks of this kind fail with the reason, and nothing else does", async () => {
  await using agent = await openTestAgent({ perl: null });
  const { spec } = speaker("deaf", agent.dataDir, { restart: { policy: "never" }, checks: [{ ...UP, failures: 1 }] });
  await agent.set({ name: "other", start_cmd: "exec sleep 3600" }, "running");
  await agent.set(spec, "running");
  const deaf = await agent.until("deaf", ({ state }) => state === "unhealthy");
  assert.equal(deaf.reason, "failed check up: cannot listen for sd_notify: perl is not installed");
  await agent.until("other", ({ state }) => state === "running");
});

test("a check that is added to what runs counts from the next start, and says so", async () => {
  await using agent = await openTestAgent();
  const { spec, say } = speaker("late", agent.dataDir, {});
  say("READY=1");
  say("env");
  await agent.set(spec, "running");
  const plain = await agent.until("late", ({ state }) => state === "running");
  assert.deepEqual((await environmentOf(agent, "late")).slice(1), ["-", "-", "-"]);
  await agent.set({ ...spec, checks: [UP, { ...PINGS, within: 600 }] }, "running", 2);
  const added = await agent.until("late", ({ checks }) => checks[1]?.state === "passing");
  assert.deepEqual(
    [added.pid, added.state, added.checks[1]?.reason],
    [plain.pid, "running", "counts from the next start"],
  );
  assert.equal((await agent.act("late", "restart")).outcome, "done");
  const next = await agent.until("late", ({ checks, state }) => state === "running" && checks[1]?.state === "passing");
  assert.deepEqual([next.checks[0]?.state, next.checks[1]?.reason], ["passing", null]);
});

test("a service of another user speaks through a socket of its own", async (context) => {
  if (!needs(context, process.getuid?.() === 0, "root, who can run services as others")) return;
  await using agent = await openTestAgent();
  const { spec, say } = speaker("other", agent.dataDir, {
    user: "nobody",
    working_dir: "/",
    checks: [UP, { ...PINGS, within: 600 }],
  });
  chmodSync(agent.dataDir, 0o755);
  say("env");
  say("READY=1");
  await agent.set({ ...spec, argv: ["/usr/bin/perl", ...(spec.argv ?? []).slice(1)] }, "running");
  const up = await agent.until("other", ({ state }) => state === "running");
  const [pid, socket = "", , watched] = await environmentOf(agent, "other");
  assert.deepEqual([Number(pid), watched], [up.pid, pid]);
  assert.match(socket, /^\/(?:var\/)?run\/tailherd-/);
  await agent.act("other", "stop");
  assert.ok(!existsSync(socket));
});
