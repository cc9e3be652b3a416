import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { duesWithin } from "../../base/schedule/due.ts";
import { readSchedule, type Schedule } from "../../base/schedule/schedule.ts";
import { findZone, type Zone } from "../../base/schedule/zone.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../base/units.ts";
import { type ClockCourse, courseOf, passedAfter, planDue } from "./due-plan.ts";

function schedule(text: string): Schedule {
  const read = readSchedule(text);
  assert.ok(read.outcome === "read");
  return read.schedule;
}

function zone(name: string): Zone {
  const found = findZone(name);
  assert.ok(found);
  return found;
}

const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/St_Johns",
  "America/Santiago",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "Antarctica/Troll",
  "Asia/Beirut",
  "Atlantic/Azores",
);
const texts = fc.constantFrom(
  "* * * * *",
  "*/7 * * * *",
  "15 1,2,3 * * *",
  "30 2 * * *",
  "0 0 * * 1",
  "5 * * * *",
  "@daily",
);
/** Days on which many of these zones change their clocks. */
const times = fc
  .tuple(
    fc.constantFrom("2026-03-08", "2026-03-29", "2026-04-05", "2026-10-25", "2026-11-01", "2026-07-01"),
    fc.integer({ min: -DAY, max: DAY }),
  )
  .map(([date, more]) => Date.parse(date) + more);
const spans = fc.oneof(
  fc.integer({ min: 0, max: 2 * MINUTE }),
  fc.integer({ min: 0, max: 5 * HOUR }),
  fc.integer({ min: 0, max: 3 * DAY }),
);
const courses = fc.constantFrom<ClockCourse>("steady", "forward", "back", "corrected");
const catchUps = fc.constantFrom("none" as const, "last" as const, "all" as const);

describe("planDue()", () => {
  it("says of each time that passed what becomes of it, once", () => {
    fc.assert(
      fc.property(texts, zones, times, spans, courses, catchUps, (text, name, now, span, course, catchUp) => {
        const task = { schedule: schedule(text), zone: zone(name), catchUp };
        const all = duesWithin(task.schedule, task.zone, { after: now - span, until: now, limit: 100_000 }).dues;
        const { fire, missed } = planDue(task, { passed: now - span, now, course });
        const fired = fire.map(({ due }) => due);
        assert.equal(new Set(fired).size, fired.length);
        assert.deepEqual(
          fired,
          fired.toSorted((a, b) => a - b),
        );
        for (const due of fired) assert.ok(all.includes(due));
        assert.equal(fired.length + (missed?.count ?? 0), all.length);
        if (missed !== null) assert.ok(all.includes(missed.due) && !fired.includes(missed.due));
      }),
    );
  });

  it("fires what is due right now, whatever the clock did, and never more than the policy allows of what is past", () => {
    fc.assert(
      fc.property(texts, zones, times, spans, courses, catchUps, (text, name, now, span, course, catchUp) => {
        const task = { schedule: schedule(text), zone: zone(name), catchUp };
        const { fire } = planDue(task, { passed: now - span, now, course });
        const onTime = duesWithin(task.schedule, task.zone, {
          after: Math.max(now - span, now - MINUTE - 1),
          until: now,
          limit: 10,
        }).dues;
        const last = onTime.at(-1);
        if (last !== undefined) assert.ok(fire.some(({ due }) => due === last));
        const past = fire.filter(({ due }) => !onTime.includes(due));
        const most = course === "forward" ? 1 : { none: 0, last: 1, all: 10 }[catchUp];
        assert.ok(past.length <= most, `${past.length} of the past`);
        if (course === "forward" && !task.schedule.fixed) assert.equal(past.length, 0);
      }),
    );
  });

  it("tells of a time that is rarely due, however long ago it was missed", () => {
    const task = { schedule: schedule("@yearly"), zone: zone("UTC"), catchUp: "last" as const };
    const { fire, missed } = planDue(task, { passed: Date.UTC(2025, 11, 1), now: Date.UTC(2026, 5, 1), course: "off" });
    assert.deepEqual([fire, missed?.due, missed?.count], [[], Date.UTC(2026, 0, 1), 1]);
  });

  it("going on in steps or at once fires a steady clock's times all the same", () => {
    fc.assert(
      fc.property(
        texts,
        zones,
        times,
        fc.array(fc.integer({ min: SECOND, max: MINUTE }), { maxLength: 200 }),
        (text, name, start, steps) => {
          const task = { schedule: schedule(text), zone: zone(name), catchUp: "none" as const };
          let passed = start;
          const fired: number[] = [];
          for (const step of steps) {
            const plan = planDue(task, { passed, now: passed + step, course: "steady" });
            assert.equal(plan.missed, null);
            fired.push(...plan.fire.map(({ due }) => due));
            passed += step;
          }
          assert.deepEqual(
            fired,
            duesWithin(task.schedule, task.zone, { after: start, until: passed, limit: 100_000 }).dues,
          );
        },
      ),
    );
  });
});

describe("the course of a clock", () => {
  it("is told apart from drift, and a correction from a change", () => {
    assert.equal(courseOf(10 * SECOND, 10.2 * SECOND), "steady");
    assert.equal(courseOf(HOUR, SECOND), "forward");
    assert.equal(courseOf(-HOUR, SECOND), "back");
    assert.equal(courseOf(DAY, SECOND), "corrected");
    assert.equal(courseOf(-DAY, SECOND), "corrected");
  });

  it("takes a task back only where it has to: wild ones with the clock, fixed ones by a correction", () => {
    const now = Date.UTC(2026, 0, 1);
    assert.equal(passedAfter(schedule("30 2 * * *"), now + HOUR, now), now + HOUR);
    assert.equal(passedAfter(schedule("30 2 * * *"), now + DAY, now), now);
    assert.equal(passedAfter(schedule("*/5 * * * *"), now + HOUR, now), now);
    assert.equal(passedAfter(schedule("*/5 * * * *"), now - HOUR, now), now - HOUR);
  });
});
