// The rule against Debian's cron: a simulation of the loop in its cron.c, minute by minute, over changes of the clock in ten zones;
// and croner as a second opinion where the two do not differ by design.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Cron } from "croner";
import fc from "fast-check";
import { DAY, HOUR, MINUTE } from "../units.ts";
import { nextDue, nextDues } from "./due.ts";
import { readSchedule, type Schedule } from "./schedule.ts";
import { findZone, type Zone } from "./zone.ts";

/** Changes by an hour, half an hour and two; at midnight, before and after it; at the end of Ramadan; a day left out. */
const CHANGES = [
  ["Europe/Berlin", "2026-03-29"],
  ["Europe/Berlin", "2026-10-25"],
  ["America/New_York", "2026-03-08"],
  ["America/New_York", "2026-11-01"],
  ["America/St_Johns", "2011-03-13"],
  ["America/St_Johns", "2010-11-07"],
  ["Australia/Lord_Howe", "2026-04-05"],
  ["Australia/Lord_Howe", "2026-10-04"],
  ["America/Santiago", "2026-04-05"],
  ["America/Santiago", "2026-09-06"],
  ["Africa/Casablanca", "2026-02-15"],
  ["Africa/Casablanca", "2026-03-22"],
  ["Antarctica/Troll", "2026-03-29"],
  ["Antarctica/Troll", "2026-10-25"],
  ["Asia/Beirut", "2026-03-29"],
  ["Atlantic/Azores", "2026-10-25"],
  ["Pacific/Apia", "2011-12-30"],
] as const;

function zone(name: string): Zone {
  const found = findZone(name);
  assert.ok(found);
  return found;
}

function schedule(text: string): Schedule {
  const read = readSchedule(text);
  assert.ok(read.outcome === "read", read.outcome === "refused" ? read.reason : "");
  return read.schedule;
}

/** Milliseconds that clocks of a zone are ahead, asked of Intl anew each time: nothing of the code under test. */
function makeOffset(name: string): (time: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
  return (time) => {
    const text = format.formatToParts(time).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign = "+", hours = "0", minutes = "0"] = /GMT([+-])(\d\d):(\d\d)/.exec(text) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR + Number(minutes) * MINUTE);
  };
}

function matches(rule: Schedule, localMinute: number): boolean {
  const date = new Date(localMinute * MINUTE);
  const ofMonth = rule.days.includes(date.getUTCDate());
  const ofWeek = rule.weekdays.includes(date.getUTCDay());
  return (
    rule.minutes.includes(date.getUTCMinutes()) &&
    rule.hours.includes(date.getUTCHours()) &&
    rule.months.includes(date.getUTCMonth() + 1) &&
    (rule.daysStar || rule.weekdaysStar ? ofMonth && ofWeek : ofMonth || ofWeek)
  );
}

/** The moments at which cron's loop would put the job into its queue: once each, however many skipped minutes match. */
function simulate(rule: Schedule, offset: (time: number) => number, from: number, until: number): number[] {
  const fired: number[] = [];
  // Both begin a day earlier, so that a change just before `from` is in hand.
  let virtual = Math.floor((from - DAY + offset(from - DAY)) / MINUTE) - 1;
  for (let time = from - DAY; time <= until; time += MINUTE) {
    const running = Math.floor((time + offset(time)) / MINUTE);
    const difference = running - virtual;
    let due = false;
    const skipped = difference > 1 && difference <= 181;
    if (difference === 1 || difference > 181 || difference <= -180) {
      due = matches(rule, running);
      virtual = running;
    } else if (skipped) {
      // Wild ones for the minute that it is, fixed ones for each that was skipped.
      if (!rule.fixed) due = matches(rule, running);
      while (virtual < running) due = matches(rule, (virtual += 1)) && rule.fixed ? true : due;
    } else if (!rule.fixed) due = matches(rule, running);
    if (due && time > from) fired.push(time);
  }
  return fired;
}

const list = (least: number, most: number): fc.Arbitrary<string> =>
  fc
    .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 })
    .map((values) => values.join(","));
const range = (least: number, most: number): fc.Arbitrary<string> =>
  fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most })).map((ends) => {
    const [from = 0, to = 0] = ends.toSorted((a, b) => a - b);
    return `${from}-${to}`;
  });
const field = (least: number, most: number): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.constant("*") },
    { weight: 4, arbitrary: list(least, most) },
    range(least, most),
    fc.tuple(range(least, most), fc.integer({ min: 1, max: 7 })).map(([text, step]) => `${text}/${step}`),
    fc.integer({ min: 2, max: 20 }).map((step) => `*/${step}`),
  );
/** Close to the changes, most of the time. */
const hours = fc.oneof({ weight: 3, arbitrary: list(0, 4) }, field(0, 23));
const days = fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, field(1, 28));
const weekdays = fc.oneof({ weight: 4, arbitrary: fc.constant("*") }, field(0, 6));
const expressions = fc.tuple(field(0, 59), hours, days, fc.constant("*"), weekdays).map((parts) => parts.join(" "));

describe("when a schedule is due", () => {
  for (const [name, date] of CHANGES) {
    it(`is what Debian's cron would do in ${name} around ${date}`, () => {
      const offset = makeOffset(name);
      const around = Date.parse(date);
      const asked = new Map<number, number>();
      const cached = (time: number): number => {
        const known = asked.get(time) ?? offset(time);
        asked.set(time, known);
        return known;
      };
      fc.assert(
        fc.property(expressions, fc.integer({ min: -36 * 60, max: 36 * 60 }), (text, minutes) => {
          const rule = schedule(text);
          const from = around + minutes * MINUTE;
          const until = around + 2 * DAY;
          const expected = simulate(rule, cached, from, until);
          const found: number[] = [];
          for (let at = nextDue(rule, zone(name), from); at <= until; at = nextDue(rule, zone(name), at))
            found.push(at);
          assert.deepEqual(
            found.map((time) => new Date(time).toISOString()),
            expected.map((time) => new Date(time).toISOString()),
            text,
          );
        }),
        { numRuns: 40 },
      );
    });
  }

  it("is what croner says too, where no clock changes", () => {
    const months = fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, list(1, 12));
    const plainDays = fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, list(1, 28));
    const plainWeekdays = fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, list(0, 6));
    const undisputed = fc
      .tuple(field(0, 59), field(0, 23), plainDays, months, plainWeekdays)
      .map((parts) => parts.join(" "));
    fc.assert(
      fc.property(undisputed, fc.integer({ min: 0, max: 3000 }), (text, day) => {
        const from = Date.UTC(2024, 0, 1) + day * DAY + 12 * HOUR;
        const said = new Cron(text, { timezone: "UTC", mode: "5-part" }).nextRuns(5, new Date(from));
        assert.deepEqual(
          nextDues(schedule(text), zone("UTC"), from, 5).map((time) => new Date(time).toISOString()),
          said.map((time) => time.toISOString()),
          text,
        );
      }),
      { numRuns: 200 },
    );
  });

  it("is after the time it is asked for, in order, at whole minutes", () => {
    fc.assert(
      fc.property(
        expressions,
        fc.constantFrom(...CHANGES),
        fc.integer({ min: 0, max: DAY }),
        (text, [name, date], more) => {
          const from = Date.parse(date) + more;
          const dues = nextDues(schedule(text), zone(name), from, 20);
          for (const [at, due] of dues.entries()) {
            assert.ok(due > (dues[at - 1] ?? from), text);
            assert.equal(due % MINUTE, 0);
          }
        },
      ),
    );
  });
});
