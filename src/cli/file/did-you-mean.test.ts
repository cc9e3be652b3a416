import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { didYouMean, distance } from "./did-you-mean.ts";

test("didYouMean() finds the near word and keeps quiet about far ones", () => {
  const known = ["command", "environment", "working_dir", "ports"];
  assert.equal(didYouMean("comand", known), "command");
  assert.equal(didYouMean("Enviroment", known), "environment");
  assert.equal(didYouMean("port", known), "ports");
  assert.equal(didYouMean("volumes", known), undefined);
});

test("distance() counts a swap as one step, is symmetric, and zero only for equal words", () => {
  assert.equal(distance("teh", "the"), 1);
  assert.equal(distance("kitten", "sitting"), 3);
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
      assert.equal(distance(a, b), distance(b, a));
      assert.equal(distance(a, b) === 0, a === b);
      assert.ok(distance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});
