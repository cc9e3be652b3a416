import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { firstDue, nextDue, shareOf, takeOverDue } from "./due.ts";

const interval = fc.double({ min: 0.5, max: 3600, noNaN: true });
const time = fc.double({ min: 0, max: 1e9, noNaN: true });

describe("when a check is due", () => {
  it("is never before its delay, nor much later than it at first", () => {
    fc.assert(
      fc.property(
        interval,
        fc.integer({ min: 0, max: 600 }),
        time,
        fc.string(),
        (interval, initial_delay, begun, name) => {
          const due = firstDue({ interval, initial_delay }, begun, shareOf(name));
          assert.ok(due >= begun + initial_delay * 1000);
          assert.ok(due <= begun + initial_delay * 1000 + Math.min(1000, interval * 1000));
        },
      ),
    );
  });

  it("keeps its beat: never in the past, never more than an interval away", () => {
    fc.assert(
      fc.property(interval, time, fc.double({ min: 0, max: 1e7, noNaN: true }), (interval, due, late) => {
        const now = due + late;
        const next = nextDue({ interval }, due, now);
        const slack = interval * 1000 * 1e-6 + 1;
        assert.ok(next >= now - slack, `${next} < ${now}`);
        assert.ok(next - due >= interval * 1000 - slack);
        assert.ok(next <= Math.max(now, due) + interval * 1000 + slack);
        const beats = (next - due) / (interval * 1000);
        assert.ok(Math.abs(beats - Math.round(beats)) < 1e-6 * Math.max(1, beats));
      }),
    );
  });

  it("spreads many services over the interval", () => {
    const shares = Array.from({ length: 1000 }, (_, at) => shareOf(`service-${at}/web`));
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const count = shares.filter((share) => Math.floor(share * 10) === tenth).length;
      assert.ok(count > 50 && count < 150, `${count} of 1000 in tenth ${tenth}`);
    }
    assert.equal(takeOverDue({ interval: 10 }, 5, 0.5), 5005);
  });
});
