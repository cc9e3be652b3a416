// What is wrong with a request is told as problem details, with the path of each wrong field; limits hold before anything is parsed.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { problemSchema } from "../../src/contract/errors.ts";
import { startTestHub, type Reply, type TestHub } from "../support/hub.ts";

const ADD = "POST /api/service/add";
const good = { name: "api", start_cmd: "sleep 9" };

function assertProblem(reply: Reply, status: number, code: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.headers["content-type"], "application/problem+json");
  const problem = problemSchema.parse(reply.json);
  assert.deepEqual([problem.status, problem.code, problem.success], [status, code, false]);
  assert.ok(!reply.text.includes(".ts:"), "no stack");
}

function pathsOf(reply: Reply): string[] {
  return (reply.json.issues as { path: string }[]).map(({ path }) => path);
}

/** Sends text as it stands and reads until the hub closes. */
async function raw(hub: TestHub, text: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: hub.port });
  let answer = "";
  socket.on("data", (chunk: Buffer) => (answer += chunk.toString()));
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("a wrong field", () => {
  it("is 422 with its path and what is allowed, all of them at once", async () => {
    await using hub = await startTestHub();
    const body = { ...good, kind: "daemon", ports: [80, 0], restart: { backoff: { factor: 99 } }, colour: "red" };
    const reply = await hub.request(ADD, { body });
    assertProblem(reply, 422, "invalid");
    assert.deepEqual(pathsOf(reply).sort(), ["colour", "kind", "ports.1", "restart.backoff.factor"]);
    assert.match(reply.json.issues[0].message, /backend/);
    assert.deepEqual((await hub.request("GET /api/services")).json, []);
  });

  it("is told for settings, patches, queries and kinds too", async () => {
    await using hub = await startTestHub();
    await hub.request(ADD, { body: good });
    for (const [key, body, path] of [
      ["POST /api/settings", { update_interval_seconds: 0 }, "update_interval_seconds"],
      ["POST /api/settings", { storage_paths: { logs: 1 } }, "storage_paths.logs"],
      ["POST /api/settings", { theme: "neon" }, "theme"],
      ["PATCH /api/services/api", { stop: { grace: "soon" } }, "stop.grace"],
      ["PATCH /api/services/api", { name: "other" }, "name"],
      ["PUT /api/services/api", { ...good, name: "other" }, "name"],
      ["POST /api/bulk", { action: "explode", services: ["api"] }, "action"],
      ["POST /api/bulk/stop/daemons", undefined, "kind"],
      ["GET /api/services/api/logs?limit=0", undefined, "limit"],
      ["GET /api/services/api/logs?lines=5", undefined, "lines"],
    ] as const) {
      const reply = await hub.request(key, body === undefined ? {} : { body });
      assertProblem(reply, 422, "invalid");
      assert.deepEqual(pathsOf(reply), [path], key);
    }
  });

  it("cannot be a prototype: such a key is left out", async () => {
    await using hub = await startTestHub();
    await hub.request(ADD, { body: good });
    const reply = await hub.request("PATCH /api/services/api", { raw: '{"__proto__":{"polluted":1},"env":{"A":"1"}}' });
    assert.deepEqual([reply.status, reply.json.env], [200, { A: "1" }]);
    assert.ok(!reply.text.includes("polluted"));
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });
});

describe("an unknown name", () => {
  it("is 404 with detail on every route that takes one, whatever it is made of", async () => {
    await using hub = await startTestHub();
    for (const name of ["nothing", "..%2F..%2Fetc%2Fpasswd", "%00", "a".repeat(200), "%E0%A4%A"]) {
      for (const [method, rest] of [
        ["GET", ""],
        ["DELETE", ""],
        ["POST", "/start"],
        ["GET", "/logs"],
        ["GET", "/spec"],
        ["GET", "/series"],
        ["GET", "/exits"],
        ["GET", "/processes"],
        ["GET", "/logs/follow"],
      ] as const) {
        assertProblem(await hub.request(`${method} /api/services/${name}${rest}`), 404, "not_found");
      }
      assertProblem(await hub.request(`POST /api/service/${name}/start`), 404, "not_found");
      assertProblem(await hub.request(`DELETE /api/service/${name}`), 404, "not_found");
    }
    assertProblem(await hub.request("POST /api/bulk", { body: { action: "stop", services: ["x"] } }), 404, "not_found");
    assertProblem(await hub.request("GET /api/operations/x"), 404, "not_found");
    assertProblem(await hub.request("GET /api/no/such/route"), 404, "not_found");
  });
});

describe("a body", () => {
  it("must be JSON, say so, be plain, small and flat", async () => {
    await using hub = await startTestHub();
    assertProblem(await hub.request(ADD, { raw: "{nope" }), 400, "bad_json");
    assertProblem(await hub.request(ADD, { raw: "" }), 400, "bad_json");
    assertProblem(await hub.request(ADD, { raw: "{}", headers: { "content-type": "text/plain" } }), 415, "wrong_type");
    assertProblem(
      await hub.request(ADD, { raw: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }),
      415,
      "wrong_type",
    );
    assertProblem(await hub.request(ADD, { raw: "{}", headers: { "content-encoding": "gzip" } }), 415, "wrong_type");
    assertProblem(await hub.request(ADD, { body: { ...good, description: "x".repeat(300_000) } }), 413, "too_large");
    assertProblem(await hub.request(ADD, { raw: `${"[".repeat(21)}${"]".repeat(21)}` }), 422, "invalid");
    assertProblem(await hub.request(ADD, { raw: `{"name":"${"[".repeat(100)}"}` }), 422, "invalid");
    assertProblem(await hub.request(ADD, { raw: "[".repeat(200_000) }), 422, "invalid");
  });

  it("without a length is cut off at the limit", async () => {
    await using hub = await startTestHub();
    const head = `POST /api/service/add HTTP/1.1\r\nHost: 127.0.0.1:${hub.port}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
    assert.match(await raw(hub, head + chunk.repeat(5)), /^HTTP\/1\.1 413 /);
  });

  it("may be larger where whole files come in", async () => {
    await using hub = await startTestHub();
    const services = Array.from({ length: 500 }, (_, i) => ({
      name: `s${i}`,
      kind: "other",
      start_cmd: `sleep ${i} # ${"x".repeat(600)}`,
    }));
    const reply = await hub.request("POST /api/import", { body: { services, dry_run: true } });
    assert.equal(reply.status, 200);
    assert.equal(reply.json.added.length, 500);
  });
});

describe("a request", () => {
  it("with an unknown method is 405 and told which there are", async () => {
    await using hub = await startTestHub();
    const reply = await hub.request("PUT /api/settings");
    assertProblem(reply, 405, "method_not_allowed");
    assert.equal(reply.headers.allow, "GET, POST");
  });

  it("may have a hundred headers", async () => {
    await using hub = await startTestHub();
    const many = Object.fromEntries(Array.from({ length: 110 }, (_, i) => [`x-${i}`, "y"]));
    assertProblem(await hub.request("GET /health", { headers: many }), 400, "refused");
  });

  it("that dawdles with its headers is ended", { timeout: 20_000 }, async () => {
    await using hub = await startTestHub();
    assert.match(await raw(hub, "GET /health HTTP/1.1\r\nHost: "), /^HTTP\/1\.1 408 /);
  });

  it("can ask for the head only", async () => {
    await using hub = await startTestHub();
    const reply = await hub.request("HEAD /api/status");
    assert.deepEqual([reply.status, reply.text], [200, ""]);
  });
});
