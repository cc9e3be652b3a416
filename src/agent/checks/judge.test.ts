import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { CheckRole } from "../../contract/checks.ts";
import { judge, type Judged, type Judgement, takenOver, unjudged, verdictOf } from "./judge.ts";

const thresholds = fc.record({ failures: fc.integer({ min: 1, max: 5 }), successes: fc.integer({ min: 1, max: 5 }) });
const looks = fc.array(fc.boolean(), { maxLength: 40 });

function after(
  limits: { failures: number; successes: number },
  results: readonly boolean[],
  from = unjudged(0),
): Judgement {
  return results.reduce(
    (before, ok, at) => judge(limits, before, { ok, message: ok ? null : `failure ${at}` }, at + 1),
    from,
  );
}

/** The plain model: the last time that as many in a row as it takes were alike decides. */
function model({ failures, successes }: { failures: number; successes: number }, results: readonly boolean[]): string {
  let state = "waiting";
  for (let end = 1; end <= results.length; end += 1) {
    const last = (count: number, ok: boolean): boolean =>
      end >= count && results.slice(end - count, end).every((each) => each === ok);
    if (last(successes, true)) state = "passing";
    else if (last(failures, false)) state = "failing";
  }
  return state;
}

describe("judge()", () => {
  it("says what the last row of equal results long enough says", () => {
    fc.assert(
      fc.property(thresholds, looks, (limits, results) =>
        assert.equal(after(limits, results).state, model(limits, results)),
      ),
    );
  });

  it("takes a failure that counts at once for as many as it takes, wherever it comes", () => {
    fc.assert(
      fc.property(thresholds, looks, (limits, results) => {
        const before = after(limits, results);
        const judgement = judge(limits, before, { ok: false, message: "at once", atOnce: true }, 99);
        assert.equal(judgement.state, "failing");
        const judged = { check: { name: "a", role: "liveness", failures: limits.failures } as const, judgement };
        assert.notEqual(verdictOf([judged], true).condemned, null);
        const well = after(limits, Array<boolean>(limits.successes).fill(true), judgement);
        assert.equal(well.state, "passing", "it takes no more to be well again than ever");
      }),
    );
  });

  it("changes `since` and the reason exactly when the state changes", () => {
    fc.assert(
      fc.property(thresholds, looks, fc.boolean(), (limits, results, ok) => {
        const before = after(limits, results);
        const now = judge(limits, before, { ok, message: ok ? null : "last" }, 1000);
        if (now.state === before.state) assert.deepEqual([now.since, now.reason], [before.since, before.reason]);
        else assert.deepEqual([now.since, now.reason], [1000, ok ? null : "last"]);
      }),
    );
  });

  it("goes on from what an agent before thought, and needs as many failures again before anything is done", () => {
    fc.assert(
      fc.property(thresholds, looks, (limits, results) => {
        const kept = takenOver(after(limits, results));
        const judged = { check: { name: "a", role: "liveness", ...limits } as const, judgement: kept };
        assert.equal(verdictOf([judged], true).condemned, null);
        const failed = after(limits, Array<boolean>(limits.failures).fill(false), kept);
        assert.notEqual(verdictOf([{ ...judged, judgement: failed }], true).condemned, null);
        if (limits.failures > 1) {
          const fewer = after(limits, Array<boolean>(limits.failures - 1).fill(false), kept);
          assert.equal(verdictOf([{ ...judged, judgement: fewer }], true).condemned, null);
        }
      }),
    );
  });
});

const role = fc.constantFrom<CheckRole>("startup", "liveness", "readiness");
const judgedChecks = fc.array(fc.record({ role, limits: thresholds, results: looks }), { maxLength: 6 }).map((all) =>
  all.map((one, at): Judged => ({
    check: { name: `c${at}`, role: one.role, failures: one.limits.failures },
    judgement: after(one.limits, one.results),
  })),
);

describe("verdictOf()", () => {
  it("lets nothing but startup checks speak until all of them pass", () => {
    fc.assert(
      fc.property(judgedChecks, (all) => {
        const verdict = verdictOf(all, false);
        const startup = all.filter(({ check }) => check.role === "startup");
        assert.equal(
          verdict.started,
          startup.every(({ judgement }) => judgement.state === "passing"),
        );
        if (verdict.started) return;
        assert.deepEqual(verdict, verdictOf(startup, false));
        assert.notEqual(verdict.notReady, null, "what has not come up is not ready");
      }),
    );
  });

  it("takes no start back for a startup check that fails or comes later", () => {
    fc.assert(
      fc.property(judgedChecks, (all) => {
        const rest = all.filter(({ check }) => check.role !== "startup");
        assert.deepEqual(verdictOf(all, true), verdictOf(rest, true));
      }),
    );
  });

  it("restarts for liveness only, and is ready only when every readiness check passes", () => {
    fc.assert(
      fc.property(judgedChecks, (all) => {
        const verdict = verdictOf(all, true);
        const states = (of: CheckRole): string[] =>
          all.filter(({ check }) => check.role === of).map(({ judgement }) => judgement.state);
        assert.equal(verdict.unhealthy !== null, states("liveness").includes("failing"));
        assert.equal(
          verdict.notReady === null,
          states("readiness").every((state) => state === "passing"),
        );
        if (verdict.condemned !== null) assert.notEqual(verdict.unhealthy, null);
        const vital = all.filter(({ check }) => check.role === "liveness");
        const failed = vital.some(({ judgement }) => judgement.row <= 0);
        assert.equal(verdict.well, vital.length > 0 && !failed, "one failure is enough not to be well");
      }),
    );
  });
});
