import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { systemStatsSchema } from "../../contract/status.ts";
import { HostSampler } from "./host/host-sampler.ts";
import { systemStatsOf } from "./system-stats.ts";

test("systemStatsOf() tells the predecessor's names and units", () => {
  const values = {
    cpu_percent: 12.5,
    memory_percent: 25,
    memory_total_bytes: 16 * 1024 ** 3,
    memory_used_bytes: 4 * 1024 ** 3,
    disk_percent: 55.6,
    disk_total_bytes: 1.505 * 1024 ** 3,
    disk_used_bytes: 0.75 * 1024 ** 3,
    load_1: 0.53,
    load_5: 0.13,
    load_15: 1.08,
    swap_percent: 25,
    uptime_seconds: 3600,
    processes: 321,
    "cpu_core_percent[0]": 99,
  };
  const { cores, ...stats } = systemStatsSchema.parse(systemStatsOf(values, 80));
  assert.ok(cores >= 1);
  assert.deepEqual(stats, {
    cpu_percent: 12.5,
    memory_percent: 25,
    memory_used_gb: 4,
    memory_total_gb: 16,
    disk_percent: 55.6,
    disk_used_gb: 0.75,
    disk_total_gb: 1.51,
    load_1: 0.53,
    load_5: 0.13,
    load_15: 1.08,
    swap_percent: 25,
    uptime: 3600,
    processes: 321,
  });
});

test("systemStatsOf() has a CPU percent before there were two readings, and zeros for what is not known", () => {
  const stats = systemStatsSchema.parse(systemStatsOf({}, 20.04));
  assert.equal(stats.cpu_percent, 20);
  assert.equal(stats.disk_total_gb, 0);
});

test("systemStatsOf() fits this machine's first sample, with /proc and without", async () => {
  for (const procRoot of ["/proc", "/nonexistent"]) {
    const sampler = new HostSampler({ dataDir: tmpdir(), countProcesses: () => 1, procRoot });
    const { values } = await sampler.sample();
    const stats = systemStatsSchema.parse(systemStatsOf(values, sampler.lastCpuPercent));
    assert.ok(stats.cpu_percent > 0 && stats.cpu_percent <= 100);
    assert.ok(stats.memory_total_gb > 0.1 && stats.memory_used_gb <= stats.memory_total_gb);
    assert.ok(stats.disk_total_gb > 0 && stats.disk_percent >= 0 && stats.disk_percent <= 100);
    assert.ok(stats.cores >= 1 && stats.uptime > 0);
  }
});
