import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { interpolate } from "./interpolate.ts";

const cases: [string, Record<string, string>, string | RegExp][] = [
  ["a ${X} b", { X: "1" }, "a 1 b"],
  ["${X:-d}", {}, "d"],
  ["${X:-d}", { X: "" }, "d"],
  ["${X-d}", { X: "" }, ""],
  ["${X:-${Y:-z}}", {}, "z"],
  ["${X:-${Y:-z}}", { Y: "y" }, "y"],
  ["${X:+set}", { X: "1" }, "set"],
  ["${X:+set}", {}, ""],
  ["${X}", {}, /needs the variable X, which is not set/],
  ["${X:?say why}", {}, /needs the variable X: say why/],
  ["${X:?say why}", { X: "v" }, "v"],
  ["$${X} costs $$5", {}, "${X} costs $5"],
  ["echo $HOME $1 $?", {}, "echo $HOME $1 $?"],
  ["${", {}, /without its "}"/],
  ["${1x}", {}, /names no variable/],
  ["${X!y}", { X: "1" }, /known are/],
];

for (const [text, variables, expected] of cases) {
  test(`interpolate(${text}) with ${JSON.stringify(variables)}`, () => {
    const filled = interpolate(text, variables);
    if (typeof expected === "string") assert.deepEqual(filled, { ok: true, text: expected });
    else assert.match(filled.ok ? "" : filled.message, expected);
  });
}

test("text without $ comes back as it is, and doubling every $ keeps any text", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.deepEqual(interpolate(text.replaceAll("$", "$$$$"), {}), { ok: true, text });
    }),
  );
});

test("a value that holds ${…} is not filled in again", () => {
  assert.deepEqual(interpolate("${X}", { X: "${Y}" }), { ok: true, text: "${Y}" });
});
