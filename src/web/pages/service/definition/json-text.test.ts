import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readJson } from "./json-text.ts";

test("readJson() reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const read = readJson(text);
      assert.equal(read.outcome, "read");
      assert.deepEqual(read.outcome === "read" && read.value, JSON.parse(text));
    }),
  );
});

test("readJson() breaks where JSON.parse breaks", () => {
  const part = fc.constantFrom(
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b',
    "1",
    "01",
    "-",
    "nul",
    "true",
    "\n",
    " ",
    "\\",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const text = parts.join("");
      let good = true;
      try {
        JSON.parse(text);
      } catch {
        good = false;
      }
      // Only names given twice are stricter here, and no part makes one in so few.
      const read = readJson(text);
      if (!good || !/"a".*"a"/s.test(text)) assert.equal(read.outcome === "read", good, text);
    }),
  );
});

test("readJson() says where and what, and knows the line of each path", () => {
  const words = (text: string): string => {
    const read = readJson(text);
    return read.outcome === "read" ? "read" : `${read.line}:${read.column} ${read.message}`;
  };
  assert.equal(words('{\n  "name": "api",\n}'), '3:1 nothing follows the last comma before "}"');
  assert.equal(words('{\n  "name": api\n}'), '2:11 expected a value, found "api"');
  assert.equal(words('{\n  "name" "api"\n}'), '2:10 expected ":" after "name", found """');
  assert.equal(words('{ "a": 1, "a": 2 }'), '1:11 "a" is given twice');
  assert.equal(words('{ "a": 1'), '1:9 expected "," or "}", found the end');
  assert.equal(words('{ "a": "x\n" }'), "1:8 this text has no end, or holds a character that needs a backslash");
  const read = readJson('{\n  "ports": [\n    1,\n    2\n  ],\n  "stop": {}\n}');
  assert.ok(read.outcome === "read");
  assert.deepEqual(["ports", "ports.1", "stop.grace", "user"].map(read.lineOf), [2, 4, 6, undefined]);
});
