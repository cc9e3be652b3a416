import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceState, InstanceStatus } from "../../contract/status.ts";
import { allReady, healthOf } from "./health-of.ts";

const CHECK: InstanceStatus["checks"][number] = {
  name: "c",
  kind: "tcp",
  role: "readiness",
  state: "passing",
  reason: null,
  since: "2026-01-01T00:00:00Z",
};
const one = (
  state: InstanceState,
  ready: boolean | null,
  more: { stale?: boolean; checks?: []; index?: number } = {},
) => ({
  index: 0,
  state,
  ready,
  checks: [CHECK],
  stale: false,
  ...more,
});

describe("healthOf()", () => {
  it("lets the worst of those that run and are heard of speak", () => {
    assert.equal(healthOf([one("running", true), one("running", false)]), "not_ready");
    assert.equal(healthOf([one("running", false), one("unhealthy", false)]), "unhealthy");
    assert.equal(healthOf([one("starting", false), one("running", true)]), "starting");
    assert.equal(healthOf([one("running", true), one("unhealthy", false, { stale: true })]), "healthy");
  });

  it("says nothing where nothing runs or nothing is checked", () => {
    assert.equal(healthOf([]), null);
    assert.equal(healthOf([one("stopped", false), one("backoff", false)]), null);
    assert.equal(healthOf([one("running", true, { checks: [] })]), null);
  });
});

describe("allReady()", () => {
  it("wants all that should run, heard of and ready", () => {
    assert.equal(allReady([], []), false);
    assert.equal(allReady([one("running", true), one("running", false, { index: 1 })], []), false);
    assert.equal(allReady([one("running", true), one("stopped", false, { index: 1 })], [1]), true);
    assert.equal(allReady([one("running", true, { stale: true })], []), false);
  });

  it("takes an agent that knows of no readiness at its word that it runs", () => {
    assert.equal(allReady([one("running", null), one("external", null)], []), true);
    assert.equal(allReady([one("starting", null)], []), false);
  });
});
