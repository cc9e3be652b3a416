import assert from "node:assert/strict";
import { test } from "node:test";
import { describeEnd, type EndFacts, formatRun } from "./exit-words.ts";

function end(facts: Partial<EndFacts>) {
  return describeEnd({
    status: 0,
    signalled: false,
    oom: false,
    memoryLimit: null,
    asked: null,
    failure: null,
    unhealthy: null,
    lost: null,
    ranFor: 3000,
    ...facts,
  });
}

test("describeEnd() tells a signal from a code of the same number by the shell's word", () => {
  assert.deepEqual(end({ status: 143, signalled: true }), {
    cause: "signalled",
    code: null,
    signal: "SIGTERM",
    short: "killed by SIGTERM",
    message: "killed by SIGTERM after 3 s",
  });
  const code = end({ status: 143 });
  assert.equal(code.code, 143);
  assert.equal(code.cause, "exited");
});

test("describeEnd() names memory, askers, failures and gaps", () => {
  const oom = end({ status: 137, signalled: true, oom: true, memoryLimit: 64 * 1024 * 1024 });
  assert.equal(oom.message, "killed by SIGKILL: out of memory (limit 64 MiB) after 3 s");
  assert.equal(oom.cause, "oom");
  assert.equal(end({ oom: true }).cause, "exited");
  assert.equal(end({ status: 5, asked: { how: "stopped" } }).message, "stopped, exit 5 after 3 s");
  assert.equal(
    end({ status: null, lost: "its shim was killed" }).message,
    "ended, code unknown: its shim was killed after 3 s",
  );
  assert.equal(
    end({ status: 127, failure: { cause: "failed_to_start", words: "x: not found" } }).message,
    "x: not found",
  );
});

test("formatRun() keeps to one unit", () => {
  assert.deepEqual([40, 3000, 59_000, 300_000, 7_200_000, 259_200_000].map(formatRun), [
    "0 s",
    "3 s",
    "59 s",
    "5 min",
    "2 h",
    "3 d",
  ]);
});
