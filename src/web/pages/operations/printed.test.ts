import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Printed } from "./printed.ts";

test("pieces that come again add nothing, whatever a stream that was opened anew tells once more", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 8 }), fc.nat(8), (texts, cut) => {
      const printed = new Printed();
      let at = 0;
      const pieces = texts.map((text) => {
        const piece = { place: 2, at, text };
        at += text.length;
        return piece;
      });
      for (const piece of [...pieces.slice(0, cut), ...pieces]) printed.take(piece);
      assert.deepEqual(printed.of(2), { text: texts.join(""), dropped: 0 });
    }),
  );
});

test("what is missing in between is counted, and those that printed stand in order", () => {
  const printed = new Printed();
  printed.take({ place: 3, at: 0, text: "abc" });
  printed.take({ place: 3, at: 10, text: "xyz" });
  printed.take({ place: 1, at: 0, text: "one" });
  assert.deepEqual(printed.of(3), { text: "xyz", dropped: 10 });
  assert.deepEqual(printed.places(), [1, 3]);
  assert.deepEqual(printed.of(9), { text: "", dropped: 0 });
});
