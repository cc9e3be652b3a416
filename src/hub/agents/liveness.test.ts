import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { livenessOf } from "./liveness.ts";

const RULE = { lateAfter: 2, offlineAfter: 3 };
const ORDER = ["online", "late", "offline"];

describe("livenessOf()", () => {
  it("is late after two missed heartbeats and offline after three, with half an interval to spare", () => {
    const at = (missed: number): string => livenessOf(0, 5000, missed * 5000, RULE);
    assert.deepEqual([0, 1, 2.4, 2.5, 3.4, 3.5].map(at), ["online", "online", "online", "late", "late", "offline"]);
    assert.equal(livenessOf(null, 5000, 1e9, RULE), "new");
  });

  it("only ever gets worse while nothing is heard", () => {
    const rule = fc.record({
      lateAfter: fc.integer({ min: 1, max: 100 }),
      offlineAfter: fc.integer({ min: 2, max: 1000 }),
    });
    fc.assert(
      fc.property(rule, fc.integer({ min: 1000, max: 86_400_000 }), fc.array(fc.nat(1e9)), (rule, interval, times) => {
        const states = times.toSorted((a, b) => a - b).map((now) => ORDER.indexOf(livenessOf(0, interval, now, rule)));
        assert.deepEqual(
          states,
          states.toSorted((a, b) => a - b),
        );
        assert.equal(livenessOf(7, interval, 7, rule), "online");
      }),
    );
  });
});
