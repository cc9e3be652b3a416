import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DiskMeter, isPartitionName } from "./disks.ts";
import { HOME_SERVER } from "./fixtures.ts";
import { MetricValues } from "./metric-values.ts";
import { groupOf, NetworkMeter } from "./network.ts";

/** What a meter tells at the second of two readings, five seconds apart. */
function tell(meter: { put(values: MetricValues, text: string, at: number): void }, before: string, now: string) {
  const first = new MetricValues();
  meter.put(first, before, 0);
  assert.deepEqual(first.values, {}, "a first reading has no rates");
  const second = new MetricValues();
  meter.put(second, now, 5000);
  return second;
}

const labelsOf = ({ values }: MetricValues, name: string) =>
  Object.keys(values).flatMap((key) => (key.startsWith(`${name}[`) ? [key.slice(name.length + 1, -1)] : []));

test("DiskMeter tells whole disks and volumes by their names, not partitions, loops, RAM or optical drives", () => {
  const sysRoot = mkdtempSync(join(tmpdir(), "sys-"));
  try {
    for (const name of ["nvme0n1", "sda", "sdb", "md0", "dm-0", "loop0", "zram0", "sr0"]) {
      mkdirSync(join(sysRoot, "block", name), { recursive: true });
    }
    mkdirSync(join(sysRoot, "block/dm-0/dm"));
    writeFileSync(join(sysRoot, "block/dm-0/dm/name"), "vg0-files\n");
    const told = tell(new DiskMeter(sysRoot), HOME_SERVER.diskstats, HOME_SERVER.diskstats);
    assert.deepEqual(labelsOf(told, "disk_busy_percent"), ["nvme0n1", "sda", "sdb", "md0", "vg0-files"]);
  } finally {
    rmSync(sysRoot, { recursive: true });
  }
});

test("DiskMeter tells bytes, operations and busy time per second, and goes by names where there is no /sys/block", () => {
  const now = HOME_SERVER.diskstats.replace(
    "sda 1000 10 80000 900 500 20 40000 700 0 1500",
    "sda 1010 10 80100 900 520 20 40200 700 0 4000",
  );
  const told = tell(new DiskMeter("/nonexistent"), HOME_SERVER.diskstats, now);
  assert.deepEqual(labelsOf(told, "disk_busy_percent"), ["nvme0n1", "sda", "sdb", "md0", "dm-0"]);
  assert.equal(told.values["disk_reads_per_second[sda]"], 2);
  assert.equal(told.values["disk_writes_per_second[sda]"], 4);
  assert.equal(told.values["disk_read_bytes_per_second[sda]"], (100 * 512) / 5);
  assert.equal(told.values["disk_write_bytes_per_second[sda]"], (200 * 512) / 5);
  assert.equal(told.values["disk_busy_percent[sda]"], 50);
  assert.equal(told.values["disk_busy_percent[sdb]"], 0);
});

test("DiskMeter has no value for a counter that was reset, and all others", () => {
  const now = HOME_SERVER.diskstats.replace("sda 1000 10 80000 900", "sda 1000 10 50 900");
  const { values } = tell(new DiskMeter("/nonexistent"), HOME_SERVER.diskstats, now);
  assert.ok(!("disk_read_bytes_per_second[sda]" in values));
  assert.equal(values["disk_write_bytes_per_second[sda]"], 0);
});

test("DiskMeter tells 32 disks and counts what it leaves out", () => {
  const text = Array.from({ length: 40 }, (_, n) => ` 8 ${n} disk${n} 1 0 8 1 1 0 8 1 0 1 1\n`).join("");
  const told = tell(new DiskMeter("/nonexistent"), text, text);
  assert.equal(labelsOf(told, "disk_busy_percent").length, 32);
  assert.equal(told.leftOut, 8 * 5);
});

test("isPartitionName() knows the kernel's ways", () => {
  for (const name of ["sda1", "vdb12", "nvme0n1p2", "mmcblk0p1", "md127p1"]) assert.ok(isPartitionName(name), name);
  for (const name of ["sda", "sdaa", "nvme0n1", "mmcblk0", "mmcblk0boot0", "md127", "dm-3"]) {
    assert.ok(!isPartitionName(name), name);
  }
});

test("NetworkMeter sums containers' interfaces, and leaves out loopback and what never carried a packet", () => {
  const now = HOME_SERVER.netDev
    .replace("veth3f2a91c:    6000      60", "veth3f2a91c:    6500      65")
    .replace("vethb20c77e:    4000      40", "vethb20c77e:    5000      40")
    .replace("bond0.20: 500000", "bond0.20: 600000");
  const told = tell(new NetworkMeter(), HOME_SERVER.netDev, now);
  assert.deepEqual(labelsOf(told, "network_receive_bytes_per_second"), [
    "eth0",
    "eth1",
    "bond0",
    "bond0.20",
    "tailscale0",
    "docker0",
    "veth*",
  ]);
  assert.equal(told.values["network_receive_bytes_per_second[veth*]"], 300);
  assert.equal(told.values["network_receive_packets_per_second[veth*]"], 1);
  assert.equal(told.values["network_receive_bytes_per_second[bond0.20]"], 20_000);
  assert.equal(told.values["network_errors_per_second[eth0]"], 0);
});

test("NetworkMeter makes no spike of a container that came or went", () => {
  const line = (name: string, bytes: number) => `${name}: ${bytes} 5 0 0 0 0 0 0 ${bytes} 5 0 0 0 0 0 0\n`;
  const meter = new NetworkMeter();
  tell(meter, line("veth1", 5000) + line("veth2", 9_000_000), line("veth1", 5500) + line("veth3", 7_000_000));
  const third = new MetricValues();
  meter.put(third, line("veth1", 6500) + line("veth3", 100), 10_000);
  assert.equal(third.values["network_receive_bytes_per_second[veth*]"], 200);
});

test("groupOf() leaves bridges and tunnels alone", () => {
  assert.equal(groupOf("cali9f01"), "cali*");
  assert.equal(groupOf("tap100i0"), "tap*");
  assert.equal(groupOf("br-4f1c2d3e4a5b"), "br-*");
  for (const name of ["lxcbr0", "tap0", "br-lan", "docker0", "tailscale0", "wg0"])
    assert.equal(groupOf(name), undefined);
});
