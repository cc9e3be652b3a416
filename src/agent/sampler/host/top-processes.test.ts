import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { MIB, MINUTE } from "../../../base/units.ts";
import { createProcessTable } from "../../processes/create-process-table.ts";
import { FakeProcessTable } from "../../processes/fake-process-table.ts";
import { ProcessFiles } from "../process-files.ts";
import { TopProcesses } from "./top-processes.ts";

/** Thirty processes of 1 MiB and more, and what each has written. */
function machine() {
  const table = new FakeProcessTable();
  const clock = new FakeClock();
  const written = new Map<number, number>();
  const asked: number[] = [];
  for (let pid = 100; pid < 130; pid += 1) table.add({ pid, rss: MIB + pid, argv: [`/bin/p${pid}`, "x".repeat(300)] });
  const files = {
    io(pid: number) {
      asked.push(pid);
      const write = written.get(pid) ?? 0;
      return { read: 0, write };
    },
  };
  const use = (pid: number, fields: { cpu?: number; rss?: number; write?: number }) => {
    const process = table.get(pid);
    assert.ok(process);
    process.cpuSeconds += fields.cpu ?? 0;
    process.rss = fields.rss ?? process.rss;
    written.set(pid, (written.get(pid) ?? 0) + (fields.write ?? 0));
  };
  return { table, clock, asked, use, top: new TopProcesses({ table, files, clock }) };
}

test("TopProcesses tells the first by CPU, memory and I/O, each process once, most CPU first", async () => {
  const { clock, use, top } = machine();
  await top.sample();
  use(100, { cpu: 30, write: 6000 });
  use(101, { cpu: 60 });
  use(102, { cpu: 0.01, write: 60_000 });
  use(103, { rss: 900 * MIB });
  clock.advance(MINUTE);
  const { at, processes } = await top.sample();
  assert.equal(at, clock.now());
  assert.deepEqual(
    processes.map(({ pid, cpu_percent, io_bytes_per_second }) => [pid, cpu_percent, io_bytes_per_second]),
    [
      [101, 100, 0],
      [100, 50, 100],
      // 0.01 s in a minute is less than a tenth of a percent.
      [103, 0, 0],
      [129, 0, 0],
      [128, 0, 0],
      [127, 0, 0],
      [126, 0, 0],
      [102, 0, 1000],
    ],
  );
  const [first] = processes;
  assert.equal(first?.name, "p101");
  assert.equal(first.user, "root");
  assert.equal(first.command.length, 200);
  assert.equal(first.memory_bytes, MIB + 101);
});

test("TopProcesses knows only memory at its first pass, and says so", async () => {
  const { use, top } = machine();
  use(100, { cpu: 1000, write: 1e9 });
  const { processes } = await top.sample();
  assert.deepEqual(
    processes.map(({ pid }) => pid),
    [129, 128, 127, 126, 125],
  );
  assert.ok(processes.every((process) => process.cpu_percent === null && process.io_bytes_per_second === null));
});

test("TopProcesses takes a pid that was used again for another process", async () => {
  const { table, clock, use, top } = machine();
  use(100, { cpu: 1000 });
  await top.sample();
  table.remove(100);
  table.add({ pid: 100, cpuSeconds: 6 });
  clock.advance(MINUTE);
  const { processes } = await top.sample();
  assert.deepEqual([processes[0]?.pid, processes[0]?.cpu_percent], [100, 10]);
});

test("TopProcesses asks processes that slept for nothing but their state", async () => {
  const { clock, asked, use, top } = machine();
  await top.sample();
  asked.length = 0;
  use(105, { cpu: 1 });
  clock.advance(MINUTE);
  await top.sample();
  assert.deepEqual(asked, [105]);
});

test("TopProcesses without /proc makes one pass of the table and tells no I/O", async () => {
  const { table, clock } = machine();
  const top = new TopProcesses({ table, clock });
  const { stat } = table.calls;
  await top.sample();
  clock.advance(MINUTE);
  const { processes } = await top.sample();
  assert.equal(table.calls.stat, stat);
  assert.equal(table.calls.all, 2);
  assert.ok(processes.every((process) => process.io_bytes_per_second === null && process.cpu_percent === 0));
});

test("TopProcesses finds this very process when it works, with no more CPU than it used", async () => {
  const clock = new FakeClock(Date.now());
  const top = new TopProcesses({ table: createProcessTable(), files: new ProcessFiles(), clock });
  await top.sample();
  const before = process.cpuUsage();
  while (process.cpuUsage(before).user < 300_000);
  clock.advance(1000);
  const { processes } = await top.sample();
  const { user, system } = process.cpuUsage();
  const own = processes.find(({ pid }) => pid === process.pid);
  // On a busy machine five others may have used more since; then it is not there for its CPU.
  const busiest = own === undefined ? processes.slice(0, 5) : [own];
  assert.ok(busiest.every((process) => (process.cpu_percent ?? 0) >= 25));
  assert.ok((own?.cpu_percent ?? 0) <= (user + system) / 10_000 + 1);
  assert.ok(processes.length >= 5 && processes.length <= 15);
});
