import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import * as fc from "fast-check";
import { execLine, programOf, shellQuote } from "./shell-words.ts";

test("shellQuote() gives the shell any text as one word", () => {
  const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 8 }), (words) => {
      const result = spawnSync("/bin/sh", ["-c", `printf '%s\\0' ${words.map(shellQuote).join(" ")}`]);
      assert.equal(
        result.stdout.toString("utf8"),
        Buffer.from(words.map((one) => `${one}\0`).join("")).toString("utf8"),
      );
    }),
    { numRuns: 40 },
  );
});

test("execLine() makes the last simple command the process", () => {
  const cases: [string, string | undefined][] = [
    ["node server.js --port 1", "exec node server.js --port 1"],
    ["A=1 B='x y' ./run 2>&1 >log", "A=1 B='x y' exec ./run 2>&1 >log"],
    ["cd /srv && npm start", "cd /srv && exec npm start"],
    ['python3 -c "import x; y()"', 'exec python3 -c "import x; y()"'],
    ["echo hello", undefined],
    ["exit 3", undefined],
    ["exec node x", undefined],
    ["a | b", undefined],
    ["a; b", undefined],
    ["a & b", undefined],
    ["a || b", undefined],
    ["(a)", undefined],
    ["while :; do a; done", undefined],
    ['sh -c "$(cat x)"', undefined],
    ["a `b`", undefined],
    ["a # b && c", undefined],
    ["cat <<X", undefined],
    ["$PROGRAM x", undefined],
    ["a 'unclosed", undefined],
  ];
  for (const [line, wanted] of cases) {
    assert.equal(execLine(line), wanted, line);
  }
});

test("programOf() names the program of a single command only", () => {
  assert.equal(programOf("A=1 node x"), "node");
  assert.equal(programOf("cd x && node y"), undefined);
  assert.equal(programOf("a | b"), undefined);
  assert.equal(programOf("exit 3"), undefined);
});
