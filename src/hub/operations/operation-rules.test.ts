import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { operationStateSchema } from "../../contract/operations.ts";
import { countsOf, isOver, outputLimit, stateOf, withOutput } from "./operation-rules.ts";

const anyState = fc.constantFrom(...operationStateSchema.options);
const anyTargets = fc.array(fc.record({ state: anyState }), { minLength: 1, maxLength: 30 });

describe("the state of an operation", () => {
  it("is over when, and only when, all targets are", () => {
    fc.assert(
      fc.property(anyTargets, (targets) => {
        assert.equal(
          isOver(stateOf(countsOf(targets))),
          targets.every(({ state }) => isOver(state)),
        );
      }),
    );
  });

  it("of one target is that target's", () => {
    fc.assert(fc.property(anyState, (state) => assert.equal(stateOf(countsOf([{ state }])), state)));
  });

  it("is done only when everything is, and a failure is never hidden", () => {
    fc.assert(
      fc.property(anyTargets, (targets) => {
        const state = stateOf(countsOf(targets));
        if (state === "done") assert.ok(targets.every((target) => target.state === "done"));
        if (isOver(state) && targets.some((target) => target.state === "failed")) assert.equal(state, "failed");
      }),
    );
  });
});

describe("kept output", () => {
  it("is 1 MiB of one target, and less of each where there are many", () => {
    assert.equal(outputLimit(1), 1_048_576);
    assert.equal(outputLimit(16), 1_048_576);
    assert.equal(outputLimit(64), 262_144);
    assert.equal(outputLimit(5000), 4096);
  });

  it("is cut for an answer, and what is cut is counted", () => {
    const target = {
      service: null,
      server_id: "a",
      server: "a",
      index: null,
      state: "done" as const,
      message: null,
      started_at: null,
      ended_at: null,
      exit_code: 0,
      output: "",
      output_dropped: 5,
    };
    const shown = withOutput(target, "x".repeat(4000), 5000);
    assert.deepEqual([shown.output.length, shown.output_dropped], [256, 3749]);
    assert.equal(withOutput(target, "x".repeat(4000), 1).output_dropped, 5);
  });
});
