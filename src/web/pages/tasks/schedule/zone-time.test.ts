import assert from "node:assert/strict";
import { test } from "node:test";
import { formatBeside, formatInZone, knownZones, sameClocks } from "./zone-time.ts";

const SUMMER = Date.parse("2026-07-01T12:00:00Z");
const WINTER = Date.parse("2026-12-01T12:00:00Z");

test("a time is shown by the clocks of its zone", () => {
  assert.match(formatInZone(SUMMER, "Europe/Berlin"), /14:00/);
  assert.match(formatInZone(WINTER, "Europe/Berlin"), /13:00/);
  assert.match(formatInZone(WINTER, "Asia/Kathmandu"), /17:45/);
});

test("a zone that is not known here is shown as UTC, and said so", () => {
  assert.match(formatInZone(WINTER, "Mars/Olympus"), /12:00.*UTC/);
});

test("a second zone shows its time alone, and its weekday where the date is another one", () => {
  assert.equal(formatBeside(WINTER, "UTC", "Europe/Berlin"), "13:00");
  assert.match(formatBeside(WINTER, "UTC", "Pacific/Auckland"), /^\S+ 01:00$/);
});

test("zones are the same only if their clocks agree each time", () => {
  assert.ok(sameClocks([WINTER], "Europe/London", "UTC"));
  assert.ok(!sameClocks([WINTER, SUMMER], "Europe/London", "UTC"));
  assert.ok(sameClocks([WINTER, SUMMER], "Europe/Berlin", "Europe/Paris"));
});

test("UTC is among the zones, once", () => {
  assert.equal(knownZones().filter((zone) => zone === "UTC").length, 1);
  assert.ok(knownZones().includes("Europe/Berlin"));
});
