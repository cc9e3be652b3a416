import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../base/clock.ts";
import { SECOND } from "../../base/units.ts";
import { createProcessTable } from "../processes/create-process-table.ts";
import { FakeProcessTable } from "../processes/fake-process-table.ts";
import { Sampler, type SampledInstance } from "./sampler.ts";

/** A Node program that starts a child, prints a line when told to do something, and ends with its stdin. */
const PROGRAM = `
  const { createServer } = require("node:net");
  const { spawn } = require("node:child_process");
  const child = spawn("/bin/sh", ["-c", "read line"], { stdio: ["pipe", "ignore", "ignore"] });
  const server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ child: child.pid, port: server.address().port })));
  process.stdin.on("data", () => { const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end); console.log("done"); });
  process.stdin.on("end", () => { child.stdin.end(); child.on("exit", () => process.exit()); });`;

async function startService() {
  const child: ChildProcess = spawn(process.execPath, ["-e", PROGRAM], { stdio: ["pipe", "pipe", "inherit"] });
  const { stdin, stdout, pid = 0 } = child;
  assert.ok(stdin !== null && stdout !== null);
  const [line] = (await once(stdout, "data")) as [Buffer];
  const told = JSON.parse(line.toString()) as { child: number; port: number };
  return {
    pid,
    ...told,
    instance: { service: "api", index: 0, pids: [pid], cgroups: [], ports: [told.port] } satisfies SampledInstance,
    async burn() {
      stdin.write("burn\n");
      await once(stdout, "data");
    },
    async [Symbol.asyncDispose]() {
      stdin.end();
      await once(child, "exit");
    },
  };
}

test("Sampler tells a real service: CPU, memory, threads, descriptors, processes, ports", async () => {
  await using service = await startService();
  const clock = new FakeClock(Date.now());
  const table = createProcessTable();
  const sampler = new Sampler({ table, dataDir: tmpdir(), clock });
  await sampler.sample([service.instance]);
  await service.burn();
  clock.advance(5 * SECOND);
  const { instances, system, host } = await sampler.sample([service.instance]);
  assert.equal(host.values["memory_percent"], system.memory_percent);
  assert.equal(host.values["cpu_percent"], system.cpu_percent);
  const [row] = instances;
  assert.ok(row);
  // 0.3 s of work in what the clock says were 5 s; no more than the two have used since they began.
  const used = [service.pid, service.child].reduce((sum, pid) => sum + (table.stat(pid)?.cpuSeconds ?? 0), 0);
  assert.ok(row.cpu !== null && row.cpu >= 5 && row.cpu <= (used / 5) * 100 + 1, `cpu ${row.cpu}, used ${used} s`);
  assert.ok(row.memory !== null && row.memory > 5_000_000, `memory ${row.memory}`);
  assert.ok(row.memory_kind === "pss" || row.memory_kind === "rss");
  assert.ok((row.threads ?? 0) > 2);
  assert.ok((row.open_files ?? 0) > 5);
  assert.deepEqual(
    row.processes.map((process) => [process.pid, process.ppid]),
    [
      [service.pid, process.pid],
      [service.child, service.pid],
    ],
  );
  assert.match(row.processes[0]?.command ?? "", / -e /);
  assert.equal(row.processes[0]?.name, "node");
  assert.deepEqual(row.detected_ports, [service.port]);
  assert.equal(row.port_status.length, 1);
  assert.equal(row.port_status[0]?.own, true);
  assert.equal(row.port_status[0].accessible, true);
  assert.equal(row.port_status[0].pid, service.pid);
  assert.ok(system.processes > 2);
  assert.deepEqual(sampler.scanPorts([service.instance]), [service.port]);
  assert.equal(sampler.listAll([service.instance]).find((one) => one.port === service.port)?.service, "api");
  assert.equal(sampler.processes(service.instance).length, 2);
  const [foreign] = await sampler.portStatus([service.port], { fresh: true });
  assert.deepEqual([foreign?.in_use, foreign?.own, foreign?.pid], [true, false, service.pid]);
  const [own] = await sampler.portStatus([service.port], { own: [service.instance] });
  assert.equal(own?.own, true);
});

test("Sampler leaves out what is gone, and does not mind", async () => {
  let gone: SampledInstance;
  {
    await using service = await startService();
    gone = service.instance;
  }
  const sampler = new Sampler({ table: createProcessTable(), dataDir: tmpdir() });
  const { instances } = await sampler.sample([gone]);
  assert.deepEqual(instances[0]?.processes, []);
  assert.deepEqual(instances[0].detected_ports, []);
  assert.equal(instances[0].cpu, 0);
});

/** A directory with the files of a cgroup, version 2 and 1 as asked. */
function cgroupFixture(files: Record<string, string>) {
  const path = mkdtempSync(join(tmpdir(), "cgroup-"));
  const fixture = {
    path,
    write(values: Record<string, string>) {
      for (const [name, text] of Object.entries(values)) {
        mkdirSync(join(path, name, ".."), { recursive: true });
        writeFileSync(join(path, name), text);
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true }),
  };
  fixture.write(files);
  return fixture;
}

test("Sampler takes CPU and memory from cgroup files: version 2, version 1, and the hybrid of both", async () => {
  const layouts: [string, string[], Record<string, string>, Record<string, string>][] = [
    [
      "v2",
      ["v2"],
      {
        "v2/cgroup.procs": "500\n501\n",
        "v2/cpu.stat": "usage_usec 1000000\nuser_usec 1\n",
        "v2/memory.current": "9000000\n",
        "v2/memory.stat": "anon 1\ninactive_file 1000000\n",
      },
      { "v2/cpu.stat": "usage_usec 2000000\nuser_usec 1\n" },
    ],
    [
      "hybrid",
      ["v2", "mem", "cpu"],
      {
        "v2/cgroup.procs": "500\n501\n",
        "mem/cgroup.procs": "500\n501\n",
        "mem/memory.usage_in_bytes": "9000000\n",
        "mem/memory.stat": "inactive_file 5\ntotal_inactive_file 1000000\n",
        "cpu/cpu.stat": "nr_periods 0\n",
        "cpu/cpuacct.usage": "1000000000\n",
      },
      { "cpu/cpuacct.usage": "2000000000\n" },
    ],
  ];
  for (const [name, directories, files, later] of layouts) {
    using cgroup = cgroupFixture(files);
    const clock = new FakeClock();
    const table = new FakeProcessTable();
    table.add({ pid: 501, ppid: 500 });
    table.add({ pid: 500 });
    const sampler = new Sampler({ table, dataDir: tmpdir(), clock });
    const instance = {
      service: name,
      index: 0,
      pids: [500],
      cgroups: directories.map((directory) => join(cgroup.path, directory)),
      ports: [],
    };
    await sampler.sample([instance]);
    cgroup.write(later);
    clock.advance(4 * SECOND);
    const { instances } = await sampler.sample([instance]);
    assert.equal(instances[0]?.cpu, 25, name);
    assert.equal(instances[0].memory, 8_000_000, name);
    assert.equal(instances[0].memory_kind, "cgroup", name);
    assert.deepEqual(
      instances[0].processes.map((process) => process.pid),
      [500, 501],
      name,
    );
    assert.equal(table.calls.all, 0, "no pass over all processes");
  }
});

test("Sampler reads nothing but the cgroup's CPU time of an instance that did nothing", async () => {
  using cgroup = cgroupFixture({ "cgroup.procs": "500\n", "cpu.stat": "usage_usec 1000000\n" });
  const clock = new FakeClock();
  const table = new FakeProcessTable();
  table.add({ pid: 500, cpuSeconds: 1 });
  const sampler = new Sampler({ table, dataDir: tmpdir(), clock });
  const instance = { service: "idle", index: 0, pids: [500], cgroups: [cgroup.path], ports: [] };
  await sampler.sample([instance]);
  const { stat } = table.calls;
  for (let interval = 0; interval < 3; interval += 1) {
    clock.advance(5 * SECOND);
    const { instances } = await sampler.sample([instance]);
    assert.equal(instances[0]?.cpu, 0);
    assert.equal(instances[0].processes.length, 1);
  }
  assert.equal(table.calls.stat, stat);
});

test("Sampler finds a daemon that left the tree but not the session", async () => {
  const table = new FakeProcessTable();
  table.add({ pid: 1, ppid: 0 });
  table.add({ pid: 500, session: 500 });
  table.add({ pid: 501, ppid: 1, session: 500 });
  table.add({ pid: 600, ppid: 1, session: 600 });
  const clock = new FakeClock();
  const sampler = new Sampler({ table, dataDir: tmpdir(), clock, procRoot: "/nonexistent" });
  const instance = { service: "daemon", index: 0, pids: [500], cgroups: [], ports: [] };
  let pids: number[] = [];
  for (let interval = 0; interval < 13; interval += 1) {
    const { instances } = await sampler.sample([instance]);
    pids = instances[0]?.processes.map((process) => process.pid) ?? [];
    clock.advance(5 * SECOND);
  }
  assert.deepEqual(pids, [500, 501]);
});
