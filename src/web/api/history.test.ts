import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RecentValues, sparkPath } from "./history.ts";

test("RecentValues keeps the newest 60, oldest first", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pushed) => {
      const values = new RecentValues();
      for (const value of pushed) values.push(value);
      const read = Array.from({ length: values.length }, (_, index) => values.at(index));
      assert.deepEqual(read, pushed.slice(-60));
    }),
  );
});

test("RecentValues.replace() forgets what was and takes the newest", () => {
  const values = new RecentValues();
  values.push(7);
  values.replace(Array.from({ length: 61 }, (_, index) => index));
  assert.equal(values.length, 60);
  assert.equal(values.at(0), 1);
  assert.equal(values.at(59), 60);
});

test("sparkPath() ends at the right edge and stays in its box", () => {
  const values = new RecentValues();
  assert.equal(sparkPath(values, 90, 24, 1), "");
  for (const value of [0, 50, 100]) values.push(value);
  const points = sparkPath(values, 90, 24, 1)
    .split(/[ML]/)
    .filter(Boolean)
    .map((pair) => pair.split(" ").map(Number));
  assert.equal(points.length, 3);
  assert.equal(points.at(-1)?.[0], 90);
  for (const [x = -1, y = -1] of points) assert.ok(x >= 0 && x <= 90 && y >= 0 && y <= 24);
});
