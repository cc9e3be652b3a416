import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceState, ServiceStatus } from "../contract/status.ts";
import { GOALS, progressOf } from "./wait-goal.ts";

type Check = ServiceStatus["instances"][number]["checks"][number];
const WEB = { service: "web", index: undefined, server: undefined };

function check(state: Check["state"]): Check {
  return { name: "c", kind: "tcp", role: "readiness", state, reason: null, since: "2026-01-01T00:00:00Z" };
}

function status(
  states: [InstanceState, ready: boolean | null, Check["state"]?][],
  more: Partial<ServiceStatus> = {},
): ServiceStatus {
  return {
    name: "web",
    desired: "running",
    state: states[0]?.[0] ?? "stopped",
    stopped_instances: [],
    stopped_servers: [],
    instances: states.map(([state, ready, checked], index) => ({
      index,
      state,
      ready,
      reason: null,
      stale: false,
      server: "here",
      server_id: "s1",
      checks: checked === undefined ? [] : [check(checked)],
    })),
    ...more,
  } as unknown as ServiceStatus;
}

const outcomes = (of: ServiceStatus, target = WEB): string[] =>
  GOALS.map((goal) => progressOf(of, target, goal).outcome);

describe("progressOf()", () => {
  it("tells running, ready and healthy apart", () => {
    assert.deepEqual(outcomes(status([["running", true, "passing"]])), ["there", "there", "there"]);
    assert.deepEqual(outcomes(status([["running", true, "waiting"]])), ["there", "there", "not_yet"]);
    assert.deepEqual(outcomes(status([["running", false, "failing"]])), ["there", "not_yet", "not_yet"]);
    assert.deepEqual(outcomes(status([["unhealthy", false, "failing"]])), ["there", "not_yet", "not_yet"]);
    assert.deepEqual(outcomes(status([["starting", false, "waiting"]])), ["not_yet", "not_yet", "not_yet"]);
    assert.deepEqual(outcomes(status([["external", null]])), ["there", "there", "there"]);
  });

  it("waits for all instances that should run, or for the one that was named", () => {
    const two = status([
      ["running", true],
      ["backoff", false],
    ]);
    assert.equal(progressOf(two, WEB, "ready").outcome, "not_yet");
    assert.equal(progressOf(two, { ...WEB, index: 0 }, "ready").outcome, "there");
    const one = status(
      [
        ["running", true],
        ["stopped", false],
      ],
      { stopped_instances: [1] },
    );
    assert.equal(progressOf(one, WEB, "ready").outcome, "there");
    assert.equal(progressOf(one, { ...WEB, index: 1 }, "ready").outcome, "never");
  });

  it("does not wait for what will not come by itself", () => {
    assert.equal(progressOf(status([["fatal", false]]), WEB, "running").outcome, "never");
    assert.equal(progressOf(status([["exited", false]]), WEB, "running").outcome, "never");
    assert.equal(progressOf(status([["stopped", false]], { desired: "stopped" }), WEB, "running").outcome, "never");
    // Wanted, and about to be started.
    assert.equal(progressOf(status([["stopped", false]]), WEB, "running").outcome, "not_yet");
    assert.equal(progressOf(status([]), WEB, "running").outcome, "not_yet");
    assert.equal(progressOf(undefined, WEB, "running").outcome, "not_yet");
  });
});
