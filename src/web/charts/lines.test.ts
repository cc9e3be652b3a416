import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { align, describeLine, summarize, thinnedPlaces, valueAt, type Line } from "./lines.ts";

const points = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.option(fc.integer())), { selector: ([time]) => time })
  .map((all) => all.map(([time, value]) => [time * 1000, value] as const).sort((a, b) => a[0] - b[0]));
const line = (key: string, own: Line["points"]): Line => ({ key, label: key, points: own });

test("all points of all lines stand on one axis that only grows", () => {
  fc.assert(
    fc.property(fc.array(points, { maxLength: 4 }), (all) => {
      const { times, values } = align(
        all.map((own, index) => line(String(index), own)),
        1,
      );
      assert.deepEqual(
        times,
        [...new Set(times)].toSorted((a, b) => a - b),
      );
      for (const [index, own] of all.entries()) {
        const column = new Map(times.map((time, place) => [time, values[index]?.[place]]));
        for (const [time, value] of own) assert.equal(column.get(time / 1000), value);
      }
    }),
  );
});

test("a line is broken where it has no point for long, and only there", () => {
  const { times, values } = align(
    [
      line("a", [
        [0, 1],
        [1000, 2],
        [9000, 3],
      ]),
      line("b", [
        [4000, 7],
        [5000, 8],
      ]),
    ],
    1,
  );
  const a = times.map((time, place) => [time, values[0]?.[place]]).filter(([, value]) => value !== undefined);
  assert.deepEqual(a, [
    [0, 1],
    [1, 2],
    [1.001, null],
    [9, 3],
  ]);
  assert.deepEqual(
    values[1]?.filter((value) => value === null),
    [],
  );
});

test("a line that is alone has a band between its smallest and largest samples, broken where it is", () => {
  const points = [
    [0, 5],
    [9000, 6],
  ] as const;
  const one = { ...line("a", points), min: [1, 2], max: [8, 9] };
  assert.deepEqual(align([one], 1).band, [
    [8, null, 9],
    [1, null, 2],
  ]);
  assert.equal(align([one, one], 1).band, undefined);
  assert.equal(align([line("a", points)], 1).band, undefined);
});

test("the value at a place is the last one told, unless there is a gap", () => {
  const column = [1, undefined, null, undefined, 4];
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((place) => valueAt(column, place)),
    [1, 1, null, null, 4],
  );
  assert.equal(valueAt(undefined, 0), null);
});

test("words of a line tell its last value, its bounds and its mean", () => {
  assert.equal(
    describeLine(
      line("a", [
        [1, 2],
        [2, null],
        [3, 6],
      ]),
      String,
    ),
    "last 6, between 2 and 6, 4 on average",
  );
  assert.equal(describeLine({ points: [[1, 4]], min: [1], max: [9] }, String), "last 4, between 1 and 9, 4 on average");
  assert.equal(describeLine({ points: [[1, null]] }, String), "no values");
  assert.deepEqual(summarize({ points: [] }), { last: null, least: null, mean: null, most: null });
});

test("rows of the table are the newest first, evenly spread", () => {
  assert.deepEqual(thinnedPlaces(5, 10), [4, 3, 2, 1, 0]);
  assert.equal(thinnedPlaces(1000, 40).length, 40);
  assert.equal(thinnedPlaces(0, 40).length, 0);
});
