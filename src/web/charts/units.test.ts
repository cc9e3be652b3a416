import assert from "node:assert/strict";
import { test } from "node:test";
import { formatCount, formatMetric, titleOf } from "./units.ts";

test("values say their unit, at most three digits", () => {
  assert.deepEqual(
    [
      formatMetric("cpu_percent", 6.24),
      formatMetric("network_receive_bytes_per_second[eth0]", 2048),
      formatMetric("disk_reads_per_second[sda]", 12_345),
      formatMetric("temperature_celsius[cpu]", 48.25),
      formatMetric("uptime_seconds", 3700),
      formatMetric("load_1", 0.126),
      formatMetric("own", 7),
      formatMetric("own_percent", null),
    ],
    ["6.2 %", "2.0 kB/s", "12.3 k op/s", "48.3 °C", "1h 1m", "0.13", "7", "–"],
  );
  assert.deepEqual([0, 999, 9999, 12_000, 3_400_000, 2e9].map(formatCount), [
    "0",
    "999",
    "9999",
    "12 k",
    "3.40 M",
    "2 G",
  ]);
});

test("metrics are called by their title and label; a foreign one by its key", () => {
  assert.deepEqual(["cpu_percent", "filesystem_percent[/data]", "room_humidity[attic]"].map(titleOf), [
    "CPU",
    "Filesystem /data",
    "room_humidity[attic]",
  ]);
});
