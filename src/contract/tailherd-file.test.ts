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
  },
];

for (const input of specs) {
  test(`the definition "${input.name}" survives the file's words`, () => {
    const spec = serviceSpecSchema.parse(input);
    assert.deepEqual(roundTrip(spec), spec);
  });
}

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
