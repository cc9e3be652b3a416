import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { KEPT_HEARTBEATS, RecentMetrics } from "./recent-metrics.ts";

const heartbeat = fc.dictionary(fc.constantFrom("cpu_percent", "memory_percent", "x"), fc.double({ noNaN: true }));

describe("RecentMetrics", () => {
  it("answers the last two hundred heartbeats, oldest first, each with just what it held", () => {
    fc.assert(
      fc.property(fc.array(heartbeat, { maxLength: 3 * KEPT_HEARTBEATS, size: "max" }), (heartbeats) => {
        const recent = new RecentMetrics();
        for (const [at, values] of heartbeats.entries()) recent.add(at * 5000, values);
        const kept = heartbeats.map((values, at) => ({ ts: new Date(at * 5000).toISOString(), ...values }));
        assert.deepEqual(recent.history(), kept.slice(-KEPT_HEARTBEATS));
      }),
      { numRuns: 50 },
    );
  });
});
