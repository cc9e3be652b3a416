import assert from "node:assert/strict";
import { test } from "node:test";
import { recognise } from "./legacy-files.ts";

test("recognise() tells the three files apart by what is in them", () => {
  assert.equal(recognise('[{"name":"api","start_cmd":"x"}]').kind, "services");
  assert.equal(recognise('[{"id":"1","name":"nas","host":"nas.example"}]').kind, "servers");
  assert.equal(recognise('{"storage_paths":{},"scheduled_tasks":[]}').kind, "settings");
  assert.equal(recognise("[]").kind, "services");
});

test("recognise() says why a file is none of them", () => {
  for (const text of ["{", '"text"', "[1, 2]", '{"a":1}']) {
    const result = recognise(text);
    assert.equal(result.kind, "unknown", text);
    assert.ok(result.kind === "unknown" && result.reason.length > 10);
  }
});
