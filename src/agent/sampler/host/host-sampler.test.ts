import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, tmpdir, totalmem, uptime } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import { MAX_METRICS, metricDefinition, parseMetricKey } from "../../../contract/metrics.ts";
import { HOME_SERVER, manyCores } from "./fixtures.ts";
import { HostSampler } from "./host-sampler.ts";

/** A directory that looks like the /proc of the home server. */
function procWith(files: Record<string, string> = {}) {
  const root = mkdtempSync(join(tmpdir(), "proc-"));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  const { stat, meminfo, loadavg, diskstats } = HOME_SERVER;
  const all = {
    stat,
    meminfo,
    loadavg,
    diskstats,
    "net/dev": HOME_SERVER.netDev,
    "net/snmp": HOME_SERVER.snmp,
    "sys/fs/file-nr": HOME_SERVER.fileNr,
    "pressure/cpu": HOME_SERVER.pressure,
    "pressure/memory": HOME_SERVER.pressure,
    "pressure/io": HOME_SERVER.pressure,
    ...files,
  };
  for (const [path, text] of Object.entries(all)) write(path, text);
  return { root, write, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

test("HostSampler tells a whole machine in the names of the catalogue", async () => {
  using proc = procWith();
  const clock = new FakeClock();
  const dataDir = proc.root;
  const sampler = new HostSampler({
    clock,
    dataDir,
    countProcesses: () => 321,
    procRoot: proc.root,
    sysRoot: proc.root,
  });
  const first = await sampler.sample();
  assert.ok(!("cpu_percent" in first.values) && !("disk_busy_percent[sda]" in first.values));
  clock.advance(5 * SECOND);
  proc.write("stat", HOME_SERVER.stat.replace("cpu  3763", "cpu  3863"));
  const { at, values, left_out } = await sampler.sample();
  assert.equal(at, clock.now());
  assert.equal(left_out, 0);
  for (const key of Object.keys(values)) assert.ok(metricDefinition(key), key);
  const told = Object.fromEntries(
    Object.entries(values).filter(([key]) => !key.includes("[") && !key.startsWith("disk")),
  );
  assert.deepEqual(
    { ...told, uptime_seconds: 0 },
    {
      cpu_percent: 100,
      cpu_user_percent: 100,
      cpu_system_percent: 0,
      cpu_iowait_percent: 0,
      cpu_steal_percent: 0,
      load_1: 0.53,
      load_5: 0.13,
      load_15: 1.08,
      memory_percent: 25,
      memory_total_bytes: 17_179_869_184,
      memory_used_bytes: 4_294_967_296,
      memory_available_bytes: 12_884_901_888,
      memory_cached_bytes: 3_221_225_472,
      memory_buffers_bytes: 536_870_912,
      swap_percent: 25,
      swap_total_bytes: 2_147_483_648,
      swap_used_bytes: 536_870_912,
      pressure_cpu_some_percent: 7.3,
      pressure_memory_some_percent: 7.3,
      pressure_memory_full_percent: 0.9,
      pressure_io_some_percent: 7.3,
      pressure_io_full_percent: 0.9,
      uptime_seconds: 0,
      processes: 321,
      threads: 97,
      threads_running: 2,
      threads_blocked: 1,
      open_files: 1500,
      open_files_percent: 15,
      tcp_established: 42,
    },
  );
});

test("HostSampler leaves out what a kernel does not have, and goes on", async () => {
  using proc = procWith();
  for (const path of ["pressure", "net", "diskstats", "sys", "loadavg"])
    rmSync(join(proc.root, path), { recursive: true });
  const roots = { procRoot: proc.root, sysRoot: proc.root };
  const sampler = new HostSampler({
    clock: new FakeClock(),
    dataDir: "/nonexistent",
    countProcesses: () => 1,
    ...roots,
  });
  const { values } = await sampler.sample();
  assert.ok("memory_percent" in values && "threads_running" in values);
  for (const key of Object.keys(values)) assert.ok(!/^(?:pressure|network|disk|load|open|tcp)/.test(key), key);
});

test("HostSampler has at most its places: cores are left out first, the same at each sample", async () => {
  using proc = procWith({ stat: manyCores(600, 10, 90) });
  const clock = new FakeClock();
  const roots = { procRoot: proc.root, sysRoot: proc.root };
  const sampler = new HostSampler({ clock, dataDir: proc.root, countProcesses: () => 1, ...roots });
  const first = await sampler.sample();
  clock.advance(5 * SECOND);
  proc.write("stat", manyCores(600, 20, 180));
  const second = await sampler.sample();
  assert.ok(first.left_out > 0 && first.left_out === second.left_out);
  assert.equal(Object.keys(second.values).length, MAX_METRICS);
  assert.ok("network_drops_per_second[veth*]" in second.values && "cpu_core_percent[0]" in second.values);
});

test("HostSampler counts processes rarely", async () => {
  using proc = procWith();
  const clock = new FakeClock();
  let counted = 0;
  const countProcesses = () => (counted += 1);
  const sampler = new HostSampler({
    clock,
    dataDir: proc.root,
    countProcesses,
    procRoot: proc.root,
    sysRoot: proc.root,
  });
  for (let sample = 0; sample < 6; sample += 1) {
    await sampler.sample();
    clock.advance(5 * SECOND);
  }
  assert.equal(counted, 2);
});

test("HostSampler agrees with node:os about this machine, with /proc and without", async () => {
  for (const procRoot of ["/proc", "/nonexistent"]) {
    const clock = new FakeClock(Date.now());
    const sampler = new HostSampler({ clock, dataDir: tmpdir(), countProcesses: () => 7, procRoot });
    await sampler.sample();
    const before = process.cpuUsage();
    while (process.cpuUsage(before).user < 100_000);
    clock.advance(SECOND);
    const { values } = await sampler.sample();
    const value = (key: string) => values[key] ?? Number.NaN;
    assert.equal(value("memory_total_bytes"), totalmem());
    assert.ok(value("memory_used_bytes") > 0 && value("memory_available_bytes") <= totalmem());
    assert.ok(Math.abs(value("uptime_seconds") - uptime()) <= 2);
    assert.ok(Math.abs(value("load_15") - (loadavg()[2] ?? 0)) <= 0.5);
    assert.ok(value("cpu_percent") > 0 && value("cpu_percent") <= 100);
    const cores = Object.keys(values).filter((key) => parseMetricKey(key).name === "cpu_core_percent");
    assert.equal(cores.length, cpus().length);
    assert.ok(cores.length >= availableParallelism());
    assert.ok(value("disk_total_bytes") >= value("disk_used_bytes") && value("disk_used_bytes") > 0);
    assert.equal(value("processes"), 7);
    for (const [key, number] of Object.entries(values)) assert.ok(Number.isFinite(number), key);
  }
});
