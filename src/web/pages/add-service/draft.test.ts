import assert from "node:assert/strict";
import { test } from "node:test";
import { EMPTY_DRAFT, fromDefinition, toDefinition } from "./draft.ts";

test("toDefinition() sends only what differs from the defaults", () => {
  const { definition, issues } = toDefinition({ ...EMPTY_DRAFT, name: " api ", command: "node server.js" });
  assert.deepEqual(definition, { name: "api", kind: "other", start_cmd: "node server.js", autostart: true });
  assert.deepEqual(issues, []);
});

test("toDefinition() reads ports, keywords, pairs and limits", () => {
  const { definition } = toDefinition({
    ...EMPTY_DRAFT,
    name: "api",
    form: "argv",
    command: "node\nserver.js\n--title=a b\n",
    ports: "8000, 8001",
    keywords: "node\n server.js \n",
    env: "A=1\nB=x=y",
    memory: "64M",
    max: "3",
    policy: "always",
    labels: "team=web",
  });
  assert.deepEqual(definition, {
    name: "api",
    kind: "other",
    argv: ["node", "server.js", "--title=a b"],
    ports: [8000, 8001],
    match_keywords: ["node", "server.js"],
    env: { A: "1", B: "x=y" },
    restart: { policy: "always", max: 3 },
    limits: { memory: "64M" },
    labels: { team: "web" },
    autostart: true,
  });
});

test("toDefinition() sends null for a service that is never given up", () => {
  const { definition, issues } = toDefinition({ ...EMPTY_DRAFT, name: "api", max: "many", forever: true });
  assert.deepEqual(definition["restart"], { max: null });
  assert.deepEqual(issues, []);
});

test("toDefinition() names what it cannot read", () => {
  const { issues } = toDefinition({ ...EMPTY_DRAFT, ports: "80, http", env: "JUST_A_NAME", instances: "many" });
  assert.deepEqual(
    issues.map((issue) => issue.path),
    ["ports.1", "env", "instances"],
  );
});

test("fromDefinition() fills the form so that sending it again says the same", () => {
  const definition = {
    name: "redis",
    kind: "backend",
    argv: ["redis-server", "--port", "6379"],
    working_dir: "/srv",
    ports: [6379],
    match_keywords: ["redis-server"],
    env: { LANG: "C" },
  };
  assert.deepEqual(toDefinition(fromDefinition(definition)).definition, { ...definition, autostart: true });
});
