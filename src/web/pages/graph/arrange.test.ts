import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { crossingsOf, spread } from "./arrange.ts";

it("crossings are counted as by looking at each pair", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 30 }), (ends) => {
      let pairs = 0;
      for (const [at, [a, b]] of ends.entries()) {
        for (const [c, d] of ends.slice(at + 1)) pairs += Number((a - c) * (b - d) < 0);
      }
      assert.equal(crossingsOf(ends), pairs);
    }),
  );
});

it("what is spread stands apart, in order, and where it wished when there is room", () => {
  const wishes = fc.array(fc.tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 1, max: 80 })), {
    minLength: 1,
    maxLength: 20,
  });
  fc.assert(
    fc.property(wishes, (given) => {
      const wished = given.map(([wish]) => wish);
      const apart = given.map(([, room]) => room);
      const places = spread(wished, apart);
      for (const [at, place] of places.entries()) {
        if (at > 0) assert.ok(place - (places[at - 1] ?? 0) >= (apart[at] ?? 0) - 1e-6);
      }
      const free = wished.every((wish, at) => at === 0 || wish - (wished[at - 1] ?? 0) >= (apart[at] ?? 0));
      if (free) assert.deepEqual(places.map(Math.round), wished);
      // Least squares keep the middle.
      const sum = (numbers: number[]): number => numbers.reduce((total, each) => total + each, 0);
      assert.ok(Math.abs(sum(places) - sum(wished)) < 1e-3);
    }),
  );
});
