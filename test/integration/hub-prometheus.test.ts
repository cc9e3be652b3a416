// GET /metrics: what a real Prometheus makes of it, and that it says what the API says.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { MACHINE_FAMILIES } from "../../src/hub/http/prometheus/machine-families.ts";
import type { InstanceStatus } from "../../src/contract/status.ts";
import { instanceRow } from "../support/fake-agent.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";
import { needs } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { endChild } from "../support/processes.ts";

const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

const CHECKS: InstanceStatus["checks"] = [
  { name: "alive", kind: "http", role: "liveness", state: "passing", reason: null, since: "2026-01-01T00:00:00.000Z" },
  { name: "db", kind: "tcp", role: "readiness", state: "failing", reason: "no", since: "2026-01-01T00:00:00.000Z" },
  { name: "new", kind: "tcp", role: "liveness", state: "waiting", reason: null, since: "2026-01-01T00:00:00.000Z" },
];

/** A hub with a service of two instances, one that is stopped, and a bare node. */
async function startWithServices(): Promise<TestHub> {
  const hub = await startTestHub();
  await hub.request("POST /api/services", { body: { name: "web", start_cmd: "x", instances: 2 } });
  await hub.request("POST /api/services", { body: { name: "idle", start_cmd: "x" } });
  hub.agent.tell(
    instanceRow("web", "running", { cpu: 150, memory: 1000, restart_count: 3, checks: CHECKS, ready: false }),
    instanceRow("web", "running", { index: 1, cpu: 25, memory: 500, restart_count: 4 }),
  );
  hub.agent.tell(instanceRow("idle", "stopped"));
  const { json } = await hub.request("POST /api/servers/register", {
    body: { name: "odd ._-name", host: "odd", metadata: {} },
  });
  const metrics = { cpu_percent: 12.5, 'filesystem_percent[/a"b\\c]': 50, own_metric: 7 };
  await hub.request(`POST /api/servers/${json.server_id}/heartbeat`, { body: { metrics }, token: json.credential });
  hub.agent.tellSamples([{ service: "web", index: 0, cpu: 150, memory: 1000 }]);
  // Notices are taken in before the answer to the next request.
  await hub.request("GET /api/status");
  return hub;
}

/** Samples of a text, by name and labels. */
function read(text: string): Map<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );
}

describe("GET /metrics", { timeout: 60_000 }, () => {
  it("says what the status says, in base units", async () => {
    await using hub = await startWithServices();
    const { headers, text } = await hub.request("GET /metrics");
    assert.equal(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    const samples = read(text);
    for (const service of (await hub.request("GET /api/status")).json) {
      const labels = `server="fake",service="${service.name}"`;
      assert.equal(samples.get(`tailherd_service_up{${labels}}`), service.running ? 1 : 0);
      assert.equal(samples.get(`tailherd_service_desired{${labels}}`), service.desired === "running" ? 1 : 0);
      assert.equal(samples.get(`tailherd_service_instances{${labels}}`), service.instances.length);
      for (const { index, restart_count } of service.instances) {
        assert.equal(samples.get(`tailherd_service_restarts_total{${labels},index="${index}"}`), restart_count);
      }
    }
    const web = 'server="fake",service="web"';
    assert.equal(samples.get(`tailherd_service_instances_up{${web}}`), 2);
    assert.equal(samples.get(`tailherd_service_instances_ready{${web}}`), 1);
    assert.equal(samples.get(`tailherd_check_passing{${web},index="0",check="alive",role="liveness"}`), 1);
    assert.equal(samples.get(`tailherd_check_passing{${web},index="0",check="db",role="readiness"}`), 0);
    assert.ok(!text.includes('check="new"'), "nothing is said of what was not looked at");
    assert.equal(samples.get('tailherd_service_cpu_cores{server="fake",service="web"}'), 1.75);
    assert.equal(samples.get('tailherd_service_memory_bytes{server="fake",service="web"}'), 1500);
    assert.equal(samples.has('tailherd_service_memory_bytes{server="fake",service="idle"}'), false);
    assert.equal(samples.get('tailherd_server_up{server="fake"}'), 1);
    assert.equal(samples.get('tailherd_server_cpu_ratio{server="odd ._-name"}'), 0.125);
    assert.equal(samples.get(String.raw`tailherd_server_filesystem_ratio{server="odd ._-name",mount="/a\"b\\c"}`), 0.5);
    assert.equal(samples.get('tailherd_server_link_up{server="fake"}'), 1);
    assert.equal(samples.get("tailherd_hub_links"), 1);
    assert.equal(samples.get("tailherd_hub_services"), 2);
    assert.ok((samples.get('tailherd_hub_http_requests_total{status="2xx"}') ?? 0) >= 4);
    assert.ok(!text.includes("own_metric") && !text.includes("4711"), "no pid, no name that a node made up");
  });

  it("is for whoever may look, with a token", async () => {
    await using hub = await startTestHub({ noAuth: false });
    assert.equal((await hub.request("GET /metrics")).status, 401);
    const made = await hub.request("POST /api/tokens", { socket: true, body: { name: "prometheus", role: "viewer" } });
    assert.equal((await hub.request("GET /metrics", { token: made.json.secret })).status, 200);
    const page = await hub.request("GET /metrics", { headers: { accept: "text/html,*/*" } });
    assert.equal(page.headers["content-type"], "text/html; charset=utf-8");
  });

  it("leaves out what was measured of a server that is gone", async () => {
    await using hub = await startWithServices();
    assert.ok((await hub.request("GET /metrics")).text.includes("tailherd_service_cpu_cores{"));
    hub.agent.hangUp();
    await hub.request("POST /api/settings", { body: { update_interval_seconds: 1 } });
    const deadline = Date.now() + 20_000;
    while ((await hub.request("GET /api/servers/fake")).json.online && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const samples = read((await hub.request("GET /metrics")).text);
    assert.equal(samples.get('tailherd_server_up{server="fake"}'), 0);
    assert.equal(samples.get('tailherd_server_link_up{server="fake"}'), 0);
    assert.equal(samples.get('tailherd_service_up{server="fake",service="web"}'), 0);
    assert.equal(samples.has('tailherd_service_cpu_cores{server="fake",service="web"}'), false);
    assert.equal(samples.has('tailherd_server_cpu_ratio{server="fake"}'), false);
  });

  it("has every name that the shipped Grafana dashboard asks for", async () => {
    await using hub = await startWithServices();
    // What a machine measures depends on the machine: those names come from the catalogue.
    const machine = new Set([...MACHINE_FAMILIES.values()].map(({ name }) => name));
    const named = [...new Set((await hub.request("GET /metrics")).text.match(/\btailherd_\w+/g))];
    const dashboard = await readFile(join(import.meta.dirname, "../../examples/grafana/tailherd.json"), "utf8");
    const asked = new Set(dashboard.match(/\btailherd_\w+/g));
    assert.ok(asked.size > 20);
    assert.deepEqual(
      [...asked].filter((name) => !machine.has(name) && !named.includes(name)),
      [],
    );
  });

  it("is clean to promtool", async (t) => {
    if (!needs(t, has("promtool"), "promtool (prometheus)")) return;
    await using hub = await startWithServices();
    for (let round = 0; round < 2; round++) {
      const { text } = await hub.request("GET /metrics");
      const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
      assert.deepEqual([status, stdout, stderr], [0, "", ""]);
    }
  });

  it("is scraped by Prometheus, as OpenMetrics", async (t) => {
    if (!needs(t, has("prometheus"), "prometheus")) return;
    await using hub = await startWithServices();
    const open = await hub.request("GET /metrics", {
      headers: { accept: "application/openmetrics-text;version=1.0.0" },
    });
    assert.equal(open.headers["content-type"], "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert.ok(open.text.endsWith("\n# EOF\n"));
    const dir = await mkdtemp(join(tmpdir(), "tailherd-prometheus-"));
    const port = await freePort();
    const job = { job_name: "tailherd", static_configs: [{ targets: [`127.0.0.1:${hub.port}`] }] };
    // All JSON is YAML.
    const config = { global: { scrape_interval: "1s" }, scrape_configs: [job] };
    await writeFile(join(dir, "prometheus.yml"), JSON.stringify(config));
    const flags = [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`];
    const child = spawn("prometheus", [...flags, `--web.listen-address=127.0.0.1:${port}`], { stdio: "ignore" });
    try {
      const query = async (text: string): Promise<string | undefined> => {
        const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(text)}`;
        const answer = await fetch(url).then(
          (response) => response.json(),
          () => undefined,
        );
        const { data } = (answer ?? {}) as { data?: { result: { value: [number, string] }[] } };
        return data?.result[0]?.value[1];
      };
      const deadline = Date.now() + 30_000;
      while ((await query("up")) !== "1") {
        assert.ok(Date.now() < deadline, "Prometheus has not scraped it in 30 s");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.equal(await query('tailherd_service_up{service="web"}'), "1");
      assert.equal(await query('tailherd_service_cpu_cores{service="web"}'), "1.75");
      assert.equal(await query("sum(tailherd_service_restarts_total)"), "7");
      assert.equal(await query('tailherd_server_filesystem_ratio{mount="/a\\"b\\\\c"}'), "0.5");
      assert.equal(await query("count(tailherd_hub_info)"), "1");
    } finally {
      await endChild(child, "SIGTERM");
      await rm(dir, { recursive: true, force: true });
    }
  });
});
