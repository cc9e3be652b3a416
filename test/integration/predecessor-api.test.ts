// A client written for the predecessor, against a real hub and agent: it knows the old paths, fields and messages and nothing else.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { WebSocket } from "ws";
import { startUp } from "../support/cli.ts";
import { freePort } from "../support/ports.ts";
import { isAlive } from "../support/processes.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- the old client has no types: it reads the fields it was written for
type Json = any;

const FILES = join(import.meta.dirname, "../fixtures/predecessor");
const sample = (name: string): Json => JSON.parse(readFileSync(join(FILES, name), "utf8"));
const LISTENS = 'require("net").createServer().listen(process.argv[1], "127.0.0.1")';

/** What the old dashboard and scripts did: fetch, and a socket that only listens. */
class OldClient {
  readonly address: string;
  readonly heard: Json[] = [];
  private readonly waiting = new Set<() => void>();

  constructor(address: string) {
    this.address = address;
  }

  async get(path: string): Promise<Json> {
    const response = await fetch(this.address + path);
    assert.equal(response.status, 200, path);
    return await response.json();
  }

  async send(method: string, path: string, body?: Json): Promise<{ status: number; json: Json }> {
    const response = await fetch(this.address + path, {
      method,
      ...(body !== undefined && { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  }

  async listen(context: TestContext): Promise<void> {
    const socket = new WebSocket(`${this.address.replace("http", "ws")}/ws`);
    context.after(() => socket.terminate());
    socket.on("message", (data: Buffer) => {
      this.heard.push(JSON.parse(data.toString("utf8")));
      for (const look of this.waiting) look();
    });
    await once(socket, "open");
  }

  /** The first message that fits, from `since` on. */
  async hears(fits: (message: Json) => boolean, since = 0): Promise<Json> {
    for (;;) {
      const found = this.heard.slice(since).find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          this.waiting.delete(look);
          resolve();
        };
        this.waiting.add(look);
      });
    }
  }
}

async function open(): Promise<{ client: OldClient } & AsyncDisposable> {
  const up = await startUp(["--no-auth"]);
  return { client: new OldClient(up.address), [Symbol.asyncDispose]: () => up[Symbol.asyncDispose]() };
}

/** Types of an object's fields, in the words of the old documentation; ours may hold more. */
function assertShape(value: Json, shape: Record<string, string>, what: string): void {
  const found = Object.fromEntries(Object.keys(shape).map((key) => [key, kindOf(value[key])]));
  assert.deepEqual(found, shape, what);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "list" : typeof value;
}

const limited = { timeout: 60_000 };

describe("the predecessor's client", limited, () => {
  it("adds, watches, runs and deletes a service that listens", async (context) => {
    await using running = await open();
    const { client } = running;
    await client.listen(context);
    const port = await freePort();
    const definition = {
      name: "Old API",
      kind: "backend",
      start_cmd: `exec "${process.execPath}" -e '${LISTENS}' ${port}`,
      working_dir: null,
      match_keywords: [],
      ports: [port],
      api_url: `http://localhost:${port}`,
      tailscale_url: null,
      description: "It listens",
    };
    const added = await client.send("POST", "/api/service/add", definition);
    assert.deepEqual(added, { status: 200, json: { success: true, message: added.json.message, warnings: [] } });
    assert.equal((await client.hears(({ type }) => type === "service_added")).data.name, "Old API");
    const [listed] = await client.get("/api/services");
    for (const [field, value] of Object.entries(definition)) assert.deepEqual(listed[field], value, field);

    await client.send("POST", "/api/settings", { update_interval_seconds: 1 });
    const path = `/api/service/${encodeURIComponent(definition.name)}`;
    const started = await client.send("POST", `${path}/start`);
    assert.deepEqual([started.status, Object.keys(started.json)], [200, ["success", "message"]]);
    const update = await client.hears(
      ({ type, data }) => type === "status_update" && data[0]?.port_status[0]?.accessible === true,
    );
    const [status] = update.data;
    assertStatus(status, definition);
    assert.deepEqual(await client.send("POST", `${path}/scan-ports`), {
      status: 200,
      json: { success: true, detected_ports: [port], configured_ports: [port] },
    });

    const [{ pid }] = status.processes;
    const restarted = await client.send("POST", `${path}/restart`);
    assert.deepEqual([restarted.json.success, Object.keys(restarted.json)], [true, ["success", "message"]]);
    assert.ok(!isAlive(pid));
    const stopped = await client.send("POST", `${path}/stop`);
    assert.deepEqual(stopped.json, { success: true, message: stopped.json.message, count: 1 });
    const since = client.heard.length;
    await client.send("POST", `${path}/start`);
    const again = await client.hears(({ type, data }) => type === "status_update" && data[0]?.pid_count === 1, since);
    const [{ processes }] = again.data;
    const deleted = await client.send("DELETE", path);
    assert.deepEqual(deleted.json, { success: true, message: deleted.json.message });
    assert.ok(!isAlive(processes[0].pid));
    assert.equal((await client.hears(({ type }) => type === "service_deleted")).service_name, "Old API");
    assert.deepEqual(await client.get("/api/status"), []);
  });

  it("hears the status and the machine at once, at the interval, and after each act", async (context) => {
    await using running = await open();
    const { client } = running;
    await client.send("POST", "/api/service/add", { name: "quiet", kind: "other", start_cmd: "exec sleep 1000" });
    await client.listen(context);
    await client.hears(({ type }) => type === "system_stats");
    const stats = client.heard.find(({ type }) => type === "system_stats").data;
    const numbers = "cpu_percent memory_percent memory_used_gb memory_total_gb disk_percent disk_used_gb disk_total_gb";
    assertShape(stats, Object.fromEntries(numbers.split(" ").map((name) => [name, "number"])), "system_stats");
    assertShape(await client.get("/api/stats"), { cpu_percent: "number", disk_total_gb: "number" }, "/api/stats");
    const { data } = await client.hears(({ type }) => type === "status_update");
    assert.deepEqual([data[0].name, data[0].running, data[0].runtime.uptime], ["quiet", false, null]);

    let since = client.heard.length;
    await client.send("POST", "/api/service/quiet/start");
    await client.hears(({ type, data }) => type === "status_update" && data[0].running === true, since);
    since = client.heard.length;
    assert.equal((await client.send("POST", "/api/settings", { update_interval_seconds: 1 })).json.success, true);
    const { data: settings } = await client.hears(({ type }) => type === "settings_updated", since);
    assert.equal(settings.update_interval_seconds, 1);
    since = client.heard.length;
    await client.hears(({ type }) => type === "status_update", since);
    await client.hears(({ type }) => type === "system_stats", since);
    const old = new Set(["status_update", "system_stats", "settings_updated", "service_added", "service_deleted"]);
    assert.deepEqual(
      client.heard.filter(({ type }) => !old.has(type)),
      [],
    );
  });

  it("is refused as before: names, ports, unknown services", async () => {
    await using running = await open();
    const { client } = running;
    const first = { name: "first", kind: "backend", start_cmd: "sleep 1", ports: [45_821] };
    await client.send("POST", "/api/service/add", first);
    const taken = await client.send("POST", "/api/service/add", { ...first, ports: [] });
    const claimed = await client.send("POST", "/api/service/add", { ...first, name: "second" });
    assert.deepEqual([taken.status, claimed.status], [409, 400]);
    for (const { json } of [taken, claimed]) {
      assertShape(json.detail, { message: "string", issues: "list", warnings: "list" }, "detail");
      assert.equal(json.detail.issues.length, 1);
      assert.equal(json.success, false);
    }
    assert.match(claimed.json.detail.issues[0], /45821.*"first"/);
    assert.deepEqual(Object.entries(await client.get("/api/port-conflicts")).slice(0, 2), [
      ["has_conflicts", false],
      ["conflicts", {}],
    ]);
    await client.send("POST", "/api/settings", { check_port_conflicts: false });
    const warned = await client.send("POST", "/api/service/add", { ...first, name: "second" });
    assert.deepEqual([warned.status, warned.json.warnings.length], [200, 1]);
    const { has_conflicts, conflicts } = await client.get("/api/port-conflicts");
    assert.deepEqual(
      { has_conflicts, conflicts },
      { has_conflicts: true, conflicts: { "45821": ["first", "second"] } },
    );

    const acts = ["POST /start", "POST /stop", "POST /restart", "POST /scan-ports", "DELETE "];
    for (const act of acts) {
      const [method = "", rest = ""] = act.split(" ");
      const { status, json } = await client.send(method, `/api/service/no%20such${rest}`);
      assert.deepEqual([status, json.success, json.detail], [404, false, 'There is no service "no such"'], act);
    }
    const unknown = await client.send("POST", "/api/service/add", { ...first, name: "third", start_command: "x" });
    assert.deepEqual([unknown.status, unknown.json.issues[0].path], [422, "start_command"]);
  });

  it("stops all of a kind in any case, and keeps its settings and samples as they are", async () => {
    await using running = await open();
    const { client } = running;
    for (const [name, kind] of Object.entries({ a: "backend", b: "Backend", c: "frontend" })) {
      await client.send("POST", "/api/service/add", { name, kind, start_cmd: "exec sleep 1000" });
      await client.send("POST", `/api/service/${name}/start`);
    }
    const stopped = await client.send("POST", "/api/bulk/stop/BackEnd");
    assert.deepEqual(stopped.json, { success: true, message: stopped.json.message, count: 2 });
    const rows: Json[] = await client.get("/api/status");
    assert.deepEqual(
      rows.map(({ name, kind, running: runs }) => [name, kind, runs]),
      [
        ["a", "backend", false],
        ["b", "backend", false],
        ["c", "frontend", true],
      ],
    );
    assert.equal((await client.send("POST", "/api/bulk/stop/nothing")).status, 422);

    const settings = sample("settings.json");
    assert.equal((await client.send("POST", "/api/settings", settings)).json.success, true);
    // Ours may hold more.
    const answered = await client.get("/api/settings");
    assert.deepEqual({ ...answered, ...settings }, answered);
    for (const definition of sample("services_config.json")) {
      assert.equal((await client.send("POST", "/api/service/add", definition)).status, 200, definition.name);
      const found = (await client.get("/api/services")).find(({ name }: Json) => name === definition.name);
      for (const field of Object.keys(definition)) assert.deepEqual(found[field], definition[field], field);
    }
    const { status, services_count, version } = await client.get("/health");
    assert.deepEqual([status, services_count, typeof version], ["healthy", 6, "string"]);
  });

  it("reads in runtime what went wrong: the last three ends, the newest last", async () => {
    await using running = await open();
    const { client } = running;
    const start_cmd = "echo dying; exit 7";
    await client.send("POST", "/api/service/add", {
      name: "crasher",
      start_cmd,
      restart: { max: 3, backoff: { initial: 0.01 } },
    });
    const started = await client.send("POST", "/api/service/crasher/start");
    assert.deepEqual([started.status, started.json.success, typeof started.json.detail], [409, false, "string"]);
    let runtime: Json;
    do [{ runtime }] = await client.get("/api/status");
    while (runtime.errors.length < 3);
    assert.match(runtime.last_error, /^exit 7/);
    for (const error of runtime.errors) {
      assertShape(error, { timestamp: "string", message: "string" }, "an error");
      assert.ok(Number.isFinite(Date.parse(error.timestamp)));
    }
    assert.equal(runtime.errors.at(-1).message, runtime.last_error);
  });
});

function assertStatus(status: Json, definition: Json): void {
  for (const field of ["name", "kind", "ports", "api_url", "tailscale_url", "description"]) {
    assert.deepEqual(status[field], definition[field], field);
  }
  assert.equal(status.running, true);
  assert.deepEqual(status.detected_ports, definition.ports);
  const [port] = status.port_status;
  assert.deepEqual([port.port, port.in_use, port.accessible], [definition.ports[0], true, true]);
  assert.equal(status.pid_count, status.processes.length);
  const [process] = status.processes;
  assertShape(
    process,
    { pid: "number", name: "string", cpu: "number", memory: "number", create_time: "number" },
    "a process",
  );
  assert.ok(Math.abs(process.create_time - Date.now() / 1000) < 60, `created at ${process.create_time}`);
  assert.ok(process.memory > 1_000_000, `${process.memory} bytes`);
  const { runtime } = status;
  assert.deepEqual(Object.keys(runtime), ["uptime", "start_time", "errors", "restart_count", "last_error"]);
  assert.match(runtime.uptime, /^(?:\d+d \d+h \d+m|\d+h \d+m|\d+m \d+s)$/);
  assert.ok(Math.abs(Date.parse(runtime.start_time) - Date.now()) < 60_000);
  assert.deepEqual([runtime.errors, runtime.restart_count, runtime.last_error], [[], 0, null]);
}
