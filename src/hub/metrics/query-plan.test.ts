import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import { AUTOMATIC_POINTS, MAX_POINTS, planQuery } from "./query-plan.ts";
import { LEVELS } from "./rollup.ts";

const NOW = Date.UTC(2026, 2, 10, 12);
const policy = { raw: 14, fine: 30 };
const asked = fc
  .record({
    age: fc.integer({ min: 1, max: 800 * DAY }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    step: fc.nat(100_000),
  })
  .map(({ age, share, step }) => ({ from: NOW - age, to: NOW - age + Math.round(age * share), step }));

describe("a query's plan", () => {
  it("covers the range with whole buckets, and not one more", () => {
    fc.assert(
      fc.property(asked, (query) => {
        const { step, first, count } = planQuery(query, policy, NOW);
        if (query.to <= query.from) return assert.equal(count, 0);
        assert.ok(first * step <= query.from && (first + 1) * step > query.from);
        assert.ok((first + count) * step >= query.to && (first + count - 1) * step < query.to);
      }),
    );
  });

  it("has at most about 500 points by itself, and never more than the most", () => {
    fc.assert(
      fc.property(asked, (query) => {
        assert.ok(planQuery({ ...query, step: 0 }, policy, NOW).count <= AUTOMATIC_POINTS + 1);
        assert.ok(planQuery(query, policy, NOW).count <= MAX_POINTS + 1);
      }),
    );
  });

  it("makes steps of whole buckets of what it reads, and reads what is still kept", () => {
    fc.assert(
      fc.property(asked, (query) => {
        const { step, resolution } = planQuery(query, policy, NOW);
        if (resolution !== "raw") assert.equal(step % LEVELS[resolution].bucket, 0);
        const age = NOW - query.from;
        if (resolution === "raw") assert.ok(age <= policy.raw * DAY);
        if (resolution === "fine") assert.ok(age <= policy.fine * DAY);
      }),
    );
  });

  it("never makes the step finer than asked for", () => {
    fc.assert(fc.property(asked, (query) => planQuery(query, policy, NOW).step >= query.step * SECOND));
  });

  it("chooses as a person would", () => {
    const plan = (range: number, step = 0): [number, string] => {
      const { step: chosen, resolution } = planQuery({ from: NOW - range, to: NOW, step }, policy, NOW);
      return [chosen / SECOND, resolution];
    };
    assert.deepEqual(plan(HOUR), [10, "raw"]);
    assert.deepEqual(plan(6 * HOUR), [60, "raw"]);
    assert.deepEqual(plan(DAY), [300, "fine"]);
    assert.deepEqual(plan(7 * DAY), [1800, "fine"]);
    assert.deepEqual(plan(30 * DAY), [7200, "coarse"]);
    assert.deepEqual(plan(365 * DAY), [86_400, "coarse"]);
    assert.deepEqual(plan(DAY, 5), [5, "raw"]);
    assert.deepEqual(plan(DAY, 450), [450, "raw"]);
    assert.deepEqual(plan(20 * DAY, 450), [600, "fine"]);
    assert.deepEqual(plan(40 * DAY, 60), [3600, "coarse"]);
    assert.deepEqual(plan(5 * MINUTE), [1, "raw"]);
  });
});
