import assert from "node:assert/strict";
import { test } from "node:test";
import { chartsOf } from "./chart-list.ts";

test("what belongs together is one chart, in the order of the page, named by label and direction", () => {
  const charts = chartsOf([
    "load_1",
    "network_transmit_bytes_per_second[eth0]",
    "network_receive_bytes_per_second[eth0]",
    "cpu_percent",
    "filesystem_percent[/data]",
    "filesystem_percent[/]",
    "disk_percent",
    "memory_total_bytes",
  ]);
  assert.deepEqual(
    charts.map(({ title, unit, lines }) => [title, unit, lines.map(({ label }) => label)]),
    [
      ["CPU", "percent", ["CPU"]],
      ["Filesystems", "percent", ["/", "/data"]],
      ["Network", "bytes_per_second", ["eth0 in", "eth0 out"]],
      ["Load", "count", ["1 min"]],
    ],
  );
});

test("a bare server's own metrics have charts, and its disk too", () => {
  const charts = chartsOf(["disk_percent", "memory_percent", "room_humidity_percent"]);
  assert.deepEqual(
    charts.map(({ title, unit }) => [title, unit]),
    [
      ["Memory", "percent"],
      ["Disk", "percent"],
      ["room_humidity_percent", "percent"],
    ],
  );
  assert.deepEqual(chartsOf([]), []);
});
