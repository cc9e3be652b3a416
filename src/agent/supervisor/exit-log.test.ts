import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { ExitRecord } from "../../contract/status.ts";
import { keepEnds } from "./exit-log.ts";

function end(generation: number, lines: string[] = []): ExitRecord {
  return {
    generation,
    started_at: null,
    ended_at: new Date(generation * 1000).toISOString(),
    cause: "exited",
    code: 1,
    signal: null,
    by: null,
    memory: null,
    message: `exit 1 of ${generation}`,
    last_lines: lines,
  };
}

test("keepEnds() keeps the last twenty, one of each generation, whatever is told twice", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 60 }), (again) => {
      let ends: ExitRecord[] = [];
      for (const [at, twice] of again.entries()) {
        ends = keepEnds(ends, end(at + 1));
        if (twice) ends = keepEnds(ends, { ...end(at + 1), message: "told otherwise" });
      }
      const expected = again.map((_, at) => end(at + 1)).slice(-20);
      assert.deepEqual(ends, expected);
    }),
  );
});

test("keepEnds() gives up the lines of old ends first, and never those of the newest, to stay small", () => {
  let ends: ExitRecord[] = [];
  for (let generation = 1; generation <= 30; generation += 1) {
    ends = keepEnds(ends, end(generation, ["x".repeat(16_384)]));
  }
  assert.equal(ends.length, 20);
  assert.deepEqual(
    ends.map(({ last_lines }) => last_lines.length),
    [...Array.from({ length: 16 }, () => 0), 1, 1, 1, 1],
  );
  const huge = keepEnds(
    ends,
    end(
      31,
      Array.from({ length: 10 }, () => "y".repeat(16_384)),
    ),
  );
  assert.equal(huge.at(-1)?.last_lines.length, 10);
  assert.ok(huge.slice(0, -1).every(({ last_lines }) => last_lines.length === 0));
});
