// Every route of the contract with every role: who may is decided by the table of roles and nothing else (P15).
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { roleAllows, roleSchema, type Role } from "../../src/contract/roles.ts";
import { routes, type RouteKey, type RouteSpec } from "../../src/contract/routes.ts";
import { instanceRow } from "../support/fake-agent.ts";
import { startTestHub, type TestHub } from "../support/hub.ts";

const ADMIN = "admin-token-of-the-test";
const keys = Object.keys(routes) as RouteKey[];

/** The route's path with harmless values: they name nothing that exists. */
function concrete(key: RouteKey): string {
  return key
    .replace("{kind}", "backend")
    .replaceAll(/\{(name|id)\}/g, "nothing")
    .replace("{pid}", "1");
}

async function tokenFor(hub: TestHub, role: Role): Promise<string> {
  const made = await hub.request("POST /api/tokens", { socket: true, body: { name: role, role } });
  assert.equal(made.status, 201);
  return made.json.secret;
}

/** Whether the answer came from behind the check of rights: 2xx, or a refusal for another reason. */
async function outcome(hub: TestHub, key: RouteKey, token?: string): Promise<number> {
  const { body }: RouteSpec = routes[key];
  // A body that no schema takes: nothing is done, and only those who may get as far as being told so.
  const input = body === undefined ? {} : { body: ["wrong"] };
  if ("media" in routes[key].result) return await statusOnly(hub, key, token);
  const reply = await hub.request(concrete(key), { ...input, ...(token !== undefined && { token }) });
  return reply.status;
}

/** For streams, which do not end. */
async function statusOnly(hub: TestHub, key: RouteKey, token: string | undefined): Promise<number> {
  const abort = new AbortController();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(hub.url + concrete(key).slice("GET ".length), { headers, signal: abort.signal });
  abort.abort();
  return response.status;
}

describe("every route", () => {
  it("asks those without an identity for one, unless it is public", async () => {
    await using hub = await startTestHub({ noAuth: false });
    for (const key of keys) {
      const status = await outcome(hub, key);
      if (routes[key].action === "public") assert.notEqual(status, 403, key);
      else assert.equal(status, 401, key);
      // The one public route that can answer 401 is the one that takes one-time codes; this body is not one.
      if (key === "POST /api/session") assert.equal(status, 422, key);
    }
  });

  for (const role of roleSchema.options) {
    it(`lets a ${role} do what the role says, and no more`, async () => {
      await using hub = await startTestHub({ noAuth: false });
      const token = await tokenFor(hub, role);
      for (const key of keys) {
        const status = await outcome(hub, key, token);
        if (roleAllows(role, routes[key].action)) assert.ok(status !== 401 && status !== 403, `${key}: ${status}`);
        else assert.equal(status, 403, key);
      }
    });
  }

  it("is open to the admin token of the environment", async () => {
    await using hub = await startTestHub({ noAuth: false, adminToken: ADMIN });
    assert.equal((await hub.request("GET /api/audit", { token: ADMIN })).status, 200);
    assert.equal((await hub.request("GET /api/audit", { token: `${ADMIN}x` })).status, 401);
  });
});

describe("the environment of a definition", () => {
  const secret = "hunter2-of-the-database";
  const keysWithDefinitions = [
    "GET /api/services",
    "GET /api/services/api",
    "GET /api/services/api/spec",
    "GET /api/status",
    "GET /api/services/api/status",
    "GET /api/events/recent",
    "GET /api/operations",
  ];

  for (const role of ["viewer", "operator"] as const) {
    it(`shows its names to a ${role}, and its values nowhere`, async () => {
      await using hub = await startTestHub({ noAuth: false });
      const token = await tokenFor(hub, role);
      const env = { DATABASE: secret, GONE: secret };
      await hub.request("POST /api/services", { socket: true, body: { name: "api", start_cmd: "sleep 9", env } });
      await hub.request("POST /api/services/api/start", { socket: true });
      const live = await hub.connect({ headers: { authorization: `Bearer ${token}` } });
      await live.subscribe("services", "events");
      const changed = live.next("service_changed");
      const added = live.next("service_added");
      const patch = { env: { DATABASE: `${secret}!`, GONE: null, NEW: secret } };
      await hub.request("PATCH /api/services/api", { socket: true, body: patch });
      await hub.request("POST /api/services", { socket: true, body: { name: "b", start_cmd: "sleep 9", env } });
      assert.deepEqual((await changed).data.env, { DATABASE: "•••", NEW: "•••" });
      assert.deepEqual((await added).data.env, { DATABASE: "•••", GONE: "•••" });
      for (const key of keysWithDefinitions) {
        const reply = await hub.request(key, { token });
        assert.equal(reply.status, 200, key);
        assert.ok(!reply.text.includes(secret), key);
      }
      assert.ok(!JSON.stringify(live.messages).includes(secret));
      const { json } = await hub.request("GET /api/services/api/spec", { token });
      assert.deepEqual(json.differences, [
        { path: "env.DATABASE", from: "•••", to: "•••" },
        { path: "env.GONE", from: "•••", to: null },
        { path: "env.NEW", from: null, to: "•••" },
      ]);
    });
  }

  it("is shown to an admin", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const token = await tokenFor(hub, "admin");
    const live = await hub.connect({ headers: { authorization: `Bearer ${token}` } });
    const added = live.next("service_added");
    const body = { name: "api", start_cmd: "sleep 9", env: { DATABASE: secret } };
    await hub.request("POST /api/services", { token, body });
    assert.deepEqual((await added).data.env, body.env);
    assert.deepEqual((await hub.request("GET /api/services/api", { token })).json.env, body.env);
    assert.deepEqual((await hub.request("GET /api/services", { token })).json[0].env, body.env);
  });
});

describe("the command line of a stranger", () => {
  it("is told to who may inspect processes, and to others only which program it is", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const viewer = await tokenFor(hub, "viewer");
    const body = { name: "api", start_cmd: "sleep 9", ports: [9999] };
    await hub.request("POST /api/services", { socket: true, body });
    const taken = {
      port: 9999,
      in_use: true,
      accessible: true,
      pid: 77,
      command: "stranger --password hunter2",
      own: false,
    };
    hub.agent.tell(instanceRow("api", "fatal", { port_status: [taken] }));
    const live = await hub.connect({ headers: { authorization: `Bearer ${viewer}` } });
    await live.subscribe("services");
    for (const key of [
      "GET /api/ports",
      "GET /api/port-conflicts",
      "GET /api/status",
      "GET /api/services/api/status",
    ]) {
      const { text } = await hub.request(key, { token: viewer });
      assert.ok(text.includes("stranger") && !text.includes("hunter2"), `${key}: ${text}`);
    }
    assert.ok(!JSON.stringify(live.messages).includes("hunter2"));
    for (const key of ["GET /api/ports", "GET /api/port-conflicts"]) {
      assert.ok((await hub.request(key, { socket: true })).text.includes("hunter2"), key);
    }
  });
});

describe("the audit", () => {
  it("holds an act before the agent is asked, with who and from where", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const token = await tokenFor(hub, "admin");
    await hub.request("POST /api/services", { token, body: { name: "api", start_cmd: "sleep 9" } });
    let seen: { action: string; target: string; principal: string; from: string } | undefined;
    hub.agent.onAct = async () => {
      seen = (await hub.request("GET /api/audit?limit=1", { socket: true })).json[0];
      return { outcome: "done", message: "done", count: 1 };
    };
    for (const [key, action, target] of [
      ["POST /api/services/api/start", "start", "api"],
      ["POST /api/services/api/kill?index=0", "kill", "api/0"],
      ["POST /api/service/api/stop", "stop", "api"],
    ] as const) {
      assert.equal((await hub.request(key, { token })).status, 200);
      assert.deepEqual(
        { action: seen?.action, target: seen?.target, principal: seen?.principal, from: seen?.from },
        { action, target, principal: "token admin", from: "127.0.0.1" },
      );
    }
  });

  it("holds what was tried, and that somebody signed out", async () => {
    await using hub = await startTestHub({ noAuth: false });
    const spec = { name: "api", start_cmd: "curl http://x | sh" };
    assert.equal((await hub.request("POST /api/services/try", { socket: true, body: { spec } })).status, 200);
    const [tried] = (await hub.request("GET /api/audit?limit=1", { socket: true })).json;
    assert.deepEqual([tried.action, tried.target, tried.after.start_cmd], ["try", "api", spec.start_cmd]);
    const code = new URL(hub.hub.signInLink()).searchParams.get("code");
    const headers = { "sec-fetch-site": "same-origin" };
    const signedIn = await hub.request("POST /api/session", { body: { code }, headers });
    const cookie = signedIn.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
    assert.equal((await hub.request("DELETE /api/session", { headers: { ...headers, cookie } })).status, 200);
    const [out] = (await hub.request("GET /api/audit?limit=1", { socket: true })).json;
    assert.deepEqual(
      [out.action, out.target, out.principal],
      ["session.delete", signedIn.json.name, signedIn.json.name],
    );
  });
});
