import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceSpecSchema, type ServiceInput, type ServiceSpec } from "./service.ts";
import { tailherdFileSchema, toFileService, toServiceInput } from "./tailherd-file.ts";

/** Through the file's words and back, in a directory whose relative paths are none. */
function roundTrip(spec: ServiceSpec): ServiceSpec {
  const file = tailherdFileSchema.parse({ services: { [spec.name]: toFileService(spec) } });
  const service = file.services?.[spec.name];
  assert.ok(service);
  const { working_dir: directory, ...input } = toServiceInput(spec.name, service);
  const home = directory === "~" ? null : (directory?.replace(/^~\//, "") ?? null);
  return serviceSpecSchema.parse({ ...input, working_dir: home });
}

const specs: ServiceInput[] = [
  { name: "line", start_cmd: "a | b" },
  { name: "words", argv: ["a", "b c"], working_dir: "/srv", env: { A: "1" }, ports: [80], autostart: true },
  { name: "home", argv: ["a"], working_dir: "app" },
  { name: "watched", match_keywords: ["redis-server"] },
  {
    name: "all of it",
    kind: "frontend",
    start_cmd: "x",
    restart: { policy: "never", max: null, backoff: { initial: "2s" } },
    stop: { signal: "SIGINT" },
    hooks: { pre_start: "y" },
    limits: { memory: "512M", cpu: 0.5 },
    logs: { max_size: "2M" },
    labels: { tier: "front" },
    instances: 3,
    placement: { servers: ["nas"], tags: ["eu", "disk"] },
    user: "www-data",
    env_file: "/etc/x.env",
    secrets: ["TOKEN"],
    api_url: "http://localhost:1/",
    description: "words",
    reload: { signal: "SIGHUP" },
    sockets: [
      { name: "web", port: 8080 },
      { host: "::1", port: 8081 },
    ],
    depends_on: { db: { condition: "healthy", restart: true }, "set up": { condition: "completed" }, log: {} },
    checks: [
      { name: "web", kind: "http", path: "/health", port: 81, interval: "2s", timeout: "500ms", headers: { a: "b" } },
      { name: "tls", kind: "http", url: "https://nas/", tls: { server_name: "nas.example" }, status: [204, "3xx"] },
      { name: "db", kind: "tcp", port: 5432, role: "readiness", failures: 1 },
      { name: "own", kind: "exec", command: ["a", "b c"], role: "startup", initial_delay: 3 },
      { name: "line", kind: "exec", command: "-" },
      { name: "said", kind: "log", match: "-", expect: "absent", within: 60 },
      { name: "beat", kind: "heartbeat", file: "run/beat", within: 5 },
      { name: "calls", kind: "heartbeat", url: true },
      { name: "up", kind: "notify", role: "startup" },
      { name: "pings", kind: "notify", within: "10s" },
    ],
  },
];

for (const input of specs) {
  test(`the definition "${input.name}" survives the file's words`, () => {
    const spec = serviceSpecSchema.parse(input);
    assert.deepEqual(roundTrip(spec), spec);
  });
}

test("toFileService() writes checks by name, with what they cannot do without and what differs", () => {
  const checks = [
    { name: "web", kind: "http" as const, port: 80 },
    { name: "line", kind: "exec" as const, command: "-" },
  ];
  const spec = serviceSpecSchema.parse({ name: "web", start_cmd: "x", working_dir: "/srv", checks });
  const written = { web: { kind: "http", port: 80 }, line: { kind: "exec", command: "-" } };
  assert.deepEqual(toFileService(spec).checks, written);
});

test("toFileService() writes only what differs from the defaults, command first", () => {
  const spec = serviceSpecSchema.parse({
    name: "web",
    start_cmd: "x",
    working_dir: "/srv",
    restart: { policy: "always" },
  });
  assert.deepEqual(toFileService(spec), { command: "x", working_dir: "/srv", restart: "always" });
  assert.equal(Object.keys(toFileService(spec))[0], "command");
});

test("toServiceInput() takes what compose files say of dependencies, and sockets as addresses", () => {
  const depends_on = { db: { condition: "service_healthy" }, job: { condition: "service_completed_successfully" } };
  const sockets = ["127.0.0.1:80", "[::1]:81", "82", 83, { name: "web", port: "84" }];
  const file = tailherdFileSchema.parse({
    services: { a: { command: "x", depends_on, sockets }, b: { command: "x", depends_on: ["a"] } },
  });
  const spec = (name: "a" | "b"): ServiceSpec => {
    const service = file.services?.[name];
    assert.ok(service);
    return serviceSpecSchema.parse(toServiceInput(name, service));
  };
  assert.deepEqual(spec("a").depends_on, {
    db: { condition: "healthy", restart: false },
    job: { condition: "completed", restart: false },
  });
  const places = spec("a").sockets.map(({ host, port }) => `${host} ${port}`);
  assert.deepEqual(places, ["127.0.0.1 80", "::1 81", "127.0.0.1 82", "127.0.0.1 83", "127.0.0.1 84"]);
  assert.deepEqual(spec("b").depends_on, { a: { condition: "started", restart: false } });
});
