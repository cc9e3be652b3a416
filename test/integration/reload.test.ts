// Reloads: the signal of the definition reaches the program, and nothing ends, is started or wished.
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { startAgent } from "../../src/agent/agent.ts";
import type { ServiceInput } from "../../src/contract/service.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { openTestAgent } from "../support/agent.ts";
import { startTestHub } from "../support/hub.ts";
import { localAgent } from "../support/local-agent.ts";

/** A program that has come up when it says "ready", and appends its pid to a file at each SIGHUP. */
function program(file: string): string[] {
  const write = `require("fs").appendFileSync(${JSON.stringify(file)}, process.pid + "\\n")`;
  const script = `process.on("SIGHUP", () => ${write}); console.log("ready"); setInterval(() => {}, 1e6)`;
  return [process.execPath, "-e", script];
}

function service(name: string, file: string): ServiceInput {
  const checks: ServiceInput["checks"] = [
    { name: "up", kind: "log", role: "startup", match: "ready", interval: 0.5, failures: 60 },
  ];
  return { name, argv: program(file), working_dir: "/", reload: { signal: "SIGHUP" }, checks };
}

/** The pids that were signalled so far, once there are so many. */
async function signalled(file: string, count: number): Promise<string[]> {
  for (;;) {
    const lines = (await readFile(file, "utf8").catch(() => "")).split("\n").filter((line) => line !== "");
    if (lines.length >= count) return lines;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("reload() sends the signal to the main process, or to what its shell runs, and changes nothing else", async () => {
  await using agent = await openTestAgent();
  const file = join(agent.dataDir, "reloads");
  await agent.set(service("plain", file));
  await agent.act("plain", "start");
  const before = await agent.until("plain", ({ state }) => state === "running");
  const answer = await agent.act("plain", "reload");
  assert.deepEqual([answer.outcome, answer.message], ["done", `sent SIGHUP to pid ${before.pid}`]);
  assert.deepEqual(await signalled(file, 1), [String(before.pid)]);
  const after = await agent.instance("plain");
  for (const field of ["state", "pid", "generation", "revision", "restart_count", "started_at"] as const) {
    assert.equal(after[field], before[field], field);
  }

  const other = join(agent.dataDir, "wrapped");
  const line = `${program(other)
    .map((word) => `'${word}'`)
    .join(" ")} && true`;
  await agent.set({ ...service("wrapped", other), argv: null, start_cmd: line });
  await agent.act("wrapped", "start");
  const shell = await agent.until("wrapped", ({ state }) => state === "running");
  assert.equal((await agent.act("wrapped", "reload")).outcome, "done");
  const [pid] = await signalled(other, 1);
  assert.notEqual(pid, String(shell.pid), "the shell would die of it");
  assert.equal((await agent.instance("wrapped")).generation, 1);
});

test("reload() is refused with words where there is nothing to signal, and starts nothing", async () => {
  await using agent = await openTestAgent();
  const file = join(agent.dataDir, "reloads");
  await agent.set(service("api", file));
  const idle = await agent.act("api", "reload");
  assert.deepEqual([idle.outcome, idle.message], ["refused", "Cannot reload api: it does not run"]);
  assert.equal((await agent.instance("api")).state, "stopped");
  // One that never comes up: its handler may not be there yet.
  await agent.set({ ...service("early", file), argv: ["sleep", "3600"] });
  await agent.act("early", "start");
  const early = await agent.act("early", "reload");
  assert.deepEqual([early.outcome, early.message], ["refused", "Cannot reload early: it is still starting"]);
  assert.notEqual((await agent.instance("early")).pid, null);
  await agent.set({ name: "deaf", argv: ["sleep", "3600"] });
  await agent.act("deaf", "start");
  const deaf = await agent.act("deaf", "reload");
  assert.deepEqual(
    [deaf.outcome, deaf.message],
    ["refused", "Cannot reload deaf: its definition names no reload.signal"],
  );
});

test("a reload signal, or a dependency, that a definition gets counts at once, without a restart", async () => {
  await using agent = await openTestAgent();
  const file = join(agent.dataDir, "reloads");
  const { reload, ...without } = service("api", file);
  await agent.set(without);
  await agent.act("api", "start");
  const { pid } = await agent.until("api", ({ state }) => state === "running");
  await agent.set({ ...without, reload, depends_on: { db: {} } }, undefined, 2);
  assert.equal((await agent.instance("api")).revision, 2);
  assert.equal((await agent.act("api", "reload")).message, `sent SIGHUP to pid ${pid}`);
  await signalled(file, 1);
  await agent.set({ ...without, reload, sockets: [{ port: 1 }] }, undefined, 3);
  assert.equal((await agent.instance("api")).revision, 2, "sockets are handed over at the next start");
});

test("the hub audits a reload, stores no wish of it, and refuses one that the definition does not provide for", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "tailherd-reload-"));
  const agent = await startAgent({ dataDir, logger: silentLogger });
  try {
    await using hub = await startTestHub({ dataDir, local: localAgent(agent) });
    const file = join(dataDir, "reloads");
    const ok = await hub.request("POST /api/service/add", { body: service("api", file) });
    assert.equal(ok.status, 200, ok.text);
    assert.equal(
      (await hub.request("POST /api/service/add", { body: { name: "deaf", start_cmd: "sleep 3600" } })).status,
      200,
    );
    const idle = await hub.request("POST /api/services/api/reload");
    assert.deepEqual([idle.status, idle.json.code], [400, "refused"], idle.text);
    assert.match(idle.json.detail, /Cannot reload api: it does not run/);
    const deaf = await hub.request("POST /api/services/deaf/reload");
    assert.deepEqual([deaf.status, deaf.json.code], [400, "refused"]);
    assert.match(deaf.json.detail, /names no reload\.signal/);
    for (const name of ["api", "deaf"]) {
      assert.equal((await hub.request(`GET /api/services/${name}`)).json.desired, "stopped");
    }
    assert.equal((await hub.request("POST /api/services/api/start")).status, 200);
    const wait = async (): Promise<void> => {
      const { state } = (await hub.request("GET /api/services/api/status")).json;
      if (state === "running") return;
      await new Promise((resolve) => setTimeout(resolve, 10));
      await wait();
    };
    await wait();
    const told = await hub.request("POST /api/services/api/reload?index=0");
    assert.equal(told.status, 200, told.text);
    assert.match(told.json.message, /^sent SIGHUP to pid \d+$/);
    await signalled(file, 1);
    const bulk = await hub.request("POST /api/bulk", { body: { action: "reload", services: ["api", "deaf"] } });
    const ended = await hub.request(`GET /api/operations/${bulk.json.id}?wait=5`);
    assert.deepEqual(
      ended.json.targets.map(({ state }: { state: string }) => state),
      ["done", "failed"],
    );
    await signalled(file, 2);
    const audit = (await hub.request("GET /api/audit?limit=20")).json as { action: string; target: string }[];
    const reloads = audit.filter(({ action }) => action === "reload").map(({ target }) => target);
    assert.deepEqual(reloads, ["api", "api/0", "api"], "what was refused by the definition was not tried");
  } finally {
    await agent.call("apply", { services: [], update_interval_ms: 5000 });
    await agent.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
