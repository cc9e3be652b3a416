import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { adoptionSchema } from "../../contract/agent.ts";
import { TailherdError } from "../../contract/errors.ts";
import { serviceSpecSchema } from "../../contract/service.ts";
import { createProcessTable } from "./create-process-table.ts";
import { type AdoptionSources, describeProcess } from "./describe-process.ts";
import { FakeProcessTable } from "./fake-process-table.ts";
import { ListenerTable } from "./listener-table.ts";
import type { ProcessTable } from "./process-table.ts";
import { Untouchable } from "./untouchable.ts";

const STRANGER = { pid: 999_999_999, uid: 0, script: "" };

function sources(table: ProcessTable, more: Partial<AdoptionSources> = {}): AdoptionSources {
  return {
    table,
    listeners: new ListenerTable(),
    untouchable: new Untouchable({ table, managed: [], isShim: () => false, self: STRANGER }),
    now: Date.now,
    loginEnvironment: () => ({ PATH: process.env.PATH ?? "", HOME: "/root" }),
    ownUser: userInfo().username,
    taken: [],
    ...more,
  };
}

test("describeProcess() makes a valid definition of a real process with a listening child", async () => {
  const directory = mkdtempSync(join(tmpdir(), "shop-"));
  const program = `
    const { spawn } = require("node:child_process");
    const listen = 'require("node:net").createServer().listen(0, "127.0.0.1", function () { console.log(this.address().port); }); process.stdin.resume().on("end", () => process.exit())';
    const child = spawn(process.execPath, ["-e", listen], { stdio: ["inherit", "inherit", "inherit"] });
    child.on("exit", () => process.exit());`;
  const child = spawn(process.execPath, ["-e", program, "adopt-me"], {
    cwd: directory,
    stdio: ["pipe", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: "/root",
      SHLVL: "3",
      SSH_TTY: "/dev/pts/1",
      SHOP_TOKEN: "t",
      MODE: "live",
    },
  });
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const port = Number(line.toString());
    const table = createProcessTable();
    const pid = child.pid ?? 0;
    const created = table.createTime(table.stat(pid)?.startTicks ?? 0);
    const adoption = adoptionSchema.parse(describeProcess(pid, created, sources(table)));
    const spec = serviceSpecSchema.parse(adoption.spec);
    assert.deepEqual(spec.argv, [process.execPath, "-e", program, "adopt-me"]);
    assert.equal(spec.working_dir, directory);
    assert.deepEqual(spec.env, { SHOP_TOKEN: "t", MODE: "live" });
    assert.equal(spec.user, null);
    assert.deepEqual(spec.ports, [port]);
    assert.equal(spec.kind, "backend");
    assert.ok(spec.match_keywords.length > 0);
    assert.equal(adoption.process.pid, pid);
    assert.match(adoption.warnings.join("\n"), /look like secrets were copied: SHOP_TOKEN/);
    assert.match(adoption.warnings.join("\n"), /program on the command line/);

    rmSync(directory, { recursive: true });
    const removed = describeProcess(pid, created, sources(table));
    assert.equal(removed.spec.working_dir, directory);
    assert.match(removed.warnings.join("\n"), /was removed or replaced/);
  } finally {
    child.stdin.end();
    await once(child, "exit");
    rmSync(directory, { recursive: true, force: true });
  }
});

function made(fields: Parameters<FakeProcessTable["add"]>[0]) {
  const table = new FakeProcessTable();
  table.add({ pid: 1, ppid: 0, argv: ["init"] });
  const process = table.add(fields);
  return { table, createTime: table.createTime(process.startTicks), pid: process.pid };
}

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof TailherdError) return error.code;
    throw error;
  }
  return "nothing thrown";
}

test("describeProcess() does not take a reused pid for the process that was meant", () => {
  const { table, createTime, pid } = made({ pid: 700, argv: ["redis-server"] });
  assert.equal(describeProcess(pid, createTime, sources(table)).spec.name, "redis-server");
  table.remove(pid);
  assert.equal(
    codeOf(() => describeProcess(pid, createTime, sources(table))),
    "not_found",
  );
  table.add({ pid, argv: ["somebody else"] });
  assert.equal(
    codeOf(() => describeProcess(pid, createTime, sources(table))),
    "not_found",
  );
});

test("describeProcess() refuses what may not be touched and what has no command", () => {
  const { table, createTime, pid } = made({ pid: 700, argv: ["api"] });
  const managed = [{ service: "api", pids: [700], cgroups: [] }];
  const untouchable = new Untouchable({ table, managed, isShim: () => false, self: STRANGER });
  assert.equal(
    codeOf(() => describeProcess(pid, createTime, sources(table, { untouchable }))),
    "refused",
  );
  const thread = made({ pid: 2, argv: [] });
  assert.equal(
    codeOf(() => describeProcess(2, thread.createTime, sources(thread.table))),
    "refused",
  );
});

test("describeProcess() keeps another user, and names the supervisor that would start it again", () => {
  const table = new FakeProcessTable();
  table.add({ pid: 30, argv: ["/usr/bin/supervisord"], name: "supervisord" });
  const { startTicks } = table.add({ pid: 700, ppid: 30, argv: ["nginx"], uid: 33 });
  const adoption = describeProcess(
    700,
    table.createTime(startTicks),
    sources(table, { ownUser: "root", taken: ["nginx"] }),
  );
  const spec = serviceSpecSchema.parse(adoption.spec);
  assert.equal(spec.user, "user33");
  assert.equal(spec.name, "nginx 2");
  assert.equal(spec.kind, "frontend");
  assert.match(adoption.warnings.join("\n"), /supervisord \(pid 30\) started it/);
});
