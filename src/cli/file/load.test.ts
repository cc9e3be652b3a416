import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadFile, readDefinitions } from "./load.ts";

const read = (text: string, env: Record<string, string> = {}): ReturnType<typeof readDefinitions> =>
  readDefinitions(text, "/srv/app/tailherd.yaml", "/srv/app", env);

test("a service in compose words becomes a definition with every default", () => {
  const { services, problems } = read(`
services:
  web:
    command: node server.js
    environment: {PORT: 8080, DEBUG: true}
    ports: [8080, "8081"]
    restart: always
    stop: {signal: SIGINT, grace: 2m}
    limits: {memory: 512M}
    labels: [tier=front]
  worker:
    command: [python3, worker.py]
    restart: {policy: never}
    working_dir: ../data
    env_file: .env
`);
  assert.deepEqual(problems, []);
  const [web, worker] = services;
  assert.equal(web?.start_cmd, "node server.js");
  assert.equal(web?.argv, null);
  assert.deepEqual(web?.env, { PORT: "8080", DEBUG: "true" });
  assert.deepEqual(web?.ports, [8080, 8081]);
  assert.equal(web?.restart.policy, "always");
  assert.equal(web?.restart.max, 10);
  assert.deepEqual(web?.stop, { signal: "SIGINT", grace: 120 });
  assert.equal(web?.limits.memory, 512 * 1024 * 1024);
  assert.deepEqual(web?.labels, { tier: "front" });
  assert.equal(web?.working_dir, "/srv/app");
  assert.deepEqual(worker?.argv, ["python3", "worker.py"]);
  assert.equal(worker?.working_dir, "/srv/data");
  assert.equal(worker?.env_file, "/srv/app/.env");
});

test("checks are a map by name, and what is wrong with one is told where it stands", () => {
  const good = read(`
services:
  web:
    command: node server.js
    ports: [8080]
    checks:
      web: {kind: http, path: /health, interval: 5s}
      db: {kind: tcp, port: 5432, role: readiness}
`);
  assert.deepEqual(good.problems, []);
  assert.deepEqual(
    good.services[0]?.checks.map(({ name, kind, role, interval }) => [name, kind, role, interval]),
    [
      ["web", "http", "liveness", 5],
      ["db", "tcp", "readiness", 10],
    ],
  );
  const bad = read(`services:
  web:
    command: a
    checks:
      one: {kind: htpt}
      two: {kind: tcp, prot: 1}
      three: {kind: exec, command: b, timeout: 20s}
      four: {interval: 2s}
`);
  assert.deepEqual(
    bad.problems.map(({ line, path, message }) => `${line} ${path} ${message}`),
    [
      '5 services.web.checks.one.kind must be http, tcp, exec, log, heartbeat or notify, not "htpt"',
      '6 services.web.checks.two.prot is not a known key; did you mean "port"?',
      "8 services.web.checks.four.kind is required: must be http, tcp, exec, log, heartbeat or notify",
    ],
  );
  const late = read(`services:
  web:
    command: a
    checks:
      slow: {kind: exec, command: b, timeout: 20s}
      nothing: {kind: heartbeat}
      both: {kind: heartbeat, file: beat, url: true}
      calls: {kind: heartbeat, url: true}
`);
  assert.deepEqual(
    late.problems.map(({ path, message }) => `${path} ${message}`),
    [
      "services.web.checks.slow.timeout must not be longer than the interval of 10 s",
      "services.web.checks.nothing.file is required, unless url is true",
      "services.web.checks.both.url give file or url, not both",
    ],
  );
});

test("everything that is wrong is listed, by line, and nothing is returned", () => {
  const { services, problems } = read(`services:
  web:
    comand: node x
    ports: ["\${PORT:-8080}", 99999]
    restart: no
  "bad/name": {command: a}
  api:
    command: [a, "\${NOPE}"]
    argv: [b]
    limits: {memory: 12Q}
  empty: {}
`);
  assert.deepEqual(services, []);
  assert.deepEqual(
    problems.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`),
    [
      '3:5 services.web.comand is not a known key; did you mean "command"?',
      "4:30 services.web.ports.1 must be at most 65535",
      '5:14 services.web.restart must be "always" or "on-failure" or "never", not "no": it is "never" here',
      "6:3 services.bad/name is not a good name: must be 1 to 64 letters, digits, blanks, '.', '_' or '-', beginning with a letter or digit",
      "8:18 services.api.command.1 needs the variable NOPE, which is not set; ${NOPE:-…} gives it a default",
      '10:22 services.api.limits.memory must be bytes or a text like "64k", "512M", "2GiB"',
    ],
  );
});

test("what only the whole definition shows is placed at its key", () => {
  const { problems } = read("services:\n  a:\n    command: x\n    argv: [y]\n  b: {}\n");
  assert.deepEqual(
    problems.map(({ line, path, message }) => `${line} ${path}: ${message}`),
    [
      "4 services.a.argv: give command or argv, not both",
      "5 services.b.command: is required, unless match_keywords finds a process that something else starts",
    ],
  );
});

test("a circle of dependencies is told with the way round", () => {
  const text = `services:
  web:
    command: run
    depends_on: [api]
  api:
    command: run
    depends_on:
      web: {condition: healthy}
`;
  const { services, problems } = readDefinitions(text, "/srv/tailherd.yaml", "/srv", {});
  assert.deepEqual(services, []);
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? "", /api → web → api$/);
  assert.equal(problems[0]?.line, 8);
});

test("YAML that is none is told with its place", () => {
  const { problems } = read("services:\n  web:\n    command: 'open\n");
  assert.equal(problems.length, 1);
  assert.match(problems[0]?.message ?? "", /closing 'quote|Missing closing/);
  const twice = read("services:\n  a: {command: x}\n  a: {command: y}\n");
  assert.equal(twice.problems[0]?.line, 3);
  assert.match(twice.problems[0]?.message ?? "", /unique/);
});

test("texts of environment and labels stay as they were written", () => {
  const { services } = read(
    "x-base: &base\n  ZIP: 00501\nservices:\n  web:\n    command: x\n    environment:\n      <<: *base\n      VERSION: 1.10\n      HEX: 0x1F\n      ON: yes\n      T: true\n",
  );
  assert.deepEqual(services[0]?.env, { ZIP: "00501", VERSION: "1.10", HEX: "0x1F", ON: "yes", T: "true" });
});

test("a variable that stands for a number or a truth is one", () => {
  const text =
    "services:\n  web:\n    command: x\n    instances: ${N}\n    autostart: ${A:-true}\n    ports: ['${P}']\n    environment: {V: '${V}'}\n";
  const { services, problems } = read(text, { N: "3", P: "81", V: "1.10" });
  assert.deepEqual(problems, []);
  assert.equal(services[0]?.instances, 3);
  assert.equal(services[0]?.autostart, true);
  assert.deepEqual(services[0]?.ports, [81]);
  assert.deepEqual(services[0]?.env, { V: "1.10" });
});

test("a file without services is refused, an empty list of them is not", () => {
  assert.match(read("config: {}\n").problems[0]?.message ?? "", /no "services"/);
  assert.equal(read("").problems.length, 1);
  assert.deepEqual(read("services: {}\n").problems, []);
});

test("aliases cannot blow a small file up", () => {
  const level = (name: string, of: string): string => `x-${name}: &${name} [${Array(20).fill(`*${of}`).join(", ")}]\n`;
  const bomb = `x-a: &a [1, 2]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}${level("e", "d")}services: {}\n`;
  assert.ok(read(bomb).problems.length > 0);
});

test("loadFile() finds the nearest file above, takes JSON, and refuses TOML with words", () => {
  const directory = mkdtempSync(join(tmpdir(), "tailherd-file-"));
  try {
    writeFileSync(join(directory, "tailherd.yaml"), '{"services": {"web": {"command": "x"}}}');
    assert.equal(loadFile(undefined, directory, {}).services[0]?.name, "web");
    assert.throws(() => loadFile(join(directory, "x.toml"), directory, {}), /TOML/);
    assert.throws(() => loadFile("missing.yaml", directory, {}), /ENOENT/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("tasks are read in the file's words, and wrong ones told in them", () => {
  const { tasks, problems } = read(`
tasks:
  nightly: {schedule: "30 2 * * 1-5", action: restart, service: web, retries: 2, timeout: 10m}
  backup: {schedule: "@daily", command: [backup, --all], placement: {servers: [nas]}}
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    tasks.map(({ name, cron_expression, action, service_name, timeout, retries }) => [
      name,
      cron_expression,
      action,
      service_name,
      timeout,
      retries.count,
    ]),
    [
      ["nightly", "30 2 * * 1-5", "restart", "web", 600, 2],
      ["backup", "@daily", "command", null, 3600, 0],
    ],
  );
  const wrong = read("tasks:\n  a: {schedule: 61 * * * *, action: stop}\n  b: {cron: '@daily', command: x}\n");
  assert.deepEqual(
    wrong.problems.map(({ path, message }) => `${path} ${message}`),
    [
      "tasks.a.schedule minute: 61 is not from 0 to 59",
      "tasks.b.schedule is required: text",
      'tasks.b.cron is not a known key: it is called "schedule" here',
    ],
  );
  assert.deepEqual(
    read("tasks:\n  a: {schedule: '@daily', action: stop}\n").problems.map(({ path, message }) => `${path} ${message}`),
    ["tasks.a.service is required for the action stop"],
  );
});
