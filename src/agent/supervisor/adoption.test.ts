import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { FakeProcessTable } from "../processes/fake-process-table.ts";
import { findFate } from "./adoption.ts";

test("P3: of 1,000 processes under a recorded pid only the very one that was started is adopted", () => {
  const table = new FakeProcessTable();
  const ours = table.add({ pid: 500 });
  const pid = { pid: 500, startTicks: ours.startTicks, bootId: table.bootId(), generation: 1 };
  const fate = () => findFate({ pid, exit: undefined, record: undefined, shimLives: false }, table);
  assert.equal(fate().found, "running");
  for (let reuse = 0; reuse < 1000; reuse += 1) {
    table.remove(500);
    assert.equal(fate().found, "lost");
    table.add({ pid: 500 });
    assert.equal(fate().found, "lost");
  }
});

test("findFate() answers running only for the same pid, start and boot, alive and without a told end", () => {
  const facts = fc.record({
    ticks: fc.constantFrom(100, 200),
    boot: fc.boolean(),
    state: fc.constantFrom("S", "R", "Z", "X"),
    there: fc.boolean(),
    exit: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
    shimLives: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, ({ ticks, boot, state, there, exit, shimLives }) => {
      const table = new FakeProcessTable();
      if (there) table.add({ pid: 7, startTicks: ticks, state });
      const pid = { pid: 7, startTicks: 100, bootId: boot ? table.bootId() : "another", generation: 2 };
      const told = exit === undefined ? undefined : { generation: exit, status: 3, signalled: false };
      const fate = findFate({ pid, exit: told, record: undefined, shimLives }, table);
      const same = there && ticks === 100 && boot && (state === "S" || state === "R");
      // The end of a start that came after this one, which lives, was never told by a shim.
      const ended = exit === 2 || (exit === 3 && !same);
      assert.equal(fate.found === "running", same && !ended);
      assert.equal(fate.found === "ended", ended);
      if (fate.found === "lost") assert.equal(fate.rebooted, !boot);
    }),
  );
});
