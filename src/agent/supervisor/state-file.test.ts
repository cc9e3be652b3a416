import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { StateFile } from "./state-file.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tailherd-state-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("the newest record is read, also when it is shorter than the one it was written over", () => {
  const file = new StateFile(directory);
  assert.deepEqual(file.read(), { outcome: "none" });
  for (const name of ["a".repeat(9000), "b", "ç".repeat(50), "d"]) {
    file.write({ name });
    assert.deepEqual(new StateFile(directory).read(), { outcome: "read", record: { name } });
  }
});

test("a write that was cut short, emptied or overwritten costs one record, not both", () => {
  for (const damage of ["", "half", "junk", "zeros"]) {
    const file = new StateFile(directory);
    file.write({ at: `${damage} before` });
    file.write({ at: `${damage} last` });
    const paths = ["state-0.json", "state-1.json"].map((name) => join(directory, name));
    const newest = paths.find((path) => readFileSync(path, "utf8").includes(`${damage} last`)) ?? "";
    const text = readFileSync(newest, "utf8");
    const torn = { "": "", half: text.slice(0, text.length / 2), junk: "{]", zeros: "\0".repeat(text.length) }[damage];
    writeFileSync(newest, torn ?? "");
    const successor = new StateFile(directory);
    assert.deepEqual(successor.read(), { outcome: "read", record: { at: `${damage} before` } });
    for (const path of paths) writeFileSync(path, torn ?? "");
    assert.deepEqual(new StateFile(directory).read(), { outcome: "damaged" });
    successor.write({ at: "after" });
    assert.deepEqual(new StateFile(directory).read(), { outcome: "read", record: { at: "after" } });
  }
});
