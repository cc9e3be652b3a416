import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { toFieldIssues } from "./errors.ts";
import { timeoutOf } from "./checks.ts";
import { nameSchema } from "./names.ts";
import { serviceSpecSchema } from "./service.ts";

/** Paths that a definition is refused for. */
function refusedPaths(input: unknown): string[] {
  const result = serviceSpecSchema.safeParse(input);
  return result.success ? [] : toFieldIssues(result.error).map(({ path }) => path);
}

describe("nameSchema", () => {
  it("takes letters of any script, in NFC", () => {
    assert.equal(nameSchema.parse("Müllwerk worker 2"), "Müllwerk worker 2");
    assert.equal(nameSchema.parse("Mu\u0308ll"), "M\u00fcll");
    assert.equal(nameSchema.parse("データ.v2_x-1"), "データ.v2_x-1");
  });

  it("refuses paths, options, markup and control characters", () => {
    for (const name of [
      "",
      " ",
      "../x",
      "a/b",
      "-rf",
      ".hidden",
      "<b>",
      "a\nb",
      "a\0b",
      "$(x)",
      "a;b",
      "x".repeat(65),
    ]) {
      assert.equal(nameSchema.safeParse(name).success, false, JSON.stringify(name));
    }
  });

  it("is stable: what it returns it takes again unchanged", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 70 }), (text) => {
        const result = nameSchema.safeParse(text);
        if (result.success) assert.equal(nameSchema.parse(result.data), result.data);
      }),
    );
  });
});

describe("serviceSpecSchema", () => {
  it("fills every default, and parsing again changes nothing", () => {
    const spec = serviceSpecSchema.parse({ name: "api", start_cmd: "uvicorn main:app" });
    assert.equal(spec.stop.grace, 10);
    assert.equal(spec.restart.max, 10);
    assert.equal(spec.kind, "other");
    assert.deepEqual(serviceSpecSchema.parse(spec), spec);
  });

  it("refuses NUL, at which the kernel would cut", () => {
    const nul = "a\0b";
    const spec = { name: "api", working_dir: nul, env_file: nul, env: { A: nul } };
    assert.deepEqual(refusedPaths({ ...spec, argv: ["echo", nul] }), ["argv.1", "working_dir", "env.A", "env_file"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: nul }), ["start_cmd"]);
  });

  it("reads durations and sizes with units", () => {
    const spec = serviceSpecSchema.parse({
      name: "api",
      start_cmd: "x",
      stop: { grace: "1.5s" },
      limits: { memory: "64M" },
    });
    assert.equal(spec.stop.grace, 1.5);
    assert.equal(spec.limits.memory, 67_108_864);
  });

  it("names the path of each wrong field", () => {
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", ports: [80, 70_000] }), ["ports.1"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", restart: { backoff: { max: "soon" } } }), [
      "restart.backoff.max",
    ]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", prots: [80] }), ["prots"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", stop: { singal: "SIGTERM" } }), ["stop.singal"]);
  });

  it("wants one command, unless keywords find a process", () => {
    assert.deepEqual(refusedPaths({ name: "api" }), ["start_cmd"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", argv: ["x"] }), ["argv"]);
    assert.deepEqual(refusedPaths({ name: "api", match_keywords: ["postgres"] }), []);
  });

  it("takes checks with their defaults, and parsing again changes nothing", () => {
    const checks = [
      { name: "web", kind: "http" },
      { name: "db", kind: "tcp", port: 5432, interval: "2s" },
    ] as const;
    const spec = serviceSpecSchema.parse({ name: "api", start_cmd: "x", ports: [80], checks });
    const [web, db] = spec.checks;
    assert.deepEqual([web?.role, web?.interval, web?.failures, web?.successes], ["liveness", 10, 3, 1]);
    assert.ok(db?.kind === "tcp" && web?.kind === "http");
    assert.deepEqual([timeoutOf(db), timeoutOf(web)], [2000, 5000]);
    assert.deepEqual(serviceSpecSchema.parse(spec), spec);
  });

  it("names what is wrong with a check", () => {
    const refused = (...checks: object[]): string[] => refusedPaths({ name: "api", start_cmd: "x", checks });
    assert.deepEqual(refused({ name: "a", kind: "tcp" }), ["checks.0.port"]);
    assert.deepEqual(refused({ name: "a", kind: "tcp", port: 1 }, { name: "a", kind: "exec", command: "x" }), [
      "checks.1.name",
    ]);
    assert.deepEqual(refused({ name: "a", kind: "exec", command: "x", interval: 1, timeout: 2 }), ["checks.0.timeout"]);
    assert.deepEqual(refused({ name: "a b", kind: "log", match: "**" }), ["checks.0.name", "checks.0.match"]);
    assert.deepEqual(refused({ name: "a", kind: "ping" }), ["checks.0.kind"]);
    assert.deepEqual(refused({ name: "a", kind: "log", match: "x", timeout: 1 }), ["checks.0.timeout"]);
    const http = { name: "a", kind: "http" };
    assert.deepEqual(refused({ ...http, url: "http://a/", path: "/", port: 1, tls: {} }), [
      "checks.0.path",
      "checks.0.port",
      "checks.0.tls",
    ]);
    assert.deepEqual(refused({ ...http, url: "file:///etc/passwd" }), ["checks.0.url"]);
    assert.deepEqual(refused({ ...http, url: "http://me:secret@nas/" }), ["checks.0.url"]);
    assert.deepEqual(refused({ ...http, port: 1, headers: { a: "b\r\nc: d" } }), ["checks.0.headers.a"]);
    assert.deepEqual(refused({ ...http, port: 1, headers: { "Content-Length": "1" } }), [
      "checks.0.headers.Content-Length",
    ]);
    assert.deepEqual(refused({ ...http, port: 1, status: ["399-200"] }), ["checks.0.status.0"]);
    assert.deepEqual(refused({ ...http, port: 1, path: "/a b" }), ["checks.0.path"]);
  });

  it("refuses keywords that would match everything, links that run code, and odd environment names", () => {
    assert.deepEqual(refusedPaths({ name: "api", match_keywords: ["ab"] }), ["match_keywords.0"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", api_url: "javascript:alert(1)" }), ["api_url"]);
    assert.deepEqual(refusedPaths({ name: "api", start_cmd: "x", env: { "A;B": "1" } }), ["env.A;B"]);
    const api = { name: "api", start_cmd: "x" };
    assert.deepEqual(refusedPaths({ ...api, depends_on: { api: {} } }), ["depends_on.api"]);
    assert.deepEqual(refusedPaths({ ...api, sockets: [{ port: 80 }, { port: 80 }] }), ["sockets.1.port"]);
    assert.deepEqual(refusedPaths({ ...api, sockets: [{ host: "localhost", port: 80 }] }), ["sockets.0.host"]);
  });
});
