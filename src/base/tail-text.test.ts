import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { lastOf, TailText } from "./tail-text.ts";

describe("TailText", () => {
  it("keeps the end of what came, and counts the rest", () => {
    const pieces = fc.array(fc.string({ unit: "grapheme", maxLength: 12 }), { maxLength: 20 });
    fc.assert(
      fc.property(pieces, fc.integer({ min: 1, max: 20 }), (texts, limit) => {
        const tail = new TailText(limit);
        for (const text of texts) tail.add(text);
        const whole = texts.join("");
        assert.ok(whole.endsWith(tail.text));
        assert.ok(tail.text.length <= limit);
        assert.equal(tail.dropped + tail.text.length, whole.length);
        if (whole.length <= limit) assert.equal(tail.text, whole);
      }),
    );
  });

  it("forgets what a gap would join on", () => {
    const tail = new TailText(10);
    tail.add("before");
    tail.skip(3);
    tail.add("after");
    assert.deepEqual([tail.text, tail.dropped, tail.total], ["after", 9, 14]);
  });

  it("does not cut a character in two", () => assert.equal(lastOf("a😀b", 2), "b"));
});
