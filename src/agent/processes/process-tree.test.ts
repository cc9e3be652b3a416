import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as fc from "fast-check";
import { createProcessTable } from "./create-process-table.ts";
import { FakeProcessTable } from "./fake-process-table.ts";
import { ancestorsOf, cgroupMembers, descendantsOf, findMarked, indexChildren } from "./process-tree.ts";

test("descendantsOf() answers the whole tree, parents first, and nothing else", () => {
  const table = new FakeProcessTable();
  table.add({ pid: 10, ppid: 1 });
  table.add({ pid: 11, ppid: 10 });
  table.add({ pid: 13, ppid: 12 });
  table.add({ pid: 12, ppid: 11 });
  table.add({ pid: 20, ppid: 1 });
  const index = indexChildren(table.all());
  assert.deepEqual(
    descendantsOf(index, 10).map((process) => process.pid),
    [11, 12, 13],
  );
  assert.deepEqual(descendantsOf(index, 13), []);
});

test("descendantsOf() ends, and names each process once, whatever the parents are", () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 30 }), { maxLength: 30 }), fc.nat({ max: 30 }), (parents, root) => {
      const table = new FakeProcessTable();
      for (const [pid, ppid] of parents.entries()) table.add({ pid, ppid });
      const found = descendantsOf(indexChildren(table.all()), root).map((process) => process.pid);
      assert.equal(new Set(found).size, found.length);
      for (const pid of found) {
        const ppid = parents[pid] ?? -1;
        assert.ok(ppid === root || found.includes(ppid));
      }
    }),
  );
});

test("ancestorsOf() goes up to pid 1", () => {
  const table = new FakeProcessTable();
  table.add({ pid: 1, ppid: 0 });
  table.add({ pid: 5, ppid: 1 });
  table.add({ pid: 9, ppid: 5 });
  assert.deepEqual(ancestorsOf(table, 9), [5, 1]);
  assert.deepEqual(ancestorsOf(table, 404), []);
  assert.ok(ancestorsOf(createProcessTable(), process.pid).includes(process.ppid));
});

test("cgroupMembers() reads cgroup.procs, and nothing where there is none", () => {
  const directory = mkdtempSync(join(tmpdir(), "cgroup-"));
  try {
    assert.deepEqual(cgroupMembers(directory), []);
    writeFileSync(join(directory, "cgroup.procs"), "0\n17\n4194304\n");
    assert.deepEqual(cgroupMembers(directory), [17, 4194304]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("findMarked() finds a real stray by its environment, and leaves out what is older or marked otherwise", async () => {
  const table = createProcessTable();
  const value = `generation-${process.pid}`;
  const child = spawn("/bin/sh", ["-c", "echo ready; read line"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
    env: { TAILHERD_TEST_MARK: value },
  });
  try {
    await once(child.stdout, "data");
    const found = findMarked(table, { name: "TAILHERD_TEST_MARK", value });
    assert.deepEqual(
      found.map((process) => process.pid),
      [child.pid],
    );
    assert.deepEqual(findMarked(table, { name: "TAILHERD_TEST_MARK", value: "another" }), []);
    const since = (found[0]?.startTicks ?? 0) + 1;
    assert.deepEqual(findMarked(table, { name: "TAILHERD_TEST_MARK", value }, { since }), []);
  } finally {
    child.stdin.end();
    await once(child, "exit");
  }
});
