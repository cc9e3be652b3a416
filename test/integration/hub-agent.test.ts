// Hub and real agent together: what people do over HTTP happens to real processes.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { rmSync, writeFileSync } from "node:fs";
import { startAgent } from "../../src/agent/agent.ts";
import { silentLogger } from "../../src/runtime/logger.ts";
import { startTestHub } from "../support/hub.ts";
import { localAgent } from "../support/local-agent.ts";

describe("hub and agent", () => {
  it("add, start, show, print, stop and delete a real program", { timeout: 30_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-both-"));
    const agent = await startAgent({ dataDir, logger: silentLogger });
    try {
      await using hub = await startTestHub({ dataDir, local: localAgent(agent) });
      const body = { name: "talker", start_cmd: "echo ready; exec sleep 1000", working_dir: "/" };
      assert.equal((await hub.request("POST /api/service/add", { body })).json.success, true);
      const probe = await hub.connect();
      await probe.subscribe("services", "events");
      const running = probe.next("status_changed", ({ data }) => data[0]?.state === "running");
      const started = await hub.request("POST /api/service/talker/start");
      assert.equal(started.status, 200, started.text);
      const pid = (await running).data[0]?.instances[0]?.pid ?? 0;
      assert.ok(process.kill(pid, 0));
      const [status] = (await hub.request("GET /api/status")).json;
      assert.deepEqual([status.running, status.state, status.desired], [true, "running", "running"]);
      const { lines } = (await hub.request("GET /api/services/talker/logs")).json;
      assert.ok(lines.some(({ text }: { text: string }) => text === "ready"));
      const exited = probe.next("event", ({ data }) => data.event.type === "instance.exited");
      assert.equal((await hub.request("POST /api/service/talker/stop")).json.count, 1);
      await exited;
      assert.throws(() => process.kill(pid, 0), /ESRCH/);
      const [exit] = (await hub.request("GET /api/services/talker/exits")).json;
      assert.deepEqual([exit.cause, exit.by], ["stopped", "anyone on this machine"]);
      const missing = { name: "missing", start_cmd: "true", working_dir: "/no/such/directory" };
      const added = (await hub.request("POST /api/service/add", { body: missing })).json;
      assert.match(added.warnings.join(), /no\/such\/directory/);
      const failed = await hub.request("POST /api/service/missing/start");
      assert.deepEqual([failed.status, failed.json.code], [409, "act_failed"], failed.text);
      for (const name of ["talker", "missing"]) {
        assert.equal((await hub.request(`DELETE /api/service/${name}`)).status, 200);
      }
    } finally {
      await agent.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });

  it("tell how a service's checks are, as they change and with their results", { timeout: 30_000 }, async () => {
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-both-"));
    const agent = await startAgent({ dataDir, logger: silentLogger });
    try {
      await using hub = await startTestHub({ dataDir, local: localAgent(agent) });
      const bad = join(dataDir, "bad");
      const quick = { interval: 0.5, failures: 1 };
      const checks = [
        { name: "fit", kind: "exec", role: "readiness", command: `test ! -e ${bad}`, ...quick },
        { name: "far", kind: "http", url: "http://169.254.169.254/", headers: { "x-key": "secret" }, failures: 100 },
      ];
      const body = { name: "fit", start_cmd: "exec sleep 1000", working_dir: "/", checks };
      const added = await hub.request("POST /api/services", { body });
      assert.match(added.json.warnings.join(), /checks\.far\.url: can never pass: 169\.254\.169\.254 is a link-local/);
      const owned = { owner: "/srv/tailherd.yaml", services: [{ ...body, name: "other" }], dry_run: true };
      const plan = await hub.request("POST /api/apply", { body: owned });
      const [doubt] = plan.json.warnings;
      assert.equal(doubt.service, "other", "told with the plan, before it is done");
      assert.match(doubt.message, /^checks\.far\.url: can never pass/);
      const probe = await hub.connect();
      await probe.subscribe("services", "events");
      const well = probe.next("status_changed", ({ data }) => data[0]?.ready === true);
      assert.equal((await hub.request("POST /api/services/fit/start")).status, 200);
      const [row] = (await well).data;
      assert.equal(row?.health, "healthy");
      const told = probe.next("event", ({ data }) => data.event.type === "check.state");
      const ill = probe.next("status_changed", ({ data }) => data[0]?.ready === false);
      writeFileSync(bad, "");
      const [unready] = (await ill).data;
      assert.deepEqual([unready?.health, unready?.state], ["not_ready", "running"]);
      assert.equal(unready?.reason, "not ready: failed check fit: exit 1");
      const { event } = (await told).data;
      assert.ok(event.type === "check.state" && event.check === "fit" && event.state === "failing");
      const answer = (await hub.request("GET /api/services/fit/checks")).json;
      assert.deepEqual(answer.unheard, []);
      const [fit, far] = answer.checks;
      assert.deepEqual([fit.name, fit.state, fit.interval, fit.index], ["fit", "failing", 0.5, 0]);
      assert.equal(fit.results[0].ok, true);
      assert.deepEqual([fit.results.at(-1).ok, fit.results.at(-1).message], [false, "exit 1"]);
      assert.match(far.results[0]?.message ?? "link-local", /link-local/);
      assert.equal((await hub.request("GET /api/services/none/checks")).status, 404);
      rmSync(bad);
      await probe.next("status_changed", ({ data }) => data[0]?.ready === true);
      assert.equal((await hub.request("DELETE /api/services/fit")).status, 200);
    } finally {
      await agent.close();
      await rm(dataDir, { recursive: true, force: true });
    }
  });
});
