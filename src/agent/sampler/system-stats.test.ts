import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { systemStatsSchema } from "../../contract/status.ts";
import { parseCpuTicks, parseMeminfo, SystemMeter } from "./system-stats.ts";

const MEMINFO = `MemTotal:       16777216 kB
MemFree:         1048576 kB
MemAvailable:   12582912 kB
Buffers:          524288 kB
Cached:          2097152 kB
SwapTotal:       2097152 kB
SwapFree:        1572864 kB
`;

test("parseCpuTicks() counts waiting for disks as idle, and guests not twice", () => {
  assert.deepEqual(parseCpuTicks("cpu  100 20 30 400 50 6 7 8 90 10\ncpu0 1 2 3 4\n"), { total: 621, idle: 450 });
  assert.deepEqual(parseCpuTicks("cpu  1 2 3 4\n"), { total: 10, idle: 4 });
  assert.equal(parseCpuTicks("cpu  1 2"), undefined);
});

test("parseMeminfo() takes what is available, not what is free", () => {
  const memory = parseMeminfo(MEMINFO);
  assert.equal(memory?.total, 16 * 1024 ** 3);
  assert.equal(memory.available, 12 * 1024 ** 3);
  assert.equal(memory.swapFree, 1.5 * 1024 ** 3);
  const old = parseMeminfo(MEMINFO.replace(/MemAvailable.*\n/, ""));
  assert.equal(old?.available, 3.5 * 1024 ** 3);
});

test("parsers of machine files never throw and never answer NaN, wherever the text is cut", () => {
  fc.assert(
    fc.property(fc.nat({ max: MEMINFO.length }), fc.string({ maxLength: 40 }), (length, noise) => {
      for (const value of Object.values(parseMeminfo(MEMINFO.slice(0, length) + noise) ?? {})) {
        assert.ok(Number.isFinite(value));
      }
      parseCpuTicks(noise);
    }),
  );
});

test("SystemMeter tells CPU since the call before, in the contract's shape", async () => {
  const root = mkdtempSync(join(tmpdir(), "proc-"));
  try {
    writeFileSync(join(root, "stat"), "cpu  100 0 100 800 0 0 0 0 0 0\n");
    writeFileSync(join(root, "meminfo"), MEMINFO);
    const meter = new SystemMeter({ dataDir: root, countProcesses: () => 321, procRoot: root });
    const first = systemStatsSchema.parse(await meter.read());
    assert.equal(first.cpu_percent, 20);
    assert.equal(first.memory_percent, 25);
    assert.equal(first.memory_used_gb, 4);
    assert.equal(first.memory_total_gb, 16);
    assert.equal(first.swap_percent, 25);
    assert.equal(first.processes, 321);
    writeFileSync(join(root, "stat"), "cpu  175 0 100 825 0 0 0 0 0 0\n");
    assert.equal((await meter.read()).cpu_percent, 75);
    assert.equal((await meter.read()).cpu_percent, 0);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test("SystemMeter reads this machine, and one without /proc", async () => {
  for (const procRoot of ["/proc", "/nonexistent"]) {
    const meter = new SystemMeter({ dataDir: tmpdir(), countProcesses: () => 1, procRoot });
    const stats = systemStatsSchema.parse(await meter.read());
    assert.ok(stats.memory_total_gb > 0.1 && stats.memory_used_gb <= stats.memory_total_gb);
    assert.ok(stats.disk_total_gb > 0 && stats.disk_percent >= 0 && stats.disk_percent <= 100);
    assert.ok(stats.cores >= 1 && stats.uptime > 0);
  }
});

test("SystemMeter goes on without a figure for a directory that is gone", async () => {
  const meter = new SystemMeter({ dataDir: "/nonexistent/directory", countProcesses: () => 1 });
  assert.equal((await meter.read()).disk_total_gb, 0);
});
