import assert from "node:assert/strict";
import type { StatsFs } from "node:fs";
import { test } from "node:test";
import { FakeClock } from "../../../base/clock.ts";
import { SECOND } from "../../../base/units.ts";
import { FilesystemMeter, fullnessOf } from "./filesystems.ts";
import { MetricValues } from "./metric-values.ts";
import { PatientReads } from "./patient-reads.ts";

const stats = (fields: Partial<StatsFs> = {}): StatsFs => ({
  type: 0xef53,
  frsize: 4096,
  bsize: 4096,
  blocks: 1000,
  bfree: 500,
  bavail: 400,
  files: 100,
  ffree: 75,
  ...fields,
});

/** A machine whose filesystems answer when the test says so. */
function machine(points: string[]) {
  const clock = new FakeClock();
  const hung = new Map<string, PromiseWithResolvers<StatsFs>>();
  const asked: string[] = [];
  const meter = new FilesystemMeter({
    mounts: () => points.map((point) => ({ point })),
    dataDir: "/data",
    reads: new PatientReads(clock),
    monotonic: () => clock.monotonic(),
    statfs: async (path) => {
      asked.push(path);
      return (await hung.get(path)?.promise) ?? stats();
    },
  });
  const told = () => {
    const values = new MetricValues();
    meter.putData(values);
    meter.put(values);
    return values.values;
  };
  /** A round in which nobody waits in earnest: time passes whenever nothing else happens. */
  const refresh = async () => {
    const round = meter.refresh();
    const turn = () => new Promise<"turn">((resolve) => setImmediate(resolve, "turn"));
    while ((await Promise.race([round, turn()])) === "turn") clock.advance(SECOND);
  };
  return { clock, hung, asked, told, refresh, hang: (path: string) => hung.set(path, Promise.withResolvers()) };
}

test("fullnessOf() counts as df does", () => {
  assert.deepEqual(fullnessOf(stats()), {
    total: 4_096_000,
    used: 2_048_000,
    percent: (500 / 900) * 100,
    inodesPercent: 25,
  });
  assert.equal(fullnessOf(stats({ files: 0, ffree: 0 }))?.inodesPercent, undefined);
  assert.equal(fullnessOf(stats({ blocks: 0 })), undefined);
});

test("FilesystemMeter tells each filesystem, and that of the data directory", async () => {
  const { told, refresh } = machine(["/", "/srv"]);
  await refresh();
  assert.deepEqual(told(), {
    disk_percent: 55.6,
    disk_total_bytes: 4_096_000,
    disk_used_bytes: 2_048_000,
    "filesystem_percent[/]": 55.6,
    "filesystem_total_bytes[/]": 4_096_000,
    "filesystem_used_bytes[/]": 2_048_000,
    "filesystem_inodes_percent[/]": 25,
    "filesystem_percent[/srv]": 55.6,
    "filesystem_total_bytes[/srv]": 4_096_000,
    "filesystem_used_bytes[/srv]": 2_048_000,
    "filesystem_inodes_percent[/srv]": 25,
  });
});

test("FilesystemMeter goes on past one that hangs, does not ask it again, and tells it again when it is back", async () => {
  const { hung, asked, told, refresh, hang } = machine(["/", "/dead", "/srv"]);
  hang("/dead");
  await refresh();
  assert.ok("filesystem_percent[/srv]" in told() && !("filesystem_percent[/dead]" in told()));
  asked.length = 0;
  await refresh();
  assert.deepEqual(asked, ["/data", "/", "/srv"]);
  hung.get("/dead")?.resolve(stats());
  await new Promise(setImmediate);
  await refresh();
  assert.ok("filesystem_percent[/dead]" in told());
});

test("FilesystemMeter asks nothing more while two hang, and tells no value that is old", async () => {
  const { clock, asked, told, refresh, hang } = machine(["/", "/a", "/b", "/srv"]);
  await refresh();
  hang("/a");
  hang("/b");
  await refresh();
  asked.length = 0;
  await refresh();
  assert.deepEqual(asked, []);
  clock.advance(90 * SECOND);
  assert.deepEqual(Object.keys(told()), ["disk_percent", "disk_total_bytes", "disk_used_bytes"]);
});
