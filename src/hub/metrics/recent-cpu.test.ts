import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { RECENT_SAMPLES, RecentCpu } from "./recent-cpu.ts";

const INTERVAL = 5;
const of = (service: string) => ({ service, serverId: "a", index: 0 });

describe("RecentCpu", () => {
  it("gives the last samples of each service, oldest first", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 800 }), { minLength: 1, maxLength: 200 }), (values) => {
        const recent = new RecentCpu();
        for (const [index, value] of values.entries()) recent.add(of("api"), index * INTERVAL * 1000, value);
        assert.deepEqual(recent.read(INTERVAL), { api: values.slice(-RECENT_SAMPLES) });
      }),
    );
  });

  it("adds up instances, also of servers that sample at other moments, and leaves out what could not be told", () => {
    const recent = new RecentCpu();
    recent.add(of("worker"), 1000, 10);
    recent.add({ ...of("worker"), index: 1 }, 1000, 2.5);
    recent.add({ ...of("worker"), serverId: "b" }, 1700, 1);
    recent.add(of("worker"), 1000, null);
    recent.add(of("idle"), 1000, null);
    assert.deepEqual(recent.read(INTERVAL), { worker: [13.5] });
  });

  it("says 0 for the time in which it did not run, and forgets what is too old to draw", () => {
    const recent = new RecentCpu();
    recent.add(of("api"), 0, 7);
    recent.add(of("api"), 4 * INTERVAL * 1000, 9);
    assert.deepEqual(recent.read(INTERVAL), { api: [7, 0, 0, 0, 9] });
    recent.add(of("late"), 20_000 + RECENT_SAMPLES * INTERVAL * 1000, 1);
    assert.deepEqual(recent.read(INTERVAL), { api: [9], late: [1] });
    recent.add(of("late"), 10_000_000, 2);
    assert.deepEqual(recent.read(INTERVAL), { late: [2] });
    recent.forget("late");
    assert.deepEqual(recent.read(INTERVAL), {});
  });
});
