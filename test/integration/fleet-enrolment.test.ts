// How servers come in, what a bare one may send, and what none of them may do.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { enrolAgent } from "../../src/agent/agent.ts";
import { joinFleet, joinToken, untilServer } from "../support/fleet.ts";
import { startTestHub, type Reply, type TestHub } from "../support/hub.ts";

const ADMIN = "the-admin-token-of-this-test-0123456789";
const PREDECESSORS_BODY = {
  name: "nas",
  host: "nas.yourtailnet.ts.net",
  ip: "100.64.0.7",
  tags: ["prod", "storage"],
  services: ["Web Frontend"],
  metadata: { os: "linux", cores: 4 },
};

const register = (hub: TestHub, token: string | undefined, more: object = {}): Promise<Reply> =>
  hub.request("POST /api/servers/register", {
    body: { ...PREDECESSORS_BODY, ...more },
    ...(token !== undefined && { token }),
  });
const startClosedHub = (): Promise<TestHub> => startTestHub({ noAuth: false, adminToken: ADMIN });
const tokenOf = async (hub: TestHub, body: object = {}): Promise<string> => {
  const answer = await hub.request("POST /api/join-tokens", { body, token: ADMIN });
  assert.equal(answer.status, 201, answer.text);
  return answer.json.secret;
};

describe("enrolment", { timeout: 60_000 }, () => {
  it("takes the predecessor's body with a join token, once, and gives what heartbeats need", async () => {
    await using hub = await startClosedHub();
    assert.equal((await register(hub, undefined)).status, 401);
    const token = await tokenOf(hub, { tags: ["from-token"] });
    const enrolled = await register(hub, token);
    assert.equal(enrolled.status, 201, enrolled.text);
    const { success, server_id, message, credential } = enrolled.json;
    assert.deepEqual([success, typeof message], [true, "string"]);
    assert.match(server_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const beat = (metrics: object): Promise<Reply> =>
      hub.request(`POST /api/servers/${server_id}/heartbeat`, { body: { metrics }, token: credential });
    assert.deepEqual((await beat({ cpu_percent: 12.5, own: 1 })).json.success, true);
    assert.equal((await beat({ cpu_percent: 20 })).status, 200);
    const server = (await hub.request("GET /api/servers/nas", { token: ADMIN })).json;
    assert.deepEqual(
      [server.kind, server.online, server.services, server.last_metrics, server.tags],
      ["bare", true, ["Web Frontend"], { cpu_percent: 20 }, ["from-token", "prod", "storage"]],
    );
    const { history } = (await hub.request(`GET /api/metrics/${server_id}`, { token: ADMIN })).json;
    assert.deepEqual(
      history.map(({ ts, ...metrics }: Record<string, unknown>) => [typeof ts, metrics]),
      [
        ["string", { cpu_percent: 12.5, own: 1 }],
        ["string", { cpu_percent: 20 }],
      ],
    );
    const used = await register(hub, token, { name: "another" });
    const wrong = await register(hub, `${token}x`, { name: "another" });
    assert.deepEqual([used.status, wrong.status], [401, 401]);
    assert.equal(used.json.detail, wrong.json.detail, "which of the two it was is not told");
  });

  it("lets a credential tell of its own server, and nothing else", async () => {
    await using hub = await startClosedHub();
    const token = await tokenOf(hub, { uses: 2 });
    const nas = (await register(hub, token)).json;
    const pi = (await register(hub, token, { name: "pi" })).json;
    const asNas = { token: nas.credential };
    const foreign = await hub.request(`POST /api/servers/${pi.server_id}/heartbeat`, {
      body: { metrics: {} },
      ...asNas,
    });
    assert.equal(foreign.status, 403);
    for (const route of ["GET /api/servers", "GET /api/services", "GET /api/whoami-not", "POST /api/join-tokens"]) {
      const body = route.startsWith("POST") ? { body: {} } : {};
      assert.ok((await hub.request(route, { ...asNas, ...body })).status >= 403, route);
    }
    assert.equal((await register(hub, nas.credential, { name: "third" })).status, 403);
    const revoked = await hub.request(`POST /api/servers/${nas.server_id}/revoke`, { token: ADMIN });
    assert.deepEqual([revoked.status, revoked.json.revoked], [200, true]);
    const beat = await hub.request(`POST /api/servers/${nas.server_id}/heartbeat`, { body: { metrics: {} }, ...asNas });
    assert.equal(beat.status, 401);
  });

  it("names the limit of a heartbeat that breaks one, and keeps nothing of it", async () => {
    await using hub = await startClosedHub();
    const { server_id, credential } = (await register(hub, await tokenOf(hub))).json;
    const beat = (raw: string): Promise<Reply> =>
      hub.request(`POST /api/servers/${server_id}/heartbeat`, { raw, token: credential });
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`m${at}`, at]));
    const refusals: [string, number, RegExp][] = [
      ['{"metrics":{"cpu_percent":"a lot"}}', 422, /must be a number/],
      ['{"metrics":{"cpu_percent":NaN}}', 400, /JSON/],
      ['{"metrics":{"cpu_percent":1e999}}', 422, /number/],
      [JSON.stringify({ metrics: many }), 413, /64 KiB/],
      [JSON.stringify({ metrics: Object.fromEntries(Object.entries(many).slice(0, 600)) }), 422, /512/],
      [`{"metrics":{"cpu_percent":1},"x":"${"a".repeat(1024 * 1024)}"}`, 413, /64 KiB/],
      [JSON.stringify({ metrics: { ["n".repeat(129)]: 1 } }), 422, /128/],
      ['{"metrics":{"<script>":1}} ', 200, /./],
    ];
    for (const [raw, status, words] of refusals) {
      const answer = await beat(raw);
      assert.equal(answer.status, status, `${raw.slice(0, 60)} ${answer.text.slice(0, 200)}`);
      assert.match(answer.text, words);
      if (status === 200) continue;
      const { json } = await hub.request(`GET /api/servers/${server_id}`, { token: ADMIN });
      assert.deepEqual([json.last_metrics, json.last_seen], [{}, null]);
    }
    const unknown = await hub.request("POST /api/servers/none/heartbeat", { body: { metrics: {} }, token: ADMIN });
    assert.equal(unknown.status, 404);
  });

  it("needs no token where nobody needs one, and keeps the id of a server that registers again", async () => {
    await using hub = await startTestHub();
    const first = (await register(hub, undefined)).json;
    const again = (await register(hub, undefined, { ip: "100.64.0.8" })).json;
    assert.equal(again.server_id, first.server_id);
    const server = (await hub.request("GET /api/servers/nas")).json;
    assert.deepEqual([server.ip, server.host], ["100.64.0.8", PREDECESSORS_BODY.host]);
  });

  it("renames, tags and removes; a taken name is refused, the hub's own machine stays", async () => {
    await using hub = await startTestHub();
    await register(hub, undefined);
    await using web = await joinFleet(hub, "web");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const patch = (id: string, body: object): Promise<Reply> => hub.request(`PATCH /api/servers/${id}`, { body });
    assert.equal((await patch("nas", { name: "web" })).status, 409);
    assert.equal((await patch("nas", {})).status, 422);
    assert.equal((await patch("none", { name: "x" })).status, 404);
    const renamed = await patch("web", { name: "front", tags: ["a", "a", "b"] });
    assert.deepEqual([renamed.json.id, renamed.json.name, renamed.json.tags], [web.id, "front", ["a", "b"]]);
    const [own] = (await hub.request("GET /api/servers")).json;
    assert.equal((await hub.request(`DELETE /api/servers/${own.id}`)).status, 400);
    assert.equal((await hub.request("DELETE /api/servers/front")).status, 200);
    assert.equal((await hub.request("GET /api/servers/front")).status, 404);
    const actions = (await hub.request("GET /api/audit")).json.map(({ action }: { action: string }) => action);
    for (const act of ["server.enrol", "server.change", "server.remove"]) assert.ok(actions.includes(act), act);
  });

  it("keeps what is placed by a server's name there, running, when the server is renamed", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const add = async (name: string, servers: string[]): Promise<void> => {
      const body = { name, start_cmd: "exec sleep 1000", working_dir: "/", autostart: true, placement: { servers } };
      const added = await hub.request("POST /api/services", { body });
      assert.equal(added.status, 201, added.text);
    };
    await add("pinned", ["web"]);
    await add("elsewhere", ["nowhere"]);
    const pidOf = async (): Promise<number> => {
      const started = await hub.request("POST /api/services/pinned/start");
      assert.equal(started.status, 200, started.text);
      return (await hub.request("GET /api/services/pinned/status")).json.instances[0].pid;
    };
    const pid = await pidOf();
    assert.equal(typeof pid, "number");
    assert.equal((await hub.request("PATCH /api/servers/web", { body: { name: "front" } })).status, 200);
    const pinned = (await hub.request("GET /api/services/pinned")).json;
    assert.deepEqual([pinned.placement.servers, pinned.revision], [["front"], 2]);
    assert.equal((await hub.request("GET /api/services/elsewhere")).json.revision, 1);
    const status = (await hub.request("GET /api/services/pinned/status")).json;
    assert.deepEqual([status.placed_on, status.state], [[web.id], "running"]);
    assert.equal(await pidOf(), pid);
    assert.deepEqual((await hub.request("GET /api/servers/front")).json.services, ["pinned"]);
  });

  it("enrols a known agent again with a token made for it, under its id; the key before does not count any more", async () => {
    await using hub = await startTestHub();
    await using web = await joinFleet(hub, "web");
    await untilServer(hub, web.id, ({ connected }) => connected);
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-again-"));
    try {
      const plain = enrolAgent(dataDir, { hubUrl: hub.url, token: await joinToken(hub), name: "web", tags: [] });
      await assert.rejects(plain, /another server has it/);
      const token = await joinToken(hub, { server_id: web.id });
      const again = await enrolAgent(dataDir, { hubUrl: hub.url, token, name: "web", tags: [] });
      assert.equal(again.server_id, web.id);
      await untilServer(hub, web.id, ({ connected }) => !connected);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });

  it("is refused by an agent that meets another hub than its token names", async () => {
    await using hub = await startTestHub();
    await using other = await startTestHub();
    const dataDir = await mkdtemp(join(tmpdir(), "tailherd-mitm-"));
    try {
      const [secret] = (await joinToken(other)).split(".");
      const [, fingerprint] = (await joinToken(hub)).split(".");
      // The other hub takes any token here; what it cannot have is the first one's key.
      const enrolled = enrolAgent(dataDir, {
        hubUrl: other.url,
        token: `${secret}.${fingerprint}`,
        name: "x",
        tags: [],
      });
      await assert.rejects(enrolled, /not let you in|not the one that the token names/);
    } finally {
      await rm(dataDir, { recursive: true });
    }
  });
});
