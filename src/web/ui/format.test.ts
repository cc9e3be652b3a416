import assert from "node:assert/strict";
import { test } from "node:test";
import { DAY, GIB, HOUR, KIB, MIB, MINUTE, SECOND } from "../../base/units.ts";
import { formatBytes, formatDuration, formatPercent, formatRelative, NONE, plural } from "./format.ts";

test("formatPercent() shows at most three digits", () => {
  assert.deepEqual([0, 0.44, 6.21, 9.96, 71.4, 412.2].map(formatPercent), [
    "0.0 %",
    "0.4 %",
    "6.2 %",
    "10 %",
    "71 %",
    "412 %",
  ]);
  assert.equal(formatPercent(null), NONE);
});

test("formatBytes() changes the unit before a fourth digit", () => {
  assert.deepEqual([0, 1023, 1.5 * KIB, 412 * MIB, 1000 * MIB, 3.1 * GIB, 2048 * GIB].map(formatBytes), [
    "0 B",
    "1023 B",
    "1.5 kB",
    "412 MB",
    "1.0 GB",
    "3.1 GB",
    "2.0 TB",
  ]);
  assert.equal(formatBytes(undefined), NONE);
});

test("formatDuration() names the two largest units that matter", () => {
  assert.deepEqual(
    [-5, 4 * SECOND, 59_999, 3 * MINUTE, 2 * HOUR + 11 * MINUTE, 6 * DAY + 4 * HOUR].map(formatDuration),
    ["0 s", "4 s", "59 s", "3 min", "2h 11m", "6d 4h"],
  );
});

test("formatRelative() tells past from future", () => {
  assert.equal(formatRelative(1000, 1500), "just now");
  assert.equal(formatRelative(0, 4000), "4 s ago");
  assert.equal(formatRelative(8000, 0), "in 8 s");
});

test("plural() counts", () => {
  assert.deepEqual(
    [plural(1, "service"), plural(0, "service"), plural(2, "process", "processes")],
    ["1 service", "0 services", "2 processes"],
  );
});
