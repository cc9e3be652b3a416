import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerNode } from "../../../contract/server.ts";
import type { MetricSeries } from "../../charts/use-metrics.ts";
import { keysOf, ranked, toCsv } from "./compare.ts";

const tells = (...keys: string[]): ServerNode =>
  ({ last_metrics: Object.fromEntries(keys.map((key) => [key, 1])) }) as unknown as ServerNode;
const series = (server_id: string | null, ...values: number[]): MetricSeries => ({
  server_id,
  service: null,
  index: null,
  metric: "cpu_percent",
  unit: "percent",
  points: values.map((value, index) => [index * 1000, value]),
  min: values,
  max: values,
});

test("every metric that anybody tells can be chosen once, the catalogue's first", () => {
  assert.deepEqual(keysOf([tells("own", "memory_percent"), tells("filesystem_percent[/]", "cpu_percent", "own")]), [
    "cpu_percent",
    "memory_percent",
    "filesystem_percent[/]",
    "own",
  ]);
});

test("the server with the highest value stands first; who has no values last", () => {
  const lines = ranked([series("a", 1, 5), series("b"), series("c", 9, 0), series(null, 3)], (id) => `name ${id}`);
  assert.deepEqual(
    lines.map(({ label, isServer }) => [label, isServer]),
    [
      ["name c", true],
      ["name a", true],
      ["all together", false],
      ["name b", true],
    ],
  );
});

test("CSV has a row for each point, and no cell that a spreadsheet would run", () => {
  assert.equal(
    toCsv(
      "cpu_percent",
      ranked([series("a", 1, 2)], () => '=cmd"x'),
    ),
    'time,server,"cpu_percent"\r\n1970-01-01T00:00:00.000Z,"\'=cmd""x",1\r\n1970-01-01T00:00:01.000Z,"\'=cmd""x",2\r\n',
  );
});
