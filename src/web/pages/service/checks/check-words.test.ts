import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { barWords, formatTook, stretchesOf } from "./check-words.ts";

const look = (at: number, ok: boolean, message: string | null = ok ? null : "refused", took = 4) => ({
  at,
  ok,
  message,
  took,
});

describe("what is said of results", () => {
  it("counts them, and says when one failed last", () => {
    assert.equal(barWords([], 0), "It has not been looked at yet");
    assert.equal(barWords([look(0, true)], 0), "The last look: 1 passed");
    const some = [look(0, true), look(10_000, false), look(20_000, true)];
    assert.equal(barWords(some, 70_000), "The last 3 looks: 2 passed, 1 failed, the last failure 1 min ago");
  });

  it("joins what is alike, newest first, with the mean of what it took", () => {
    const results = [
      look(1, true, null, 2),
      look(2, true, null, 4),
      look(3, false),
      look(4, false, "other"),
      look(5, true),
    ];
    assert.deepEqual(
      stretchesOf(results).map(({ ok, message, from, to, count, took }) => [ok, message, from, to, count, took]),
      [
        [true, null, 5, 5, 1, 4],
        [false, "other", 4, 4, 1, 4],
        [false, "refused", 3, 3, 1, 4],
        [true, null, 1, 2, 2, 3],
      ],
    );
  });

  it("writes how long a look took", () => {
    assert.deepEqual([0.44, 12.4, 999, 1500].map(formatTook), ["0.4 ms", "12 ms", "999 ms", "1.5 s"]);
  });
});
