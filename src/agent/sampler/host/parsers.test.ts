import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { CpuMeter, cpuShare, type CpuTicks, parseKernelStat } from "./cpu.ts";
import { parseDiskstats } from "./disks.ts";
import { CONTAINER_MOUNTINFO, HOME_SERVER, manyCores, OLD_SERVER } from "./fixtures.ts";
import { parseEstablished, parseFileNr, parseLoadavg, parsePressure } from "./kernel.ts";
import { parseMeminfo } from "./memory.ts";
import { MetricValues } from "./metric-values.ts";
import { parseMountinfo, realFilesystems } from "./mounts.ts";
import { parseNetDev } from "./network.ts";
import { parseMillidegrees } from "./temperatures.ts";

test("parseKernelStat() adds niceness and interrupts, and guests not twice", () => {
  const stat = parseKernelStat(HOME_SERVER.stat);
  assert.deepEqual(stat?.total, { user: 3783, system: 3303, iowait: 445, steal: 12, idle: 68_927 });
  assert.deepEqual(
    stat?.cores.map(({ core }) => core),
    ["0", "1"],
  );
  assert.deepEqual([stat?.running, stat?.blocked], [2, 1]);
  assert.equal(parseKernelStat(OLD_SERVER.stat)?.total.user, 120);
  assert.deepEqual(parseKernelStat("cpu  1 2 3 4\n")?.total, { user: 3, system: 3, iowait: 0, steal: 0, idle: 4 });
  assert.equal(parseKernelStat("cpu  1 2"), undefined);
});

test("parseKernelStat() finds all cores and what stands after a very long line of interrupts", () => {
  const stat = parseKernelStat(manyCores(256, 10, 90));
  assert.equal(stat?.cores.length, 256);
  assert.equal(stat.running, 256);
});

test("CpuMeter tells no CPU before two readings, then the interval, and cores apart", () => {
  const meter = new CpuMeter();
  const values = (text: string) => {
    const collected = new MetricValues();
    const stat = parseKernelStat(text);
    assert.ok(stat);
    meter.put(collected, stat);
    meter.putCores(collected);
    return collected.values;
  };
  assert.deepEqual(values("cpu  100 0 100 800 0 0 0 0\ncpu0 100 0 100 800 0 0 0 0\n"), {});
  assert.equal(meter.lastPercent, 20);
  const second = values("cpu  150 0 125 805 10 0 0 10\ncpu0 100 0 175 825 0 0 0 0\n");
  assert.deepEqual(second, {
    cpu_percent: 85,
    cpu_user_percent: 50,
    cpu_system_percent: 25,
    cpu_iowait_percent: 10,
    cpu_steal_percent: 10,
    "cpu_core_percent[0]": 75,
  });
});

test("cpuShare() stays within 0 and 100 and adds up, also where ticks fell", () => {
  const ticks: fc.Arbitrary<CpuTicks> = fc.record({
    user: fc.nat(),
    system: fc.nat(),
    iowait: fc.nat(),
    steal: fc.nat(),
    idle: fc.nat(),
  });
  fc.assert(
    fc.property(ticks, ticks, (before, now) => {
      const share = cpuShare(before, now);
      if (share === undefined) return;
      for (const percent of Object.values(share) as number[]) assert.ok(percent >= 0 && percent <= 100 + 1e-9);
      assert.ok(Math.abs(share.user + share.system + share.steal - share.busy) < 1e-6);
    }),
  );
  assert.equal(
    cpuShare(
      { user: 9, system: 9, iowait: 9, steal: 9, idle: 9 },
      { user: 1, system: 1, iowait: 1, steal: 1, idle: 1 },
    ),
    undefined,
  );
});

test("parseMeminfo() takes what is available, not what is free", () => {
  const memory = parseMeminfo(HOME_SERVER.meminfo);
  assert.equal(memory?.total, 16 * 1024 ** 3);
  assert.equal(memory.available, 12 * 1024 ** 3);
  assert.equal(memory.cached, 3 * 1024 ** 3);
  assert.equal(memory.swapFree, 1.5 * 1024 ** 3);
  const old = parseMeminfo(OLD_SERVER.meminfo);
  assert.equal(old?.available, 420_000 * 1024);
  assert.equal(old.swapTotal, 0);
});

test("the small files of the kernel tell load, threads, open files, connections, pressure", () => {
  assert.deepEqual(parseLoadavg(HOME_SERVER.loadavg), { load: [0.53, 0.13, 1.08], threads: 97 });
  assert.deepEqual(parseFileNr(HOME_SERVER.fileNr), { open: 1500, limit: 10_000 });
  assert.equal(parseFileNr("593\t0\t9223372036854775807\n")?.open, 593);
  assert.equal(parseEstablished(HOME_SERVER.snmp), 42);
  assert.equal(parseEstablished("Tcp: RtoAlgorithm\nTcp: 1\n"), undefined);
  assert.deepEqual(parsePressure(HOME_SERVER.pressure), { some: 7.25, full: 0.88 });
  assert.deepEqual(parsePressure("some avg10=1.00 avg60=0.00 avg300=0.00 total=1\n"), { some: 1, full: undefined });
});

test("parseDiskstats() reads lines of old and new kernels in bytes", () => {
  const disks = parseDiskstats(HOME_SERVER.diskstats);
  assert.equal(disks.length, 12);
  assert.deepEqual(disks[1], {
    name: "nvme0n1",
    reads: 57_524,
    readBytes: 2_526_946 * 512,
    writes: 17_939,
    writtenBytes: 4_043_432 * 512,
    busy: 7000,
  });
  assert.deepEqual(
    parseDiskstats(OLD_SERVER.diskstats).map(({ name, busy }) => [name, busy]),
    [
      ["sda", 9800],
      ["sda1", 256],
      ["xvda1", 10],
    ],
  );
});

test("parseNetDev() reads names with and without a blank after the colon", () => {
  const [loopback, ethernet] = parseNetDev(OLD_SERVER.netDev);
  assert.equal(loopback?.name, "lo");
  assert.deepEqual(ethernet, {
    name: "eth0",
    receivedBytes: 3_283_823_419,
    receivedPackets: 4_101_010,
    sentBytes: 192_837_465,
    sentPackets: 1_201_010,
    errors: 0,
    drops: 0,
  });
  const home = parseNetDev(HOME_SERVER.netDev);
  assert.deepEqual(
    home.find(({ name }) => name === "bond0"),
    {
      name: "bond0",
      receivedBytes: 2_000_001,
      receivedPackets: 2001,
      sentBytes: 800_001,
      sentPackets: 1001,
      errors: 4,
      drops: 6,
    },
  );
});

test("parseMillidegrees() believes no sensor that is not connected", () => {
  assert.equal(parseMillidegrees("48250\n"), 48.25);
  assert.equal(parseMillidegrees("-5000\n"), -5);
  assert.equal(parseMillidegrees("-273150\n"), undefined);
  assert.equal(parseMillidegrees("255000"), undefined);
  assert.equal(parseMillidegrees(""), undefined);
});

const TEXTS = [
  ...Object.values(HOME_SERVER),
  ...Object.values(OLD_SERVER),
  CONTAINER_MOUNTINFO,
  manyCores(4, 1, 2).slice(0, 400),
];
/** A text of a machine with a piece cut out and something else put there. */
const damaged = fc
  .record({
    text: fc.constantFrom(...TEXTS),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    cut: fc.nat({ max: 60 }),
    noise: fc.oneof(
      fc.string({ maxLength: 30, unit: "binary" }),
      fc.stringMatching(/^[0-9 :\n-]{0,30}$/),
      fc.constant("9".repeat(400)),
    ),
  })
  .map(({ text, at, cut, noise }) => {
    const start = Math.floor(at * text.length);
    return text.slice(0, start) + noise + text.slice(start + cut);
  });

test("parsers of machine files never throw and never answer a number that is none, whatever is damaged", () => {
  const finite = (value: unknown): void => {
    if (typeof value === "number") assert.ok(Number.isFinite(value) && !Number.isNaN(value), String(value));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(finite);
  };
  const parsers = [
    parseKernelStat,
    parseMeminfo,
    parseLoadavg,
    parsePressure,
    parseFileNr,
    parseEstablished,
    parseMillidegrees,
  ];
  fc.assert(
    fc.property(damaged, (text) => {
      for (const parse of parsers) finite(parse(text));
      finite(parseDiskstats(text));
      finite(parseNetDev(text));
      realFilesystems(parseMountinfo(text));
    }),
    { numRuns: 2000 },
  );
});
