import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { COMMAND_EXPIRES, type CommandResult } from "../../contract/commands.ts";
import { commandRefusal, endOfResult, expiresIn, titleOf } from "./command-rules.ts";

const able = { name: "web-1", kind: "agent" as const, connected: true, locked: false, allow_run: true, revoked: false };
const run = { action: "run" as const, service_name: null };
const start = { action: "start_service" as const, service_name: "api" };

describe("commandRefusal()", () => {
  it("lets through what may go", () => {
    assert.equal(commandRefusal(able, run, true), undefined);
    assert.equal(commandRefusal({ ...able, allow_run: false, locked: true }, start, true), undefined);
    // Of an agent that is away only it knows what it will say.
    assert.equal(commandRefusal({ ...able, allow_run: false, connected: false }, run, true), undefined);
  });

  it("says why not", () => {
    assert.match(commandRefusal({ ...able, allow_run: false }, run, true) ?? "", /--allow-run/);
    assert.match(commandRefusal({ ...able, locked: true }, run, true) ?? "", /locked/);
    assert.match(commandRefusal({ ...able, kind: "bare" }, start, true) ?? "", /heartbeats/);
    assert.match(commandRefusal({ ...able, revoked: true }, start, true) ?? "", /taken back/);
    assert.match(commandRefusal(able, start, false) ?? "", /"api" is not placed on web-1/);
  });
});

describe("endOfResult()", () => {
  const result: CommandResult = {
    id: "a",
    outcome: "done",
    exit_code: 0,
    signal: null,
    message: "exit 0",
    output: "",
    output_dropped: 0,
  };
  it("counts an exit code other than 0 as a failure, and what somebody ended as cancelled", () => {
    assert.equal(endOfResult(result, false).state, "done");
    assert.equal(endOfResult({ ...result, exit_code: null }, false).state, "done");
    assert.equal(endOfResult({ ...result, exit_code: 3 }, true).state, "failed");
    assert.equal(endOfResult({ ...result, outcome: "failed", exit_code: null }, true).state, "cancelled");
    assert.equal(endOfResult({ ...result, outcome: "refused", exit_code: null }, false).state, "failed");
    assert.equal(endOfResult({ ...result, outcome: "unknown", exit_code: null }, true).state, "unknown");
  });
});

describe("expiresIn()", () => {
  it("is never more than a minute, whatever the clock does, and nothing for what is cancelled", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer(), (sentAt, now) => {
        const left = expiresIn(sentAt, now, false);
        assert.ok(left >= 0 && left <= COMMAND_EXPIRES);
        if (now - sentAt >= COMMAND_EXPIRES) assert.equal(left, 0);
        assert.equal(expiresIn(sentAt, now, true), 0);
      }),
    );
  });
});

describe("titleOf()", () => {
  it("says what is done", () => {
    assert.equal(titleOf({ action: "run", argv: ["uptime", "-p"], service_name: null }), "run uptime -p");
    assert.equal(titleOf({ action: "restart_service", argv: null, service_name: "web" }), "restart web");
  });
});
