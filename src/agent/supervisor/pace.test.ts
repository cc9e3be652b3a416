import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace } from "./pace.ts";

test("take() lets as many through in a turn as were said, and all in the end, in order", async () => {
  const pace = new Pace(3);
  let turn = 0;
  let over = false;
  const count = (): void => {
    turn += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const turns: number[] = [];
  await Promise.all(Array.from({ length: 10 }, () => pace.take().then(() => turns.push(turn))));
  over = true;
  assert.equal(turns.length, 10);
  assert.deepEqual(
    turns,
    turns.toSorted((a, b) => a - b),
  );
  for (const one of new Set(turns)) assert.ok(turns.filter((other) => other === one).length <= 3);
});

test("takeLast() lets nobody through before those who wait in take()", async () => {
  const pace = new Pace(2);
  const through: string[] = [];
  const last = pace.take().then(async () => {
    await pace.takeLast();
    through.push("last");
  });
  await Promise.all([...Array.from({ length: 7 }, () => pace.take().then(() => through.push("first"))), last]);
  assert.deepEqual(through, [...Array.from({ length: 7 }, () => "first"), "last"]);
});
