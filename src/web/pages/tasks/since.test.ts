import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOUR } from "../../../base/units.ts";
import { sinceChoices, sinceOf } from "./since.ts";

const NOW = new Date(2026, 5, 1, 12, 30).getTime();
const task = { updated_at: new Date(2026, 5, 1, 9).toISOString() };
const since = (choice: Parameters<typeof sinceOf>[0]["choice"], date = ""): number | null =>
  sinceOf({ choice, date }, task, NOW);

describe("sinceOf()", () => {
  it("is the time that a choice means", () => {
    assert.equal(since("hour"), NOW - HOUR);
    assert.equal(since("today"), new Date(2026, 5, 1).getTime());
    assert.equal(since("off"), Date.parse(task.updated_at));
    assert.equal(since("date", "2026-05-30T08:15"), new Date(2026, 4, 30, 8, 15).getTime());
  });

  it("is none for what is no time, or still to come", () => {
    assert.deepEqual([since("date"), since("date", "2026-06-01T12:31")], [null, null]);
  });
});

describe("sinceChoices()", () => {
  it("offer the time since it was switched off only of one that is", () => {
    const has = (enabled: boolean): boolean => sinceChoices({ enabled }).some(({ value }) => value === "off");
    assert.deepEqual([has(true), has(false)], [false, true]);
  });
});
