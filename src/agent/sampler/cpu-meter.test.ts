import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { cpuSecondsBetween, percentOfCore } from "./cpu-meter.ts";

function process(pid: number, cpuSeconds: number, reapedCpuSeconds = 0, startTicks = pid) {
  return { pid, startTicks, cpuSeconds, reapedCpuSeconds };
}

function before(...processes: ReturnType<typeof process>[]) {
  return new Map(processes.map((one) => [one.pid, one]));
}

test("cpuSecondsBetween() adds what each process used", () => {
  assert.equal(cpuSecondsBetween(before(process(1, 5), process(2, 1)), [process(1, 6), process(2, 3)]), 3);
});

test("cpuSecondsBetween() counts a child that ended once: what it used since, not what was seen of it before", () => {
  // The child had used 4 s; it used 1 more, ended, and its parent was credited with 5.
  assert.equal(cpuSecondsBetween(before(process(1, 5), process(2, 4)), [process(1, 5, 5)]), 1);
});

test("cpuSecondsBetween() counts children that lived and died between two samples", () => {
  assert.equal(cpuSecondsBetween(before(process(1, 5)), [process(1, 5, 3)]), 3);
});

test("cpuSecondsBetween() does not fall when a child ends that nobody waited for", () => {
  assert.equal(cpuSecondsBetween(before(process(1, 5), process(2, 100)), [process(1, 6)]), 1);
});

test("cpuSecondsBetween() takes a reused pid for another process", () => {
  assert.equal(cpuSecondsBetween(before(process(2, 100, 0, 7)), [process(2, 0.5, 0, 8)]), 0.5);
});

test("cpuSecondsBetween() over any births, work, ends and waits sums up to what was really used", () => {
  const step = fc.record({
    kind: fc.constantFrom("fork", "work", "end"),
    who: fc.nat({ max: 5 }),
    amount: fc.nat({ max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 12 }), (intervals) => {
      let next = 2;
      let live = [process(1, 0)];
      let used = 0;
      let counted = 0;
      let seen = before(...live.map((one) => ({ ...one })));
      for (const steps of intervals) {
        for (const { kind, who, amount } of steps) {
          const [root] = live;
          const chosen = live[who % live.length];
          if (root === undefined || chosen === undefined) continue;
          if (kind === "fork") live.push(process((next += 1), 0));
          else if (kind === "work") {
            chosen.cpuSeconds += amount;
            used += amount;
          } else if (chosen !== root) {
            live = live.filter((one) => one !== chosen);
            root.reapedCpuSeconds += chosen.cpuSeconds + chosen.reapedCpuSeconds;
          }
        }
        counted += cpuSecondsBetween(
          seen,
          live.map((one) => ({ ...one })),
        );
        seen = before(...live.map((one) => ({ ...one })));
      }
      assert.equal(counted, used);
    }),
  );
});

test("percentOfCore() is to a tenth, and 0 when no time passed", () => {
  assert.equal(percentOfCore(0.5, 5), 10);
  assert.equal(percentOfCore(0.0123, 1), 1.2);
  assert.equal(percentOfCore(1, 0), 0);
});
