import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerNode } from "../../../contract/server.ts";
import { MEASURES, measureOf } from "./measures.ts";

const read = (last_metrics: Record<string, number>): (number | undefined)[] =>
  MEASURES.map((measure) => measureOf({ last_metrics } as unknown as ServerNode, measure));

test("the disk of a server is its fullest filesystem; what is not told is unknown, not zero", () => {
  assert.deepEqual(
    read({ cpu_percent: 1, memory_percent: 2, disk_percent: 3, "filesystem_percent[/data]": 91 }),
    [1, 2, 91],
  );
  assert.deepEqual(read({ disk_percent: 60, "filesystem_percent[/boot]": 10 }), [undefined, undefined, 60]);
  assert.deepEqual(read({}), [undefined, undefined, undefined]);
});
