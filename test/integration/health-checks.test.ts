import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { CheckHistory } from "../../src/contract/check-status.ts";
import { type ServiceInput, serviceSpecSchema } from "../../src/contract/service.ts";
import { setTimeout as pause } from "node:timers/promises";
import { startAgent } from "../../src/agent/agent.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { forkTestAgent, makeDataDir, openTestAgent, type TestAgent } from "../support/agent.ts";
import { freePort } from "../support/ports.ts";

const SERVER = join(import.meta.dirname, "../fixtures/health-server.ts");
/** As quick as checks may be. */
const QUICK = { interval: 0.5, failures: 2 };

/** A server that is ill while the file is there. */
function server(name: string, sick: string, port: number, more: Partial<ServiceInput>): ServiceInput {
  return { name, argv: [process.execPath, SERVER, sick, String(port)], ports: [port], ...more };
}

async function historyOf(agent: TestAgent, service: string, name: string): Promise<CheckHistory> {
  const { checks } = await agent.call("check_results", { service, index: null });
  const found = checks.find((check) => check.name === name);
  assert.ok(found, `${service} has no check ${name}`);
  return found;
}

test("a service whose liveness check fails is unhealthy with the reason, restarted by its policy, and recovers", async () => {
  const dataDir = await makeDataDir();
  const sick = join(dataDir, "sick");
  const port = await freePort();
  const first = await forkTestAgent(dataDir);
  const spec = server("web", sick, port, {
    checks: [
      { name: "up", kind: "log", role: "startup", match: "listen*ing", interval: 0.5, failures: 40 },
      { name: "web", kind: "http", path: "/health", ...QUICK },
    ],
  });
  await first.set(spec, "running");
  const up = await first.until(
    "web",
    ({ state, ready, checks }) => state === "running" && ready === true && checks[1]?.state === "passing",
  );
  // The agent is killed: the service is not, and what was thought of it is still thought of it.
  await first.crash();
  await using agent = await forkTestAgent(dataDir);
  const adopted = await agent.instance("web");
  assert.deepEqual([adopted.pid, adopted.state, adopted.ready], [up.pid, "running", true]);
  assert.equal(adopted.checks[1]?.state, "passing");
  writeFileSync(sick, "");
  const again = await agent.until(
    "web",
    ({ generation, last_exit }) => generation > adopted.generation && last_exit !== null,
  );
  assert.equal(again.last_exit?.cause, "check_failed");
  assert.match(again.last_exit.message, /^failed check web: status 503, not 200-399; ended after/);
  assert.equal(again.restart_count, 1);
  const told = agent.events.filter((event) => event.type === "instance.state" && event.state === "unhealthy");
  assert.equal(told.length, 1, "it was told as unhealthy before it was ended");
  assert.ok(
    agent.events.some((event) => event.type === "check.state" && event.check === "web" && event.state === "failing"),
  );
  rmSync(sick);
  const well = await agent.until(
    "web",
    ({ state, ready, checks }) => state === "running" && ready === true && checks[1]?.state === "passing",
  );
  assert.notEqual(well.pid, up.pid);
  const { results } = await historyOf(agent, "web", "web");
  assert.ok(results.length > 0 && results.length <= 100);
});

test("without a policy that restarts it, an unhealthy service stays, and is well again when its checks pass", async () => {
  await using agent = await openTestAgent();
  const sick = join(agent.dataDir, "sick");
  writeFileSync(sick, "");
  const port = await freePort();
  const checks: ServiceInput["checks"] = [
    { name: "port", kind: "tcp", role: "startup", interval: 0.5, failures: 40 },
    { name: "web", kind: "http", path: "/health", body: "w*ll", ...QUICK },
    {
      name: "asked",
      kind: "exec",
      command: ["/bin/sh", "-c", 'test ! -e "$SICK" || { echo "$SICK is there"; exit 4; }'],
      role: "readiness",
      ...QUICK,
    },
  ];
  await agent.set(server("kept", sick, port, { restart: { policy: "never" }, env: { SICK: sick }, checks }), "running");
  const ill = await agent.until(
    "kept",
    ({ state, checks: [, , asked] }) => state === "unhealthy" && asked?.state === "failing",
  );
  assert.equal(ill.reason, "failed check web: status 503, not 200-399");
  assert.equal(ill.checks[2]?.reason, `exit 4: ${sick} is there`);
  assert.equal(ill.ready, false);
  rmSync(sick);
  const well = await agent.until("kept", ({ ready }) => ready === true);
  assert.deepEqual([well.pid, well.state, well.reason], [ill.pid, "running", null]);
  // A definition that changes only in its checks counts at once, without a restart.
  const spec = server("kept", sick, port, {
    restart: { policy: "never" },
    env: { SICK: sick },
    checks: checks?.slice(0, 2) ?? [],
  });
  await agent.set(spec, "running", 2);
  const fewer = await agent.instance("kept");
  assert.equal(fewer.revision, 2, "what runs is what is saved");
  assert.deepEqual([fewer.pid, fewer.checks.map(({ name }) => name)], [well.pid, ["port", "web"]]);
});

test("an agent that closes in order leaves the results of checks to the next one", async () => {
  const dataDir = await makeDataDir();
  const check = { name: "fine", kind: "exec", command: "echo fine", ...QUICK } as const;
  const spec = serviceSpecSchema.parse({ name: "kept", start_cmd: "exec sleep 3600", checks: [check] });
  const service = { spec, revision: 1, desired: "running" as const, stopped_instances: [] };
  const first = await startAgent({ dataDir, logger: silentLogger });
  await first.call("set", { service });
  const resultsOf = async (agent: Pick<TestAgent, "call">): Promise<CheckHistory["results"]> => {
    const { checks } = await agent.call("check_results", { service: "kept", index: 0 });
    return checks[0]?.results ?? [];
  };
  while ((await resultsOf(first)).length < 2) await pause(50);
  const before = await resultsOf(first);
  await first.close();
  await using agent = await openTestAgent({ dataDir });
  assert.deepEqual((await resultsOf(agent)).slice(0, 2), before.slice(0, 2));
  assert.equal(before[0]?.message, "fine");
});

test("P6: a service whose liveness check never passes is restarted no faster than a crash loop, and then left unhealthy", async () => {
  await using agent = await openTestAgent();
  await agent.set(
    {
      name: "ill",
      start_cmd: "exec sleep 3600",
      restart: { policy: "always", max: 2, backoff: { initial: 0.1 } },
      checks: [{ name: "never", kind: "exec", command: "exit 7", interval: 0.5, failures: 1 }],
    },
    "running",
  );
  const left = await agent.until("ill", ({ state, generation }) => state === "unhealthy" && generation === 3);
  assert.equal(left.reason, "failed check never: exit 7");
  // Looked at again and again, and left alone.
  const before = (await historyOf(agent, "ill", "never")).results.length;
  while ((await historyOf(agent, "ill", "never")).results.length < before + 2) await agent.noticed(200);
  assert.equal((await agent.instance("ill")).pid, left.pid);
  assert.equal((await agent.act("ill", "stop")).outcome, "done");
  assert.equal((await agent.instance("ill")).checks.length, 0);
});
