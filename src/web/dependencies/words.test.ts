import assert from "node:assert/strict";
import { test } from "node:test";
import { listed, neighbourWords, reachWords } from "./words.ts";

test("a list of names reads as people say it, and counts what would be one too many", () => {
  assert.equal(listed([]), "");
  assert.equal(listed(["a"]), "a");
  assert.equal(listed(["a", "b", "c"]), "a, b and c");
  assert.equal(listed(["a", "b", "c"], 2), "a, b and c", "never counts a single one");
  assert.equal(listed(["a", "b", "c", "d"], 2), "a, b and 2 more");
});

test("what a service reaches is told in one sentence", () => {
  const graph = new Map([
    ["web", ["api"]],
    ["api", ["db"]],
    ["db", []],
  ]);
  assert.equal(reachWords(graph, "db"), "needs nothing; api and web depend on it.");
  assert.equal(reachWords(graph, "api"), "needs db; web depends on it.");
  assert.equal(reachWords(graph, "web"), "needs api and db; nothing depends on it.");
  assert.deepEqual(
    [...neighbourWords(graph)],
    [
      ["web", "needs api; nothing depends on it."],
      ["api", "needs db; web depends on it."],
      ["db", "needs nothing; api depends on it."],
    ],
  );
});
