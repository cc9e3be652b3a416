import assert from "node:assert/strict";
import { test } from "node:test";
import { addLive, describe, emptySeries, fromPoints, thinned } from "./series.ts";

test("addLive() appends, and takes samples that come together for one", () => {
  const first = addLive(emptySeries, 100, 5, 1000);
  assert.deepEqual(first, { times: [100], cpu: [5], memory: [1000] });
  assert.equal(addLive(first, 100.2, 6, 1001), first);
  assert.deepEqual(addLive(first, 101, null, null).cpu, [5, null]);
});

test("addLive() stays bounded", () => {
  let series = emptySeries;
  for (let time = 0; time < 4500; time++) series = addLive(series, time, time, time);
  assert.equal(series.times.length, 4000);
  assert.equal(series.cpu.at(-1), 4499);
});

test("describe() says the shape in words", () => {
  const format = (value: number): string => `${value} %`;
  assert.equal(describe([1, null, 3], format), "now 3 %, between 1 % and 3 %, 2 % on average");
  assert.equal(describe([1, null], format), "not running now, between 1 % and 1 %, 1 % on average");
  assert.equal(describe([null], format), "no values");
});

test("thinned() picks evenly, newest first", () => {
  const series = fromPoints(Array.from({ length: 100 }, (_, index) => [index * 1000, index, null] as const));
  const rows = thinned(series, 10);
  assert.equal(rows.length, 10);
  assert.equal(rows[0]?.time, 99);
  assert.equal(rows.at(-1)?.cpu, 9);
});
