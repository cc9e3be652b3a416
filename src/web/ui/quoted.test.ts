import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import { quoted } from "./quoted.ts";

const sh = (command: string): string => execFileSync("sh", ["-c", command], { encoding: "utf8" });

test("a shell reads back what was quoted", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "'", '"', "$", " ", "\\", "`", ";", "é") });
  fc.assert(
    fc.property(text, (one) => assert.equal(sh(`printf %s ${quoted(one)}`), one)),
    { numRuns: 25 },
  );
});
