import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { InstanceState } from "./status.ts";
import { meets, standingOf, waitWords, type Serving } from "./standing.ts";

const one = (state: InstanceState, ready: boolean | null = null, code: number | null = null): Serving => ({
  state,
  reason: null,
  ready,
  last_exit:
    code === null
      ? null
      : {
          generation: 1,
          started_at: null,
          ended_at: "2026-01-01T00:00:00Z",
          cause: "exited",
          code,
          signal: null,
          by: null,
          memory: null,
          message: `exit ${code}`,
          last_lines: [],
        },
});

describe("standingOf()", () => {
  it("lets one instance that serves speak for all", () => {
    const standing = standingOf([one("fatal"), one("running", true), one("stopped")]);
    assert.deepEqual([standing.state, standing.started, standing.healthy], ["running", true, true]);
  });

  it("tells running from ready", () => {
    const standing = standingOf([one("running", false), one("unhealthy", false)]);
    assert.deepEqual([standing.started, standing.healthy], [true, false]);
    assert.equal(standingOf([one("starting", false)]).started, false);
    assert.equal(standingOf([one("external")]).healthy, true);
  });

  it("wants all of a job done, and well", () => {
    assert.equal(standingOf([one("exited", false, 0), one("exited", false, 0)]).completed, true);
    assert.equal(standingOf([one("exited", false, 0), one("exited", false, 1)]).completed, false);
    assert.equal(standingOf([one("exited", false, 0), one("running", true, 0)]).completed, false);
    assert.equal(standingOf([]).completed, false);
    // What ran well once and was stopped since has not completed.
    assert.equal(standingOf([one("stopped", false, 0)]).completed, false);
  });

  it("says what is waited for and how that is", () => {
    const standing = standingOf([{ ...one("backoff"), reason: "exit 1" }, one("stopped")]);
    assert.equal(meets(standing, "healthy"), false);
    assert.equal(waitWords("db", "healthy", standing), "db to be healthy (backoff: exit 1)");
    const waiting = standingOf([{ ...one("waiting"), reason: "waits for a (waiting)" }]);
    assert.equal(waitWords("job", "completed", waiting), "job to complete (waiting)");
    assert.equal(waitWords("db", "started", standingOf([])), "db to run (nothing is known of it)");
  });
});
