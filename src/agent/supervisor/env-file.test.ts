import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseEnvFile } from "./env-file.ts";

test("parseEnvFile() reads plain, quoted and exported values, comments and blank lines", () => {
  const text = `\uFEFF# a comment\n\nA=1\r\nexport B = two words # said\nC='$x "y"'\nD="a\\tb\\n\\"c\\" \\$d"\nE=\nF=a#b\n`;
  assert.deepEqual(parseEnvFile(text), {
    ok: true,
    env: { A: "1", B: "two words", C: '$x "y"', D: 'a\tb\n"c" $d', E: "", F: "a#b" },
  });
});

test("parseEnvFile() names the line that is wrong", () => {
  assert.deepEqual(parseEnvFile("A=1\nno pair\n"), { ok: false, line: 2, message: "must be NAME=value" });
  assert.deepEqual(parseEnvFile("A='x"), { ok: false, line: 1, message: "A: the quote is not closed" });
});

test("parseEnvFile() reads back any single-quoted value, and never throws", () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !/['\n\r\0]/.test(text)),
      fc.string(),
      (value, noise) => {
        assert.deepEqual(parseEnvFile(`X='${value}'`), { ok: true, env: { X: value } });
        parseEnvFile(noise);
      },
    ),
  );
});
