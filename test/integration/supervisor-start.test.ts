import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { type ServiceInput, serviceSpecSchema } from "../../src/contract/service.ts";
import { forkTestAgent, makeDataDir, openTestAgent } from "../support/agent.ts";
import { isAlive, pidsWith, untilPidsWith } from "../support/processes.ts";

test("start() answers when the program itself runs, in its own session and with a clean environment", async () => {
  process.env.TAILHERD_TEST_LEAK = "must not be seen";
  await using agent = await openTestAgent();
  await agent.set({ name: "a b", start_cmd: "sleep 3601", env: { GREETING: "it's $HOME" }, working_dir: "/" });
  const result = await agent.act("a b", "start");
  assert.equal(result.outcome, "done", result.message);
  const { pid, state, revision } = await agent.instance("a b");
  assert.equal(state, "running");
  assert.equal(revision, 1);
  assert.equal(await readFile(`/proc/${pid}/cmdline`, "utf8"), "sleep\u00003601\u0000");
  const environ = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  assert.ok(environ.includes("GREETING=it's $HOME"));
  assert.ok(environ.includes("TAILHERD_SERVICE=a b"));
  assert.ok(environ.includes("TAILHERD_INSTANCE_INDEX=0"));
  assert.ok(environ.some((pair) => pair.startsWith("PATH=/usr/")));
  assert.ok(!environ.some((pair) => pair.startsWith("TAILHERD_TEST_LEAK=")));
  const session = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ")[3];
  assert.equal(Number(session), pid);
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  assert.match(status, /^SigIgn:\s0+$/m);
  delete process.env.TAILHERD_TEST_LEAK;
});

test("a start is told as of its order, also where what becomes the process had waited for that, and by the next agent too", async () => {
  const dataDir = await makeDataDir();
  const first = await forkTestAgent(dataDir);
  const stays = join(dataDir, "stays");
  await first.set({ name: "job", start_cmd: `test ! -e ${stays} || exec sleep 3600` }, "running");
  await first.until("job", ({ state }) => state === "exited");
  await writeFile(stays, "");
  // The shim has forked by now, and what it forked waits.
  await pause(1000);
  const asked = Date.now();
  assert.equal((await first.act("job", "start")).outcome, "done");
  const { started_at } = await first.instance("job");
  const begun = Date.parse(started_at ?? "");
  assert.ok(begun >= asked - 100 && begun <= Date.now(), `${begun - asked} ms after it was asked for`);
  await first.crash();
  await using agent = await forkTestAgent(dataDir);
  assert.ok(Math.abs(Date.parse((await agent.instance("job")).started_at ?? "") - begun) <= 20);
});

test("what has just come up is told with its processes, long before the next interval", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "fresh", start_cmd: "sleep 3602" });
  await agent.act("fresh", "start");
  const { pid, processes, memory } = await agent.until("fresh", (status) => status.processes.length > 0, 0, 3000);
  assert.deepEqual(
    processes.map((process) => process.pid),
    [pid],
  );
  assert.ok(memory !== null && memory > 0);
});

test("a missing directory, user or command is fatal at once, in the system's words", async () => {
  await using agent = await openTestAgent();
  const cases = [
    {
      spec: { start_cmd: "sleep 1", working_dir: "/nowhere/at/all" },
      words: /working directory \/nowhere\/at\/all: no such file or directory/,
    },
    { spec: { start_cmd: "sleep 1", user: "nobody-at-all" }, words: /user nobody-at-all: there is no such account/ },
    { spec: { start_cmd: "no-such-program --flag" }, words: /no-such-program: No such file or directory/ },
    { spec: { argv: ["/no/such/program"] }, words: /\/no\/such\/program: No such file or directory/ },
    { spec: { start_cmd: "no-such-program; exit $?" }, words: /no-such-program: not found/ },
    { spec: { argv: ["/etc/passwd"] }, words: /\/etc\/passwd: Permission denied/ },
    {
      spec: { start_cmd: "sleep 1", env_file: "/no/such.env" },
      words: /env_file \/no\/such.env: no such file or directory/,
    },
  ];
  for (const [at, { spec, words }] of cases.entries()) {
    const name = `s${at}`;
    await agent.set({ name, ...spec });
    const result = await agent.act(name, "start");
    assert.equal(result.outcome, "failed");
    assert.match(result.message, words);
    const status = await agent.until(name, (status) => status.last_exit !== null);
    assert.equal(status.state, "fatal");
    assert.match(status.reason ?? "", words);
    assert.equal(status.last_exit?.cause, "failed_to_start");
    assert.equal(agent.exitsOf(name).length, 1);
  }
});

test("env_file gives variables, env wins over it, and a wrong line is named", async () => {
  await using agent = await openTestAgent();
  const file = join(agent.dataDir, "service.env");
  await writeFile(file, 'A=from file\nexport B="two\\nlines" # why\n');
  await agent.set({
    name: "e",
    start_cmd: 'printf "%s|%s\\n" "$A" "$B"; exec sleep 3600',
    env_file: file,
    env: { A: "from env" },
  });
  await agent.act("e", "start");
  const page = await agent.call("read_output", { service: "e", index: 0, limit: 10 });
  assert.deepEqual(
    page.lines.filter((line) => line.stream === "stdout").map((line) => line.text),
    ["from env|two", "lines"],
  );
  await writeFile(file, "A=1\nthis is no pair\n");
  const result = await agent.act("e", "restart");
  assert.equal(result.outcome, "failed");
  assert.match(result.message, /service\.env, line 2: must be NAME=value/);
});

test("values of secrets do not come into the output, and names that hide nothing are told", async () => {
  await using agent = await openTestAgent();
  const file = join(agent.dataDir, "service.env");
  await writeFile(file, "TOKEN=from-the-file\n");
  await agent.set({
    name: "s",
    start_cmd: 'echo "$TOKEN $PASS $PIN"; exec sleep 3600',
    env_file: file,
    env: { PASS: "from-env", PIN: "123" },
    secrets: ["TOKEN", "PASS", "PIN", "NONE"],
  });
  await agent.act("s", "start");
  const { lines } = await agent.call("read_output", { service: "s", index: 0, limit: 10 });
  assert.deepEqual(
    lines.filter(({ stream, text }) => stream === "stdout" || text.startsWith("secret")).map(({ text }) => text),
    [
      "secret PIN is not hidden in output: its value has fewer than 4 characters",
      "secret NONE is not hidden in output: there is no such variable",
      "••• ••• 123",
    ],
  );
});

test(
  "user runs as that account, with its environment, and never as root",
  { skip: process.getuid?.() !== 0 },
  async () => {
    await using agent = await openTestAgent();
    await agent.set({
      name: "u",
      start_cmd: "sleep 3602",
      user: "nobody",
      working_dir: "/",
      hooks: { pre_start: "id -u" },
    });
    const result = await agent.act("u", "start");
    assert.equal(result.outcome, "done", result.message);
    const { pid } = await agent.instance("u");
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
    assert.ok((await readFile(`/proc/${pid}/environ`, "utf8")).includes("USER=nobody\0"));
    const page = await agent.call("read_output", { service: "u", index: 0, limit: 10 });
    assert.equal(page.lines.find((line) => line.stream === "stdout")?.text, "65534");
  },
);

test("hooks: pre_start must succeed, within its time; pre_stop runs before the signal", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "tailherd-hooks-"));
  await using agent = await openTestAgent();
  await agent.set({ name: "fails", start_cmd: "sleep 3600", hooks: { pre_start: "echo no >&2; exit 7" } });
  const failed = await agent.act("fails", "start");
  assert.match(failed.message, /pre_start failed: exit 7/);
  assert.equal((await agent.until("fails", (status) => status.last_exit !== null)).last_exit?.cause, "hook_failed");
  await agent.set({
    name: "slow",
    start_cmd: "sleep 3600",
    hooks: { pre_start: "sleep 3603", timeout: 0.3 },
    restart: { policy: "never" },
  });
  assert.match((await agent.act("slow", "start")).message, /pre_start took longer than 0.3 s/);
  assert.deepEqual(pidsWith("\u00003603\u0000"), []);
  await agent.set({
    name: "good",
    start_cmd: "sleep 3600",
    hooks: { pre_start: "sleep 0.3", pre_stop: `echo stopping >${scratch}/said; echo asked to end` },
  });
  assert.equal((await agent.act("good", "start")).outcome, "done");
  await agent.act("good", "stop");
  assert.equal(await readFile(`${scratch}/said`, "utf8"), "stopping\n");
  const page = await agent.call("read_output", { service: "good", index: 0, limit: 10 });
  assert.ok(page.lines.some(({ stream, text }) => stream === "stdout" && text === "asked to end"));
  await rm(scratch, { recursive: true });
});

test("try_command() tells what came of it, as the service's user and in the system's words", async () => {
  await using agent = await openTestAgent();
  const attempt = (spec: ServiceInput) =>
    agent.call("try_command", { spec: serviceSpecSchema.parse(spec), seconds: 0.5 });
  const ended = await attempt({ name: "t", start_cmd: "echo here; exit 3", working_dir: "/" });
  assert.deepEqual([ended.exit_code, ended.output], [3, ["here"]]);
  const word = `${3650 + Math.random()}`;
  const running = await attempt({ name: "t", argv: ["sleep", word], working_dir: "/" });
  assert.equal(running.still_running, true);
  assert.deepEqual(pidsWith(word), []);
  const nowhere = await attempt({ name: "t", start_cmd: "ls", working_dir: "/nowhere" });
  assert.deepEqual(nowhere.output, ["working directory /nowhere: no such file or directory"]);
  const missing = await attempt({ name: "t", argv: ["nosuch"], working_dir: "/" });
  assert.deepEqual(missing.output, ["command nosuch: no such file or directory"]);
  if (process.getuid?.() !== 0) return;
  const other = await attempt({ name: "t", start_cmd: "id -u; id -G", user: "nobody", working_dir: "/" });
  assert.deepEqual(other.output, ["65534", "65534"], "none of the agent's groups");
  const denied = await attempt({ name: "t", start_cmd: "ls", user: "nobody", working_dir: agent.dataDir });
  assert.match(denied.output.join(), /can't cd to/);
});

test("a definition edited while running counts from the next restart; instances grow and shrink with it", async () => {
  await using agent = await openTestAgent();
  await agent.set({ name: "grow", start_cmd: "sleep 3604" });
  await agent.act("grow", "start");
  const before = await agent.instance("grow");
  await agent.set({ name: "grow", start_cmd: "sleep 3605", instances: 3 }, "running", 2);
  await agent.until("grow", (status) => status.state === "running", 1);
  await agent.until("grow", (status) => status.state === "running", 2);
  const still = await agent.instance("grow");
  assert.equal(still.pid, before.pid);
  assert.equal(still.revision, 1);
  assert.equal((await agent.act("grow", "restart")).count, 3);
  const after = await agent.instance("grow");
  assert.equal(after.revision, 2);
  assert.equal(after.restart_count, 1);
  assert.equal(await readFile(`/proc/${after.pid}/cmdline`, "utf8"), "sleep\u00003605\u0000");
  assert.ok(before.pid !== null && !isAlive(before.pid));
  await agent.set({ name: "grow", start_cmd: "sleep 3605", instances: 1 }, "running", 3);
  const { instances } = await agent.call("snapshot", {});
  assert.deepEqual(
    instances.map(({ index, pid }) => [index, pid]),
    [[0, after.pid]],
  );
  // Those too many are not its instances any more at once; nobody waits for their end.
  await untilPidsWith("\u00003605\u0000", 1);
  assert.ok(isAlive(after.pid ?? 0));
});
