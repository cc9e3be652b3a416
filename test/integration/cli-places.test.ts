// Servers on the command line, against a hub that says what the test wants: which servers -s, -t and --tag mean, and what is asked.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { changedTags } from "../../src/cli/commands/servers.ts";
import type { ServerNode } from "../../src/contract/server.ts";
import type { InstanceState, ServiceStatus } from "../../src/contract/status.ts";
import { runCli, startScriptedHub, type Script, type ScriptedHub } from "../support/cli.ts";
import { instanceRow, statusRow } from "../support/status.ts";

function server(name: string, more: Partial<ServerNode> = {}): ServerNode {
  return {
    id: `id-${name}`,
    name,
    host: name,
    ip: "100.64.0.2",
    tags: [],
    services: [],
    metadata: {},
    last_seen: new Date(Date.now() - 4000).toISOString(),
    last_metrics: { cpu_percent: 12.5, memory_percent: 40, disk_percent: 81 },
    online: true,
    state: "online",
    kind: "agent",
    connected: true,
    agent_version: "0.1.0",
    clock_skew_ms: 3,
    heartbeat_interval: 5,
    locked: false,
    allow_run: false,
    enrolled_at: "2026-01-01T00:00:00.000Z",
    revoked: false,
    joined_with: null,
    ...more,
  };
}

const on = (service: string, place: string, state: InstanceState = "running", stale = false) => ({
  ...instanceRow(service, state),
  server: place,
  server_id: `id-${place}`,
  stale,
});
const placed = (name: string, places: string[], more: Partial<ServiceStatus> = {}): ServiceStatus =>
  statusRow(name, "running", {
    instances: places.map((place) => on(name, place)),
    placed_on: places.map((place) => `id-${place}`),
    ...more,
  });

const fleet = [
  server("hub", { kind: "hub" }),
  server("nas", { tags: ["eu", "disk"] }),
  server("pi", { tags: ["eu"], online: false, state: "offline" }),
];
const services = [
  placed("web", ["nas", "pi"], { labels: { tier: "front" } }),
  placed("disk", ["nas"], { labels: { disk: "1" } }),
  placed("api", ["hub"]),
];
const scripts: Record<string, Script> = { "GET /api/status": () => services, "GET /api/servers": () => fleet };

const act: Script = ({ query }) => ({ success: true, message: `done on ${query.get("server") ?? "all"}`, count: 1 });
const acted = (hub: ScriptedHub): string[] =>
  hub.requests
    .filter(({ key }) => key.startsWith("POST"))
    .map(({ key, query, body }) => `${key.slice("POST /api/".length)} ${query.get("server") ?? JSON.stringify(body)}`);

describe("-s, -t and --tag", () => {
  it("narrow ps to servers, and name the server where there are several", async () => {
    await using hub = await startScriptedHub(scripts);
    const ps = async (...args: string[]): Promise<string> => (await runCli(["ps", ...args], hub)).stdout;
    assert.match(await ps(), /^NAME +SERVER +STATE [^]*^web +nas +running[^]*^web +pi +running/m);
    assert.match(await ps("-s", "nas"), /^NAME +STATE [^]*^web +running[^]*^disk +running/m);
    assert.equal(await ps("-s", "id-nas", "-o", "name"), "web\ndisk\n");
    assert.equal(await ps("-s", "hub", "-s", "pi", "-o", "name"), "web\napi\n");
    assert.equal(await ps("--tag", "eu", "--tag", "disk", "-o", "name"), "web\ndisk\n");
    const unknown = await runCli(["ps", "-s", "nowhere"], hub);
    assert.equal(unknown.code, 4);
    assert.match(unknown.stderr, /There is no server "nowhere"[^]*tailherd servers/);
    assert.match((await runCli(["ps", "--tag", "us"], hub)).stderr, /No server has the tag "us"/);
  });

  it("-t is a label where a service has it, else a tag of servers; --label and --tag are exact", async () => {
    await using hub = await startScriptedHub(scripts);
    const names = async (...args: string[]): Promise<string> =>
      (await runCli(["ps", "-o", "name", ...args], hub)).stdout.trim();
    assert.equal(await names("-t", "tier"), "web");
    assert.equal(await names("-t", "tier=front"), "web");
    assert.ok(!hub.requests.some(({ key }) => key === "GET /api/servers"), "labels need no servers");
    assert.equal(await names("-t", "eu"), "web\ndisk");
    assert.equal(await names("-t", "disk"), "disk");
    assert.equal(await names("--tag", "disk"), "web\ndisk");
    assert.equal(await names("--label", "disk"), "disk");
    assert.equal(await names("-t", "eu", "-t", "tier"), "web");
    assert.equal((await runCli(["ps", "--label", "eu", "-o", "name"], hub)).stdout, "");
  });

  it("an act on some of its servers is one on each, on all of them one on the service", async () => {
    const acts = { ...scripts, "POST /api/services/web/stop": act, "POST /api/services/disk/stop": act };
    const stop = async (...args: string[]): Promise<string[]> => {
      await using hub = await startScriptedHub(acts);
      const { code, stderr } = await runCli(["stop", ...args], hub);
      assert.equal(code, 0, stderr);
      return acted(hub);
    };
    assert.deepEqual(await stop("web", "-s", "nas"), ["services/web/stop id-nas"]);
    assert.deepEqual(await stop("web@pi"), ["services/web/stop id-pi"]);
    assert.deepEqual(await stop("disk@nas"), ["services/disk/stop undefined"]);
    assert.deepEqual(await stop("web", "--tag", "eu"), ["services/web/stop undefined"]);
    assert.deepEqual((await stop("-s", "nas")).toSorted(), [
      "services/disk/stop undefined",
      "services/web/stop id-nas",
    ]);
  });

  it("refuses a service that is not there, and names the part that failed", async () => {
    await using hub = await startScriptedHub({ ...scripts, "POST /api/services/web/stop": act });
    const elsewhere = await runCli(["stop", "api@nas"], hub);
    assert.equal(elsewhere.code, 4);
    assert.match(elsewhere.stderr, /"api" is not placed on nas/);
    const both = await runCli(["stop", "web@nas", "disk/0@nas"], hub);
    assert.equal(both.code, 8);
    assert.match(both.stdout, /^web@nas: done on id-nas$[^]*^disk\/0: failed/m);
  });

  it("a server that is not heard of shows its last word as such", async () => {
    const row = placed("web", ["nas"], { instances: [on("web", "nas"), on("web", "pi", "running", true)] });
    await using hub = await startScriptedHub({ ...scripts, "GET /api/status": () => [row] });
    assert.match((await runCli(["ps"], hub)).stdout, /^web +pi .* pi is not heard of; this was its last word$/m);
  });

  it("top shows servers, the busiest first, where there are several", async () => {
    const stats = { cpu_percent: 1, memory_percent: 2, memory_total_gb: 3, disk_percent: 4, cores: 2 };
    const all = { ...scripts, "GET /api/stats": () => ({ ...stats, load_1: 0, load_5: 0, load_15: 0 }) };
    await using hub = await startScriptedHub(all);
    const { stdout } = await runCli(["top"], hub);
    assert.match(
      stdout,
      /^2 of 3 servers online \| 3 of 3 running$[^]*^hub +online +hub +12\.5%[^]*^pi +offline +agent +- /m,
    );
    assert.match((await runCli(["top", "-s", "pi"], hub)).stdout, /^0 of 1 servers online \| 1 of 1 running$/m);
  });

  it("logs of several servers say which, and each is asked for its own", async () => {
    const line = (text: string, ts: number) => ({ cursor: String(ts), ts, stream: "stdout", text });
    const page: Script = ({ query }) => ({
      lines: [line(`from ${query.get("server") ?? "?"}`, query.get("server") === "id-nas" ? 2 : 1)],
      more_before: false,
      more_after: false,
      dropped: 0,
    });
    const logs = { "GET /api/services/web/status": () => services[0], "GET /api/services/web/logs": page };
    await using hub = await startScriptedHub({ ...scripts, ...logs });
    const { stdout } = await runCli(["logs", "web"], hub);
    assert.equal(stdout, "web@pi  | from id-pi\nweb@nas | from id-nas\n");
    assert.equal((await runCli(["logs", "web", "-s", "nas"], hub)).stdout, "from id-nas\n");
    const json = (await runCli(["logs", "web@pi", "--json"], hub)).stdout;
    assert.equal((JSON.parse(json) as { server_id: string }).server_id, "id-pi");
  });

  it("events of several servers are merged and say where", async () => {
    const event = (seq: number, place: string) => ({
      seq,
      event: {
        type: "service.deleted",
        id: `${seq}`,
        at: "2026-01-01T00:00:00Z",
        service: "web",
        server_id: place,
        index: null,
        by: null,
      },
    });
    const recent: Script = ({ query }) =>
      query.get("server") === "id-nas" ? [event(4, "id-nas"), event(1, "id-nas")] : [event(3, "id-pi")];
    await using hub = await startScriptedHub({ ...scripts, "GET /api/events/recent": recent });
    const { stdout } = await runCli(["events", "-t", "eu"], hub);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((row) => / (web\S+) /.exec(row)?.[1]),
      ["web@nas", "web@pi", "web@nas"],
    );
  });
});

describe("placing", () => {
  it("add and edit say where a service runs", async () => {
    const record = { name: "web", revision: 2, desired: "stopped", warnings: [] };
    await using hub = await startScriptedHub({
      "POST /api/services": () => record,
      "PATCH /api/services/web": () => record,
    });
    assert.equal((await runCli(["add", "web", "--on", "nas", "--on-tag", "eu", "--", "x"], hub)).code, 0);
    const edited = await runCli(["edit", "web", "--on", "nas"], hub);
    assert.equal(edited.stdout, "web: saved as r2.\n");
    const bodies = hub.requests.map(({ body }) => body as Record<string, unknown>);
    assert.deepEqual(bodies[0]?.placement, { servers: ["nas"], tags: ["eu"] });
    assert.equal(bodies[0]?.working_dir, undefined, "this directory means nothing there");
    assert.deepEqual(bodies[1], { placement: { servers: ["nas"], tags: [] } });
  });
});

describe("on another machine", () => {
  it("adopt asks that server, and places the definition there", async () => {
    const process = {
      pid: 7,
      create_time: 5,
      refused: null,
      service: null,
      command: "redis",
      argv: ["redis"],
      ports: [],
      user: "me",
    };
    await using hub = await startScriptedHub({
      "GET /api/processes": () => ({ processes: [process], total: 1 }),
      "GET /api/processes/7/definition": () => ({ spec: { name: "redis", argv: ["redis"] }, process, warnings: [] }),
      "POST /api/services": ({ body }) => body,
    });
    assert.equal((await runCli(["adopt", "-s", "nas", "7"], hub)).code, 0);
    assert.deepEqual(
      hub.requests.map(({ query }) => query.get("server")),
      ["nas", "nas", null],
    );
    const saved = hub.requests.at(-1)?.body as Record<string, unknown>;
    assert.deepEqual(saved.placement, { servers: ["nas"], tags: [] });
  });

  it("the unit of an agent holds no token, and is not written for a machine that is not enrolled", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "tailherd-unit-"));
    const install = ["service", "install", "--user", "--agent"];
    const dry = await runCli(
      [...install, "--dry-run", "--token", "thj_secret", "--locked", "own.yaml", "--allow-run"],
      { dataDir, cwd: "/srv" },
    );
    assert.equal(dry.code, 0);
    assert.match(dry.stderr, /tailherd-agent\.service/);
    assert.match(dry.stdout, /^ExecStart=.* agent --data-dir \S+ --allow-run --locked --file \/srv\/own\.yaml$/m);
    assert.doesNotMatch(dry.stdout, /thj_secret/);
    const bare = await runCli(install, { dataDir });
    rmSync(dataDir, { recursive: true });
    assert.equal(bare.code, 2);
    assert.match(bare.stderr, /not enrolled yet/);
  });
});

describe("tailherd servers and join-token", () => {
  it("lists servers as a table and in the other forms", async () => {
    await using hub = await startScriptedHub(scripts);
    const { stdout } = await runCli(["servers"], hub);
    assert.match(stdout, /^nas +online +agent +12\.5% +40\.0% +81\.0% +0 +eu,disk +\S.*ago +0\.1\.0$/m);
    assert.match(stdout, /^pi +offline +agent +- +- +- /m);
    assert.deepEqual(JSON.parse((await runCli(["servers", "ls", "--json"], hub)).stdout), fleet);
    assert.equal((await runCli(["servers", "--tag", "disk", "-o", "name"], hub)).stdout, "nas\n");
    assert.match((await runCli(["servers", "-o", "wide"], hub)).stdout, /id-nas +nas +100\.64\.0\.2/);
    assert.ok((await runCli(["servers"], { ...hub, terminal: 120 })).stdout.includes("\u001B[31m✖ offline"));
  });

  it("tags are added and taken away in order", async () => {
    assert.deepEqual(changedTags(["a", "b"], ["+c", "-a", "d", "d"]), ["b", "c", "d"]);
    assert.throws(() => changedTags([], ["+"]), /Cannot read "\+"/);
    await using hub = await startScriptedHub({
      "GET /api/servers/nas": () => fleet[1],
      "PATCH /api/servers/id-nas": ({ body }) => ({ ...fleet[1], ...(body as object) }),
    });
    assert.equal((await runCli(["servers", "tag", "nas", "+old", "-eu", "-disk"], hub)).stdout, "nas: old\n");
    const minus = await runCli(["--json", "servers", "tag", "nas", "-old", "+ok"], hub);
    assert.deepEqual((JSON.parse(minus.stdout) as ServerNode).tags, ["eu", "disk", "ok"]);
  });

  it("a join token prints the line to paste, the secret alone, and a warning where nobody else reaches the hub", async () => {
    const urls = ["http://127.0.0.1:8765", "http://100.64.0.1:8765"];
    const made =
      (hub_urls: string[]): Script =>
      ({ body }) => ({
        ...(body as object),
        id: "t",
        secret: "thj_s.f",
        expires_at: "2026-01-01T00:00:00Z",
        tags: ["web"],
        hub_urls,
      });
    await using hub = await startScriptedHub({ "POST /api/join-tokens": made(urls) });
    const { stdout, stderr } = await runCli(["join-token", "--uses", "3", "--expires", "2h", "--tag", "web"], hub);
    assert.match(stdout, /^ {2}tailherd agent --hub http:\/\/100\.64\.0\.1:8765 --token thj_s\.f$/m);
    assert.match(
      stdout,
      /curl -fsS http:\/\/100\.64\.0\.1:8765\/api\/servers\/register -H 'Authorization: Bearer thj_s\.f'/,
    );
    assert.doesNotMatch(stderr, /warning/);
    assert.deepEqual(hub.requests[0]?.body, { uses: 3, tags: ["web"], expires_in_minutes: 120 });
    assert.equal((await runCli(["join-token", "-o", "name"], hub)).stdout, "thj_s.f\n");
    const again = await runCli(["join-token", "--for", "nas"], hub);
    assert.match(again.stdout, /--token thj_s\.f --re-enrol$/m);
    assert.doesNotMatch(again.stdout, /curl/);
    await using local = await startScriptedHub({ "POST /api/join-tokens": made(urls.slice(0, 1)) });
    assert.match((await runCli(["join-token"], local)).stderr, /warning: the hub listens only on its own machine/);
    assert.equal((await runCli(["join-token", "--expires", "soon"], local)).code, 2);
  });
});
