import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { describeSchedule } from "./describe.ts";
import { nextDues } from "./due.ts";
import { scheduleNotes } from "./notes.ts";
import { readSchedule, refusalWords, type Schedule } from "./schedule.ts";
import { findZone, type Zone } from "./zone.ts";

/** The schedule of an expression that must be one. */
function schedule(text: string): Schedule {
  const read = readSchedule(text);
  assert.ok(read.outcome === "read", read.outcome === "refused" ? read.reason : "");
  return read.schedule;
}

function zone(name: string): Zone {
  const found = findZone(name);
  assert.ok(found);
  return found;
}

const refusal = (text: string): string => {
  const read = readSchedule(text);
  assert.ok(read.outcome === "refused", `${text} was taken`);
  return refusalWords(read);
};

describe("readSchedule()", () => {
  it("reads lists, ranges, steps, names in either case, and 7 as Sunday", () => {
    const { minutes, hours, days, months, weekdays } = schedule("*/20 1-3,22 1-31/10 JAN,dec fri-7");
    assert.deepEqual(
      [minutes, hours, days, months, weekdays],
      [
        [0, 20, 40],
        [1, 2, 3, 22],
        [1, 11, 21, 31],
        [1, 12],
        [0, 5, 6],
      ],
    );
    assert.deepEqual(schedule("0 0 * * sun").weekdays, schedule("0 0 * * 7").weekdays);
  });

  it("reads the names that begin with @", () => {
    for (const [name, same] of [
      ["@hourly", "0 * * * *"],
      ["@daily", "0 0 * * *"],
      ["@midnight", "0 0 * * *"],
      ["@Weekly", "0 0 * * 0"],
      ["@monthly", "0 0 1 * *"],
      ["@yearly", "0 0 1 1 *"],
      ["@annually", "0 0 1 1 *"],
    ] as const) {
      assert.deepEqual({ ...schedule(name), text: "" }, { ...schedule(same), text: "" });
    }
  });

  it("refuses what Debian's cron does not have, and says which field and why", () => {
    assert.equal(refusal("61 * * * *"), "minute: 61 is not from 0 to 59");
    assert.equal(refusal("* 24 * * *"), "hour: 24 is not from 0 to 23");
    assert.match(refusal("* * ? * *"), /^day of the month: "\?" is of other schedulers/);
    assert.match(refusal("* * L * *"), /^day of the month: "L": L, W and # are of other schedulers/);
    assert.match(refusal("* * 15W * *"), /^day of the month: "15W"/);
    assert.match(refusal("* * * * 1#2"), /^day of the week: "1#2"/);
    assert.match(refusal("0 * * * * *"), /^it has 6 fields, and seconds or years are not known here/);
    assert.match(refusal("5/10 * * * *"), /^minute: "5\/10" has a step after a single value: write 5-59\/10/);
    assert.match(refusal("*/0 * * * *"), /^minute: "\*\/0" has a step/);
    assert.equal(refusal("* 5-3 * * *"), 'hour: "5-3" ends before it begins');
    assert.match(refusal("* * * foo *"), /^month: "foo" is not a number or one of jan feb/);
    assert.match(refusal("1,,2 * * * *"), /^minute: "" is not/);
    assert.match(refusal("@reboot"), /has no time/);
    assert.match(refusal("@noon"), /is none of @yearly/);
    assert.match(refusal("every day"), /^it has 2 fields: write five/);
  });

  it("refuses what can never fire", () => {
    assert.equal(refusal("0 0 30 2 *"), "day of the month: it would never fire: there is no day 30 in February");
    assert.match(refusal("0 0 31 4,6 */2"), /there is no day 31 in April and June/);
    schedule("0 0 29 2 *");
    // Either day field may match: Mondays of February.
    schedule("0 0 30 2 1");
  });
});

describe("describeSchedule()", () => {
  for (const [text, words] of [
    ["30 2 * * 1-5", "at 02:30 on weekdays"],
    ["0 9,18 * * sat,sun", "at 09:00 and 18:00 on weekends"],
    ["* * * * *", "every minute every day"],
    ["*/15 * * * *", "every 15 minutes every day"],
    ["@hourly", "every hour every day"],
    ["5 * * * mon", "5 minutes past every hour on Mondays"],
    ["0 0 1,15 * *", "at 00:00 on the 1st and 15th"],
    ["0 0 13 * 5", "at 00:00 on the 13th and on Fridays"],
    [
      "0 12 */2 * 1",
      "at 12:00 on the 1st, 3rd, 5th, 7th, 9th, 11th, 13th, 15th, 17th, 19th, 21st, 23rd, 25th, 27th, 29th and 31st, if one of the Mondays",
    ],
    ["*/10 9-17 * 6-8 *", "every 10 minutes from 09:00 to 17:59 every day from June to August"],
    ["@yearly", "at 00:00 on the 1st in January"],
  ] as const) {
    it(`says "${words}" for ${text}`, () => assert.equal(describeSchedule(schedule(text)), words));
  }
});

describe("scheduleNotes()", () => {
  const from = Date.UTC(2026, 0, 15);
  const notes = (text: string, name = "America/New_York"): string[] => scheduleNotes(schedule(text), zone(name), from);

  it("tells what a change of the clock does to a fixed schedule", () => {
    assert.deepEqual(notes("30 2 * * *"), ["on 8 March 02:30 does not exist: runs at 03:00"]);
    assert.deepEqual(notes("30 1 * * *"), ["on 1 November 01:30 comes twice: runs the first time only"]);
    assert.deepEqual(notes("30 4 * * *"), []);
    assert.deepEqual(notes("30 2 * * *", "UTC"), []);
  });

  it("tells what it does to a wild one", () => {
    assert.deepEqual(notes("*/5 * * * *"), [
      "8 March 02:00 to 03:00 does not exist: it does not run for it",
      "1 November 01:00 to 02:00 comes twice: it runs both times",
    ]);
  });

  it("tells how two day fields are meant", () => {
    assert.match(notes("0 5 13 * 5")[0] ?? "", /either of them/);
    assert.match(notes("0 5 */2 * 5")[0] ?? "", /both of them/);
    assert.deepEqual(notes("0 5 13 * *"), []);
  });
});

describe("nextDues()", () => {
  const dues = (text: string, name: string, from: string, count: number): string[] =>
    nextDues(schedule(text), zone(name), Date.parse(from), count).map((due) =>
      new Date(due).toISOString().slice(0, 16),
    );

  it("fires a time that was skipped several times over once, right after the change", () => {
    assert.deepEqual(dues("15,45 2 * * *", "Europe/Berlin", "2026-03-28T12:00Z", 2), [
      "2026-03-29T01:00",
      "2026-03-30T00:15",
    ]);
    assert.deepEqual(dues("15 1,2,3 * * *", "Europe/Berlin", "2026-03-28T23:30Z", 3), [
      "2026-03-29T00:15",
      "2026-03-29T01:00",
      "2026-03-29T01:15",
    ]);
  });

  it("fires a repeated time on its first pass only, and a wild one on both", () => {
    assert.deepEqual(dues("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00Z", 2), [
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    assert.deepEqual(dues("30 * * * *", "Europe/Berlin", "2026-10-24T23:45Z", 3), [
      "2026-10-25T00:30",
      "2026-10-25T01:30",
      "2026-10-25T02:30",
    ]);
  });

  it("finds what is rare", () => {
    assert.deepEqual(dues("0 0 29 2 */7", "UTC", "2026-01-01T00:00Z", 1), ["2032-02-29T00:00"]);
  });

  it("counts a day that a zone left out as a correction", () => {
    assert.deepEqual(dues("0 12 * * *", "Pacific/Apia", "2011-12-29T00:00Z", 2), [
      "2011-12-29T22:00",
      "2011-12-30T22:00",
    ]);
  });
});
