import assert from "node:assert/strict";
import { test } from "node:test";
import { actionWords, countdown, formatTook, tookOf } from "./run-look.ts";

const NOW = Date.parse("2026-11-26T10:00:00Z");

test("a countdown ends in now, and says later that nothing was told", () => {
  assert.equal(countdown(NOW + 90_000, NOW), "in 1 min");
  assert.equal(countdown(NOW + 59_001, NOW), "in 60 s");
  assert.equal(countdown(NOW + 1, NOW), "in 1 s");
  assert.equal(countdown(NOW, NOW), "now");
  assert.equal(countdown(NOW - 125_000, NOW), "was due 2 min ago, not heard of yet");
});

test("a run takes time from its begin to its end, goes on without one, and takes none before it began", () => {
  const started_at = "2026-11-26T09:59:30Z";
  assert.equal(tookOf({ started_at, ended_at: "2026-11-26T09:59:32.500Z" }, NOW), 2500);
  assert.equal(tookOf({ started_at, ended_at: null }, NOW), 30_000);
  assert.equal(tookOf({ started_at: null, ended_at: "2026-11-26T09:59:32Z" }, NOW), null);
  assert.equal(formatTook(2500), "2.5 s");
  assert.equal(formatTook(150_000), "2 min");
});

test("what a task does is said as somebody would type it", () => {
  assert.equal(actionWords({ action: "restart", service_name: "my api", command: null }), "restart my api");
  assert.equal(actionWords({ action: "command", service_name: null, command: "df -h | tail -1" }), "df -h | tail -1");
  assert.equal(actionWords({ action: "command", service_name: null, command: ["echo", "a b"] }), "echo 'a b'");
});
