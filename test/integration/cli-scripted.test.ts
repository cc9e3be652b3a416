// The CLI against a hub that says what the test wants: forms of output, exit codes, and what a hub does when it goes wrong.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { serviceSpecSchema } from "../../src/contract/service.ts";
import type { LogLine } from "../../src/contract/status.ts";
import { Refusal, runCli, RunningCli, startScriptedHub, type Script } from "../support/cli.ts";
import { instanceRow, statusRow } from "../support/status.ts";

const scratch = mkdtempSync(join(tmpdir(), "tailherd-cli-"));
after(() => rmSync(scratch, { recursive: true }));

const rows = [
  statusRow("web", "running", { labels: { tier: "front" }, ports: [8080], kind: "frontend" }),
  statusRow("api", "fatal", { labels: { tier: "back" } }),
  statusRow("worker", "running", {
    instances: [instanceRow("worker", "running", 0), instanceRow("worker", "backoff", 1)],
  }),
];
const statuses: Record<string, Script> = { "GET /api/status": () => rows };

describe("tailherd ps", () => {
  it("prints a table, an instance a line where there are several", async () => {
    await using hub = await startScriptedHub(statuses);
    const { code, stdout, stderr } = await runCli(["ps"], hub);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    const lines = stdout.trimEnd().split("\n");
    assert.match(lines[0] ?? "", /^NAME +STATE +PID +CPU +MEM +UPTIME +RESTARTS +PORTS +DETAIL$/);
    assert.match(lines[1] ?? "", /^web +running +4000 +1\.3% +12M .* 8080/);
    assert.match(lines[2] ?? "", /^api +fatal +- .* exit 1, gave up after 10 restarts$/);
    assert.match(lines[3] ?? "", /^worker\/0 +running/);
    assert.match(lines[4] ?? "", /^worker\/1 +backoff/);
    assert.ok(!stdout.includes("\u001B"), "no colours off a terminal");
  });

  it("has JSON, YAML, names, and more columns", async () => {
    await using hub = await startScriptedHub(statuses);
    assert.deepEqual(JSON.parse((await runCli(["ps", "--json"], hub)).stdout), rows);
    assert.deepEqual(parse((await runCli(["ps", "-o", "yaml"], hub)).stdout), rows);
    assert.equal((await runCli(["ps", "-o", "name"], hub)).stdout, "web\napi\nworker\n");
    assert.match((await runCli(["ps", "-o", "wide"], hub)).stdout, /KIND .*tier=front/s);
    assert.match((await runCli(["ps"], { ...hub, env: { TAILHERD_OUTPUT: "name" } })).stdout, /^web\napi\n/);
  });

  it("selects by label, kind and name; a named one that does not run is exit 3, an unknown one 4", async () => {
    await using hub = await startScriptedHub(statuses);
    assert.equal((await runCli(["ps", "-t", "tier=front", "-o", "name"], hub)).stdout, "web\n");
    assert.equal((await runCli(["ps", "-t", "tier", "-o", "name"], hub)).stdout, "web\napi\n");
    assert.equal((await runCli(["ps", "-k", "frontend", "-o", "name"], hub)).stdout, "web\n");
    assert.equal((await runCli(["status", "web"], hub)).code, 0);
    assert.equal((await runCli(["ps", "web", "api"], hub)).code, 3);
    assert.equal((await runCli(["ps", "nope"], hub)).code, 4);
  });

  it("colours states on a terminal and fits its width, and NO_COLOR wins", async () => {
    await using hub = await startScriptedHub(statuses);
    const { stdout } = await runCli(["ps"], { ...hub, terminal: 60 });
    assert.ok(stdout.includes("\u001B[32m● running"));
    assert.ok(stdout.includes("\u001B[31m✖ fatal"));
    const bare = (await runCli(["ps"], { ...hub, terminal: 76, env: { NO_COLOR: "1" } })).stdout;
    assert.ok(!bare.includes("\u001B"));
    for (const line of bare.split("\n")) assert.ok(line.length <= 76, line);
    const ascii = await runCli(["ps"], { ...hub, terminal: 80, env: { NO_COLOR: "1", LANG: "C" } });
    assert.match(ascii.stdout, /^web +\* running/m);
  });

  it("says what to do when there is nothing yet, beside the data", async () => {
    await using hub = await startScriptedHub({ "GET /api/status": () => [] });
    const { code, stdout, stderr } = await runCli(["ps"], hub);
    assert.deepEqual([code, stdout], [0, ""]);
    assert.match(stderr, /tailherd add/);
    assert.equal((await runCli(["ps", "--json"], hub)).stdout, "[]\n");
  });
});

describe("exit codes", () => {
  it("no hub is 6, with what to do", async () => {
    const { code, stdout, stderr } = await runCli(["ps"], { dataDir: scratch });
    assert.deepEqual([code, stdout], [6, ""]);
    assert.match(stderr, /Cannot reach the hub at .*hub\.sock: nothing runs there/);
    assert.match(stderr, /tailherd up/);
    assert.equal((await runCli(["ps", "--hub", "http://127.0.0.1:1"])).code, 6);
  });

  it("wrong use is 2, and says what is near", async () => {
    assert.equal((await runCli(["pss"])).code, 2);
    assert.match((await runCli(["pss"])).stderr, /Did you mean ps\?/);
    assert.equal((await runCli(["ps", "--colour"])).code, 2);
    assert.equal((await runCli(["ps", "-o", "xml"])).code, 2);
    assert.equal((await runCli(["ps", "--hub", "ftp://x"])).code, 2);
    assert.equal((await runCli(["start"], { dataDir: scratch })).code, 2);
    assert.equal((await runCli(["logs", "-n", "many", "web"], { dataDir: scratch })).code, 2);
    assert.equal((await runCli(["token"])).code, 2);
  });

  it("help and version are 0", async () => {
    assert.equal((await runCli(["--help"])).code, 0);
    assert.match((await runCli(["help", "logs"])).stdout, /tailherd logs -f web/);
    assert.match((await runCli(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("the hub's refusals keep their words, fields and exit code; JSON on stderr where JSON was asked for", async () => {
    const issues = [{ path: "ports.0", message: "must be at most 65535" }];
    await using hub = await startScriptedHub({
      "POST /api/services": () => new Refusal(422, "invalid", "Some fields are wrong", { issues }),
      "POST /api/services/web/start": () => new Refusal(403, "forbidden", "You are a viewer"),
      "POST /api/services/web/stop": () => new Refusal(418, "new_code", "Something newer"),
    });
    const wrong = await runCli(["add", "web", "-p", "70000", "--", "x"], hub);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /ports\.0: must be at most 65535/);
    const json = await runCli(["add", "web", "--json", "--", "x"], hub);
    assert.deepEqual(JSON.parse(json.stderr), { code: "invalid", detail: "Some fields are wrong", issues });
    assert.equal((await runCli(["start", "web"], hub)).code, 5);
    assert.equal((await runCli(["stop", "web"], hub)).code, 1);
    assert.equal((await runCli(["kill", "web"], hub)).code, 4);
  });

  it("an answer that does not come is 7", async () => {
    await using hub = await startScriptedHub({ "POST /api/services/web/stop": () => undefined });
    const { code, stderr } = await runCli(["stop", "web", "--timeout", "50ms"], hub);
    assert.equal(code, 7);
    assert.match(stderr, /Waited 50 ms/);
  });
});

describe("tailherd start, stop, restart, kill", () => {
  it("one goes by its own route, an instance by its index", async () => {
    await using hub = await startScriptedHub({
      "POST /api/services/web/restart": () => ({ success: true, message: "web restarted, pid 9", count: 1 }),
    });
    assert.equal((await runCli(["restart", "web"], hub)).stdout, "web restarted, pid 9\n");
    await runCli(["restart", "web/2"], hub);
    assert.equal(hub.requests.at(-1)?.query.get("index"), "2");
  });

  it("several are one operation; some failed is 8, all failed is 1", async () => {
    const target = (service: string, state: string): object => ({
      service,
      state,
      message: state === "failed" ? "exit 1" : null,
    });
    let asked = 0;
    const operation = (state: string, ...targets: object[]): object => ({ id: "7", kind: "start", state, targets });
    await using hub = await startScriptedHub({
      "POST /api/bulk": () => operation("running"),
      "GET /api/operations/7": () =>
        asked++ === 0
          ? operation("running", target("web", "done"), target("api", "queued"))
          : operation("failed", target("web", "done"), target("api", "failed")),
    });
    const { code, stdout, stderr } = await runCli(["start", "web", "api"], hub);
    assert.equal(code, 8);
    assert.equal(stdout, "web: started\napi: failed: exit 1\n");
    assert.match(stderr, /1 of 2 failed/);
    assert.deepEqual(hub.requests[0]?.body, { action: "start", services: ["web", "api"] });
    const json = JSON.parse((await runCli(["start", "web", "api", "--json"], hub)).stdout) as { service: string }[];
    assert.deepEqual(
      json.map((each) => each.service),
      ["web", "api"],
    );
  });

  it("a selection takes what fits, and nothing that fits is exit 4", async () => {
    await using hub = await startScriptedHub({
      ...statuses,
      "POST /api/services/api/stop": () => ({ success: true, message: "api stopped", count: 0 }),
    });
    assert.equal((await runCli(["stop", "-t", "tier=back"], hub)).stdout, "api stopped\n");
    assert.equal((await runCli(["stop", "-t", "tier=none"], hub)).code, 4);
    assert.equal((await runCli(["stop", "web", "--all"], hub)).code, 2);
  });
});

describe("tailherd wait", () => {
  const served = (row: () => unknown): Record<string, Script> => ({ "GET /api/services/web/status": row });
  const hurt = statusRow("web", "running");
  const notReady = {
    ...hurt,
    instances: hurt.instances.map((one) => ({ ...one, ready: false, reason: "not ready: failed check db: no" })),
  };

  it("ends with 0 as soon as all are there", async () => {
    let asked = 0;
    await using hub = await startScriptedHub(served(() => (++asked < 3 ? notReady : hurt)));
    const { code, stdout } = await runCli(["wait", "web"], hub);
    assert.deepEqual([code, stdout, asked], [0, "web: ready\n", 3]);
    const { stdout: json } = await runCli(["wait", "--for=healthy", "web/0", "--json"], hub);
    assert.deepEqual(JSON.parse(json), [{ service: "web/0", outcome: "there", words: "running" }]);
  });

  it("is exit 7 when the time is over, 3 for what will not get there, 4 for what there is not, 2 for a goal that is none", async () => {
    await using late = await startScriptedHub(served(() => notReady));
    const { code, stdout } = await runCli(["wait", "--timeout", "100ms", "web"], late);
    assert.deepEqual([code, stdout], [7, "web: not ready in time: running, not ready: failed check db: no\n"]);
    assert.equal((await runCli(["wait", "--for", "running", "web"], late)).code, 0);
    assert.equal((await runCli(["wait", "--for", "glory", "web"], late)).code, 2);
    await using gone = await startScriptedHub(served(() => statusRow("web", "fatal", { desired: "running" })));
    const never = await runCli(["wait", "web"], gone);
    assert.equal(never.code, 3);
    assert.match(never.stdout, /^web: will not be ready: fatal, exit 1/);
    const missing = new Refusal(404, "not_found", 'There is no service "web"');
    await using none = await startScriptedHub(served(() => missing));
    assert.equal((await runCli(["wait", "web"], none)).code, 4);
    assert.equal((await runCli(["wait", "--timeout", "100ms", "web"], { dataDir: scratch })).code, 6);
  });
});

describe("tailherd logs", () => {
  const line = (cursor: string, text: string, ts = Number(cursor)): LogLine => ({ cursor, ts, stream: "stdout", text });
  const page = (...lines: LogLine[]): object => ({ lines, more_before: false, more_after: false, dropped: 0 });

  it("merges several by time and names them", async () => {
    await using hub = await startScriptedHub({
      "GET /api/services/web/status": () => statusRow("web", "running"),
      "GET /api/services/api/status": () => statusRow("api", "running"),
      "GET /api/services/web/logs": () => page(line("1", "one"), line("3", "three")),
      "GET /api/services/api/logs": () => page(line("2", "\u001B[31mtwo\u001B[0m")),
    });
    const { stdout } = await runCli(["logs", "web", "api", "-n", "5"], hub);
    assert.equal(stdout, "web | one\napi | two\nweb | three\n");
    const json = (await runCli(["logs", "web", "api", "--json"], hub)).stdout.trimEnd().split("\n");
    assert.deepEqual(JSON.parse(json[1] ?? ""), { service: "api", index: 0, ...line("2", "\u001B[31mtwo\u001B[0m") });
    assert.equal(hub.requests.at(-1)?.query.get("limit"), "100");
  });

  it("-f resumes after the last line when the hub dies, says so on stderr, and Ctrl-C is 130", async () => {
    const asked: (string | null)[] = [];
    const follow: Script = (request, response: ServerResponse) => {
      asked.push(request.query.get("after"));
      response.writeHead(200, { "content-type": "text/event-stream" });
      const cursor = asked.length === 1 ? "2" : "3";
      response.write(`: hello\n\nid: ${cursor}\ndata: ${JSON.stringify(line(cursor, `line ${cursor}`))}\n\n`);
    };
    await using hub = await startScriptedHub({
      "GET /api/services/web/status": () => statusRow("web", "running"),
      "GET /api/services/web/logs": () => page(line("1", "line 1")),
      "GET /api/services/web/logs/follow": follow,
    });
    await using cli = new RunningCli(["logs", "-f", "web"], hub);
    await cli.sees("stdout", /line 2/);
    hub.breakOff();
    await cli.sees("stdout", /line 3/);
    const { code, stdout, stderr } = await cli.end("SIGINT");
    assert.equal(code, 130);
    assert.equal(stdout, "line 1\nline 2\nline 3\n");
    assert.match(stderr, /connection lost.*\n.*connected again; resuming/);
    assert.deepEqual(asked, ["1", "2"]);
  });
});

describe("tailherd events", () => {
  it("-f resumes by Last-Event-ID and prints a JSON object a line", async () => {
    const event = (seq: number): object => ({
      id: `e${seq}`,
      at: "2026-01-01T00:00:00Z",
      service: "web",
      server_id: null,
      index: null,
      by: null,
      type: "service.changed",
      revision: seq,
    });
    const asked: unknown[] = [];
    await using hub = await startScriptedHub({
      "GET /api/events/recent": () => [{ seq: 1, event: event(1) }],
      "GET /api/events": (request, response) => {
        asked.push(request.headers["last-event-id"]);
        response.writeHead(200, { "content-type": "text/event-stream" });
        const seq = asked.length + 1;
        response.write(`id: ${seq}\ndata: ${JSON.stringify(event(seq))}\n\n`);
      },
    });
    await using cli = new RunningCli(["events", "-f", "--json"], hub);
    await cli.sees("stdout", /"seq":2/);
    hub.breakOff();
    await cli.sees("stdout", /"seq":3/);
    const { code, stdout } = await cli.end("SIGINT");
    assert.equal(code, 130);
    assert.deepEqual(asked, ["1", "2"]);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((text) => (JSON.parse(text) as { seq: number }).seq),
      [1, 2, 3],
    );
  });
});

describe("tailherd edit", () => {
  const spec = serviceSpecSchema.parse({
    name: "web",
    start_cmd: "echo ${HOME} $1",
    working_dir: "app",
    env: { A: "1.10" },
  });
  const record = { ...spec, revision: 3, desired: "stopped", owner: null, created_at: "", updated_at: "" };
  const editor = (script: string): string => {
    const path = join(scratch, `editor-${Math.random().toString(36).slice(2)}`);
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return path;
  };
  const scripts = (put: Script): Record<string, Script> => ({
    "GET /api/services/web": () => record,
    "GET /api/services/web/spec": () => ({
      saved: spec,
      saved_revision: 3,
      running: null,
      running_revision: null,
      differences: [],
    }),
    "PUT /api/services/web": put,
  });

  it("leaves no definition behind, with its environment, when it is interrupted", async () => {
    const dir = mkdtempSync(join(scratch, "edit-"));
    await using hub = await startScriptedHub(scripts(() => record));
    const waiting = editor('touch "$(dirname "$1")/opened"; exec sleep 86397');
    await using cli = new RunningCli(["edit", "web"], { ...hub, env: { TMPDIR: dir, EDITOR: `exec ${waiting}` } });
    while (!readdirSync(dir, { recursive: true }).some((name) => String(name).endsWith("opened"))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    cli.child.kill("SIGINT");
    const { code, stderr } = await cli.end("SIGTERM");
    assert.equal(code, 2);
    assert.match(stderr, /nothing was saved/);
    assert.deepEqual(readdirSync(dir), []);
  });

  it("saves with If-Match what the editor left, and nothing else changes", async () => {
    await using hub = await startScriptedHub(
      scripts((request) => ({ ...record, ...(request.body as object), revision: 4 })),
    );
    const env = { EDITOR: editor(`sed -i 's/A: "1.10"/A: "1.20"/' "$1"`) };
    const { code, stdout, stderr } = await runCli(["edit", "web"], { ...hub, env });
    assert.equal(stderr, "");
    assert.deepEqual([code, stdout], [0, "web: saved as r4. A restart applies it.\n"]);
    assert.equal(hub.requests.at(-1)?.headers["if-match"], '"3"');
    assert.deepEqual(hub.requests.at(-1)?.body, { ...spec, env: { A: "1.20" } });
  });

  it("saves nothing when nothing was changed, or the editor failed, or the result is wrong", async () => {
    await using hub = await startScriptedHub(scripts(() => assert.fail("nothing may be saved")));
    assert.match((await runCli(["edit", "web"], { ...hub, env: { EDITOR: "true" } })).stderr, /Nothing was changed/);
    assert.equal((await runCli(["edit", "web"], { ...hub, env: { EDITOR: "false" } })).code, 2);
    const wrong = await runCli(["edit", "web"], {
      ...hub,
      env: { EDITOR: editor(`sed -i 's/environment/enviroment/' "$1"`) },
    });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /did you mean "environment"/);
  });

  it("a change meanwhile is told, and the file's own is not edited", async () => {
    await using hub = await startScriptedHub(scripts(() => new Refusal(412, "revision_conflict", "It is r5 now")));
    const { code, stderr } = await runCli(["edit", "web"], {
      ...hub,
      env: { EDITOR: editor(`sed -i 's/echo/printf/' "$1"`) },
    });
    assert.equal(code, 1);
    assert.match(stderr, /r5 now/);
    await using owned = await startScriptedHub({
      "GET /api/services/web": () => ({ ...record, owner: "/srv/tailherd.yaml" }),
    });
    assert.match((await runCli(["edit", "web"], owned)).stderr, /owned by \/srv\/tailherd\.yaml/);
  });
});

describe("tailherd adopt", () => {
  const process = (pid: number, refused: string | null) => ({
    pid,
    ppid: 1,
    name: "python3",
    cpu: 0,
    memory: 1,
    create_time: 1_700_000_000,
    command: "python3 app.py",
    user: "root",
    threads: 1,
    argv: ["python3", "app.py"],
    working_dir: "/srv",
    ports: [8000],
    refused,
    service: null,
  });
  const hubWith = (processes: ReturnType<typeof process>[]) =>
    startScriptedHub({
      "GET /api/processes": () => ({ processes, total: processes.length }),
      "GET /api/processes/12/definition": () => ({
        spec: { name: "app", argv: ["python3", "app.py"] },
        process: processes[0],
        warnings: [],
      }),
      "POST /api/services": ({ body }) => body,
    });

  it("takes the only process that may be adopted, though others hold the words too", async () => {
    await using hub = await hubWith([process(11, "it is a tailherd program"), process(12, null)]);
    const { code, stdout } = await runCli(["adopt", "--yes", "app.py"], hub);
    assert.equal(code, 0);
    assert.equal(stdout, "app: adopted, pid 12 runs on\n");
  });

  it("asks for a pid when several may be, and says why when none may", async () => {
    await using several = await hubWith([process(11, null), process(12, null)]);
    const unclear = await runCli(["adopt", "--yes", "app.py"], several);
    assert.equal(unclear.code, 2);
    assert.match(unclear.stderr, /2 processes fit/);
    await using refused = await hubWith([process(11, "it is an ancestor of tailherd")]);
    const none = await runCli(["adopt", "--yes", "app.py"], refused);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /pid 11: it is an ancestor/);
  });
});

describe("tailherd export", () => {
  it("never overwrites without --force", async () => {
    await using hub = await startScriptedHub({
      "GET /api/export": () => ({ services: [{ name: "a" }], servers: [], settings: {} }),
    });
    const dir = join(scratch, "export");
    assert.equal((await runCli(["export", dir], hub)).code, 0);
    assert.deepEqual(JSON.parse(readFileSync(join(dir, "services_config.json"), "utf8")), [{ name: "a" }]);
    const again = await runCli(["export", dir], hub);
    assert.equal(again.code, 2);
    assert.match(again.stderr, /services_config\.json.*there already/);
    assert.equal((await runCli(["export", dir, "--force"], hub)).code, 0);
  });
});

describe("tailherd backup", () => {
  it("leaves nothing half-written when it is interrupted", async () => {
    const dir = mkdtempSync(join(scratch, "backup-"));
    await using hub = await startScriptedHub({
      "GET /api/backup": (_, response) => {
        response.writeHead(200).write("half of a database");
      },
    });
    await using cli = new RunningCli(["backup", join(dir, "copy.db")], hub);
    while (readdirSync(dir).length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    const { code, stderr } = await cli.end("SIGINT");
    assert.equal(code, 130);
    assert.match(stderr, /interrupted/);
    assert.deepEqual(readdirSync(dir), []);
  });
});

describe("tailherd completion", () => {
  it("every script knows the commands and asks for names", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const { code, stdout } = await runCli(["completion", shell]);
      assert.equal(code, 0);
      for (const word of ["restart", "follow", "__names"]) assert.ok(stdout.includes(word), `${shell}: ${word}`);
    }
    assert.equal((await runCli(["completion", "tcsh"])).code, 2);
  });

  it("bash completes commands, options of the command, and names with blanks as one word", async () => {
    const { stdout: script } = await runCli(["completion", "bash"]);
    const complete = (...words: string[]): string[] => {
      const quoted = words.map((word) => `'${word}'`).join(" ");
      const program = `tailherd() { case $2 in services) printf 'web\\nmy app\\n' ;; servers) printf 'nas\\nweb-1\\n' ;; tags) echo eu ;; esac; }
${script}
COMP_WORDS=(tailherd ${quoted}); COMP_CWORD=${words.length}; _tailherd; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return execFileSync("bash", ["-c", program], { encoding: "utf8" }).trimEnd().split("\n");
    };
    assert.deepEqual(complete("resta"), ["restart"]);
    assert.deepEqual(complete("logs", "--fol"), ["--follow"]);
    assert.deepEqual(complete("restart", "m"), ["my\\ app"]);
    assert.deepEqual(complete("--json", "stop", ""), ["web", "my\\ app"]);
    assert.deepEqual(complete("token", "a"), ["add"]);
    assert.deepEqual(complete("stop", "-s", "n"), ["nas"]);
    assert.deepEqual(complete("servers", "show", ""), ["nas", "web-1"]);
    assert.deepEqual(complete("add", "web", "--on-tag", ""), ["eu"]);
    assert.deepEqual(complete("servers", "ren"), ["rename"]);
  });

  it("__names gives names, and silence without a hub", async () => {
    await using hub = await startScriptedHub({ "GET /api/services": () => [{ name: "web" }, { name: "my app" }] });
    assert.equal((await runCli(["__names"], hub)).stdout, "web\nmy app\n");
    assert.deepEqual(await runCli(["__names"], { dataDir: scratch }), { code: 1, stdout: "", stderr: "" });
  });
});
