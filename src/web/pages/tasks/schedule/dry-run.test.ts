import assert from "node:assert/strict";
import { test } from "node:test";
import { dryRunWords, type Week } from "./dry-run.ts";

const week = (runs: number, servers = 1, enabled = true): Week => ({ runs, servers, enabled });

test("a new task adds its runs on all its servers", () => {
  assert.equal(dryRunWords(week(7), null, true), "Adds 7 runs in the next 7 days on 1 server.");
  assert.equal(dryRunWords(week(14, 6), null, true), "Adds 84 runs in the next 7 days on 6 servers, 14 on each.");
  assert.equal(dryRunWords(week(0), null, true), "It is not due in the next 7 days.");
  assert.equal(dryRunWords(week(7, 0), null, true), "No server has it now: it runs nowhere.");
  assert.equal(dryRunWords(week(7, 1, false), null, true), "It is off: it runs only when somebody asks.");
});

test("an edit tells what it adds and takes away, beside what was", () => {
  assert.equal(dryRunWords(week(14), week(7), true), "Adds 7 runs in the next 7 days: 14 on 1 server, 7 before.");
  assert.equal(
    dryRunWords(week(7, 1), week(7, 3), false),
    "Takes away 14 runs in the next 7 days: 7 on 1 server, 21 before.",
  );
  assert.equal(dryRunWords(week(0), week(1), true), "Takes away 1 run in the next 7 days: none, 1 before.");
  assert.equal(
    dryRunWords(week(7, 1, false), week(7), false),
    "Takes away 7 runs in the next 7 days: it is off, and runs only when somebody asks.",
  );
  assert.equal(dryRunWords(week(7), week(7, 1, false), false), "Adds 7 runs in the next 7 days on 1 server.");
});

test("as many runs as before are at other times, or nothing changes", () => {
  assert.equal(
    dryRunWords(week(7), week(7), true),
    "As many runs as before, at other times: 7 runs in the next 7 days on 1 server.",
  );
  assert.equal(
    dryRunWords(week(7), week(7), false),
    "Changes no run: 7 runs in the next 7 days on 1 server, as before.",
  );
});
