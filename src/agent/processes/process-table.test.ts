import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createProcessTable } from "./create-process-table.ts";
import { FakeProcessTable } from "./fake-process-table.ts";
import { isGone, isSameProcess, type ProcessTable } from "./process-table.ts";
import { LinuxProcessTable } from "./process-table-linux.ts";
import { PortableProcessTable } from "./process-table-portable.ts";

/** A real child that has said it is ready, and is gone when the test is over. */
async function startChild(options: { env?: Record<string, string>; cwd?: string } = {}) {
  const child = spawn("/bin/sh", ["-c", "echo ready; read line", "child of a test"], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { PATH: process.env.PATH ?? "", ...options.env },
    cwd: options.cwd ?? tmpdir(),
  });
  await once(child.stdout, "data");
  const pid = child.pid ?? 0;
  return {
    pid,
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

const tables: [string, () => ProcessTable, { environ: boolean; directory: boolean }][] = [
  ["LinuxProcessTable", () => new LinuxProcessTable(), { environ: true, directory: true }],
  ["PortableProcessTable", () => new PortableProcessTable(), { environ: true, directory: false }],
];

for (const [name, make, can] of tables) {
  test(`${name} tells a child of ours as it is`, async () => {
    await using child = await startChild({ env: { MARK: "of a test" } });
    const table = make();
    const stat = table.stat(child.pid);
    assert.equal(stat?.pid, child.pid);
    assert.equal(stat.ppid, process.pid);
    assert.equal(stat.name, "sh");
    assert.match(stat.state, /^[RSD]$/);
    assert.ok(stat.rss > 100_000, `rss ${stat.rss}`);
    assert.ok(Math.abs(table.createTime(stat.startTicks) - Date.now() / 1000) < 60);
    assert.match(table.argv(child.pid)?.join(" ") ?? "", /^\/bin\/sh -c echo ready; read line/);
    assert.deepEqual(table.owner(child.pid)?.uid, userInfo().uid);
    if (can.environ) assert.equal(table.environ(child.pid)?.MARK, "of a test");
    if (can.directory) assert.equal(table.workingDir(child.pid), tmpdir());
    if (can.directory) assert.match(table.executable(child.pid) ?? "", /^\/.*sh$/);
    assert.ok(table.all().some((other) => other.pid === child.pid));
    assert.ok(table.pids().includes(process.pid));
    assert.ok(table.bootId().length > 0);
  });

  test(`${name} answers undefined for a process that is gone`, async () => {
    const table = make();
    let pid: number;
    {
      await using child = await startChild();
      ({ pid } = child);
    }
    assert.equal(table.stat(pid), undefined);
    assert.equal(table.argv(pid), undefined);
    assert.equal(table.owner(pid), undefined);
    assert.equal(table.workingDir(pid), undefined);
  });
}

test("createProcessTable() picks a table that knows this process", () => {
  const table = createProcessTable();
  const stat = table.stat(process.pid);
  assert.ok(stat);
  assert.ok(isSameProcess(table, { pid: process.pid, startTicks: stat.startTicks, bootId: table.bootId() }));
});

test("LinuxProcessTable keeps arguments with blanks, empty ones and none apart", () => {
  using root = procFixture();
  root.process(7, { cmdline: "a b\0\0c\0", environ: "A=1\0EMPTY=\0B=x=y\0\0=odd\0" });
  root.process(8, { cmdline: "" });
  const table = new LinuxProcessTable({ procRoot: root.path, passwd: join(root.path, "passwd") });
  assert.deepEqual(table.argv(7), ["a b", "", "c"]);
  assert.deepEqual(table.argv(8), []);
  assert.equal(table.argv(9), undefined);
  assert.deepEqual(table.environ(7), { A: "1", EMPTY: "", B: "x=y" });
  assert.deepEqual(table.owner(7), { uid: 1000, name: "ann" });
  assert.deepEqual(
    table.pids().sort((a, b) => a - b),
    [7, 8],
  );
  assert.equal(table.bootId(), "b00t");
  assert.equal(table.createTime(250), 1_790_000_002.5);
});

test("LinuxProcessTable reads files longer than its buffer whole", () => {
  using root = procFixture();
  const long = "x".repeat(300_000);
  root.process(7, { cmdline: `first\0${long}\0` });
  assert.deepEqual(new LinuxProcessTable({ procRoot: root.path }).argv(7), ["first", long]);
});

test("isSameProcess() refuses a recycled pid, another boot and a zombie: 1,000 reuses", () => {
  const table = new FakeProcessTable();
  const { startTicks } = table.add({ pid: 500 });
  const recorded = { pid: 500, startTicks, bootId: table.bootId() };
  assert.equal(isSameProcess(table, recorded), true);
  for (let reuse = 0; reuse < 1000; reuse += 1) {
    table.remove(500);
    assert.equal(isSameProcess(table, recorded), false);
    table.add({ pid: 500 });
    assert.equal(isSameProcess(table, recorded), false);
  }
  table.add({ pid: 500, startTicks, state: "Z" });
  assert.equal(isSameProcess(table, recorded), false);
  table.reboot();
  table.add({ pid: 500, startTicks });
  assert.equal(isSameProcess(table, recorded), false);
});

function procFixture() {
  const path = mkdtempSync(join(tmpdir(), "proc-"));
  mkdirSync(join(path, "sys/kernel/random"), { recursive: true });
  writeFileSync(join(path, "sys/kernel/random/boot_id"), "b00t\n");
  writeFileSync(join(path, "stat"), "cpu  1 2 3 4\nbtime 1790000000\nprocesses 5\n");
  writeFileSync(join(path, "passwd"), "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
  return {
    path,
    process(pid: number, files: Record<string, string>) {
      mkdirSync(join(path, String(pid)));
      writeFileSync(join(path, String(pid), "status"), "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
      for (const [name, text] of Object.entries(files)) writeFileSync(join(path, String(pid), name), text);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
}

test("isGone() does not take for gone what cannot be looked at", () => {
  const table = new FakeProcessTable();
  const recorded = { pid: 42, startTicks: 7, bootId: table.bootId() };
  assert.ok(
    isGone(table, recorded, () => false),
    "nothing has its pid",
  );
  assert.ok(!isGone(table, recorded, () => true), "something has, and nobody can say what");
  assert.ok(
    isGone(table, { ...recorded, bootId: "another" }, () => true),
    "it ran before the machine was restarted",
  );
  assert.ok(!isGone(table, { ...recorded, pid: process.pid }), "this very process, which this table does not know");
});
