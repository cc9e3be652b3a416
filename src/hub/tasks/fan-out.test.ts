import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { turnsOf } from "./fan-out.ts";

const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 30 });

describe("turnsOf()", () => {
  it("begins on each server once, never on more than the width together, in the order of their names", () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 600 }),
        (servers, width, stagger) => {
          const turns = turnsOf(servers, { width, stagger });
          if (servers.length <= width) return assert.deepEqual(turns, []);
          assert.deepEqual(
            turns.map(({ server }) => server),
            servers.toSorted(),
          );
          const together = Map.groupBy(turns, ({ after }) => after);
          assert.deepEqual(
            [...together.keys()],
            Array.from({ length: Math.ceil(servers.length / width) }, (_, group) => group * stagger),
          );
          assert.ok([...together.values()].every((group) => group.length <= width));
        },
      ),
    );
  });

  it("lets all begin together unless told otherwise", () => {
    assert.deepEqual(turnsOf(["b", "a"], { width: null, stagger: 0 }), []);
  });
});
