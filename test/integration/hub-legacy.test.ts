// What programs and people that use the predecessor rely on: its routes, its shapes, its messages.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { instanceRow, SYSTEM } from "../support/fake-agent.ts";
import { startTestHub } from "../support/hub.ts";

const definition = {
  name: "FastAPI Backend",
  kind: "Backend",
  start_cmd: "uvicorn main:app --port 8000",
  working_dir: null,
  match_keywords: ["uvicorn", "main:app"],
  ports: [8000],
  api_url: "http://localhost:8000",
  tailscale_url: null,
  description: "Main backend API service",
};
const path = encodeURIComponent(definition.name);

/** Keeps of an object what the predecessor's clients look at. */
function pick(from: Record<string, unknown>, ...keys: string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

describe("the predecessor's routes", () => {
  it("add, list, act on and delete a service", async () => {
    await using hub = await startTestHub();
    const added = await hub.request("POST /api/service/add", { body: definition });
    assert.deepEqual(Object.keys(added.json), ["success", "message", "warnings"]);
    assert.equal(added.json.success, true);
    const [listed] = (await hub.request("GET /api/services")).json;
    assert.deepEqual(pick(listed, ...Object.keys(definition)), { ...definition, kind: "backend" });
    const started = await hub.request(`POST /api/service/${path}/start`);
    assert.deepEqual(Object.keys(started.json), ["success", "message"]);
    assert.equal((await hub.request(`POST /api/service/${path}/restart`)).json.success, true);
    const stopped = await hub.request(`POST /api/service/${path}/stop`);
    assert.deepEqual([stopped.json.success, stopped.json.count], [true, 1]);
    const scanned = (await hub.request(`POST /api/service/${path}/scan-ports`)).json;
    assert.deepEqual(scanned, { success: true, detected_ports: [8000], configured_ports: [8000] });
    const deleted = await hub.request(`DELETE /api/service/${path}`);
    assert.deepEqual(Object.keys(deleted.json), ["success", "message"]);
  });

  it("refuse a taken name with 409 and a taken port with 400, both with an object as detail", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/service/add", { body: definition });
    const name = await hub.request("POST /api/service/add", { body: definition });
    const port = await hub.request("POST /api/service/add", { body: { ...definition, name: "other" } });
    for (const [reply, status] of [
      [name, 409],
      [port, 400],
    ] as const) {
      assert.equal(reply.status, status);
      assert.deepEqual(Object.keys(reply.json.detail), ["message", "issues", "warnings"]);
      assert.equal(reply.json.detail.issues.length, 1);
    }
    const warned = { ...definition, name: "third", ports: [], working_dir: "/missing" };
    const added = await hub.request("POST /api/service/add", { body: warned });
    assert.deepEqual(added.json.warnings, ["working_dir: there is no directory /missing"]);
  });

  it("answer unknown services with 404, success false and detail", async () => {
    await using hub = await startTestHub();
    const reply = await hub.request("POST /api/service/nobody/start");
    assert.equal(reply.status, 404);
    assert.deepEqual(pick(reply.json, "success", "detail"), { success: false, detail: 'There is no service "nobody"' });
  });

  it("tell status, statistics, health and settings in its fields", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/service/add", { body: definition });
    hub.agent.tell(instanceRow(definition.name, "running"));
    const [status] = (await hub.request("GET /api/status")).json;
    const fields =
      "name kind running processes pid_count ports port_status detected_ports api_url tailscale_url description runtime";
    for (const field of fields.split(" ")) assert.ok(field in status, field);
    assert.deepEqual(Object.keys(status.runtime), ["uptime", "start_time", "errors", "restart_count", "last_error"]);
    assert.equal(status.runtime.uptime, "50m 0s");
    for (const field of ["pid", "name", "cpu", "memory", "create_time"]) assert.ok(field in status.processes[0], field);
    assert.deepEqual((await hub.request("GET /api/stats")).json, SYSTEM);
    const health = (await hub.request("GET /health")).json;
    assert.deepEqual(pick(health, "status", "services_count"), { status: "healthy", services_count: 1 });
    const saved = await hub.request("POST /api/settings", { body: { default_tailscale_domain: "100.88.23.90" } });
    assert.deepEqual(Object.keys(saved.json), ["success", "message"]);
    const settings = (await hub.request("GET /api/settings")).json;
    assert.deepEqual(pick(settings, "default_tailscale_domain", "update_interval_seconds"), {
      default_tailscale_domain: "100.88.23.90",
      update_interval_seconds: 5,
    });
  });

  it("stop all of a kind, in any case, and count what was stopped", async () => {
    await using hub = await startTestHub();
    for (const [name, kind] of [
      ["a", "backend"],
      ["b", "backend"],
      ["c", "frontend"],
    ] as const) {
      await hub.request("POST /api/service/add", { body: { name, kind, start_cmd: "x" } });
      await hub.request(`POST /api/service/${name}/start`);
    }
    const stopped = await hub.request("POST /api/bulk/stop/BACKEND");
    assert.deepEqual(pick(stopped.json, "success", "count"), { success: true, count: 2 });
    const states = (await hub.request("GET /api/status")).json.map(({ state }: { state: string }) => state);
    assert.deepEqual(states, ["stopped", "stopped", "running"]);
  });

  it("export what import took, field by field", async () => {
    await using hub = await startTestHub();
    const settings = { update_interval_seconds: 7 };
    const imported = await hub.request("POST /api/import", { body: { services: [definition], settings } });
    assert.deepEqual(imported.json.added, [definition.name]);
    assert.equal(hub.agent.desired.size, 1);
    assert.equal(hub.agent.updateInterval, 7000);
    const exported = (await hub.request("GET /api/export")).json;
    assert.deepEqual(exported.services, [{ ...definition, kind: "backend" }]);
    assert.equal(exported.settings.update_interval_seconds, 7);
  });
});

describe("a client of /ws that never subscribes", () => {
  it("hears the whole status and the machine at once, each interval, and after acts", async () => {
    await using hub = await startTestHub();
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 1 } });
    await hub.request("POST /api/service/add", { body: { name: "api", start_cmd: "x" } });
    const probe = await hub.connect();
    const [stats, again] = [probe.next("system_stats"), probe.next("status_update")];
    if (!probe.messages.some(({ type }) => type === "system_stats")) await stats;
    await again;
    assert.deepEqual(
      probe.messages.slice(0, 2).map(({ type }) => type),
      ["status_update", "system_stats"],
    );
    const acted = probe.next("status_update", ({ data }) => data[0]?.running === true);
    await hub.request("POST /api/service/api/start");
    await acted;
  });

  it("hears the predecessor's broadcasts", async () => {
    await using hub = await startTestHub();
    const probe = await hub.connect();
    const added = probe.next("service_added");
    await hub.request("POST /api/service/add", { body: { name: "api", start_cmd: "x" } });
    assert.equal((await added).data.name, "api");
    const updated = probe.next("settings_updated");
    await hub.request("POST /api/settings", { body: { stats_retention_days: 3 } });
    assert.equal((await updated).data.stats_retention_days, 3);
    const deleted = probe.next("service_deleted");
    await hub.request("DELETE /api/service/api");
    assert.equal((await deleted).service_name, "api");
  });
});
