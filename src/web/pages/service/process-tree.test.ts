import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ProcessInfo } from "../../../contract/status.ts";
import { flattenTree } from "./process-tree.ts";

const make = (pid: number, ppid: number): ProcessInfo => ({
  pid,
  ppid,
  name: `p${pid}`,
  cpu: 0,
  memory: 0,
  create_time: 0,
  command: "",
  user: "root",
  threads: 1,
});

test("flattenTree() puts children below their parents", () => {
  const rows = flattenTree([make(30, 20), make(20, 10), make(10, 1), make(25, 10), make(40, 2)]);
  assert.deepEqual(
    rows.map(({ process, depth, last }) => [process.pid, depth, last]),
    [
      [10, 0, false],
      [20, 1, false],
      [30, 2, true],
      [25, 1, true],
      [40, 0, true],
    ],
  );
});

test("flattenTree() shows each process once, whatever the parents are", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 40 })), {
        selector: ([pid]) => pid,
      }),
      (pairs) => {
        const rows = flattenTree(pairs.map(([pid, ppid]) => make(pid, ppid)));
        assert.deepEqual(
          rows.map(({ process }) => process.pid).sort((a, b) => a - b),
          pairs.map(([pid]) => pid).sort((a, b) => a - b),
        );
      },
    ),
  );
});
