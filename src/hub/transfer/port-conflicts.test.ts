import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conflictsOf, conflictWords, portConflicts } from "./port-conflicts.ts";

const services = [
  { name: "a", ports: [8000, 80] },
  { name: "b", ports: [8000] },
  { name: "c", ports: [443, 443] },
];

describe("port conflicts", () => {
  it("are ports that two definitions declare, not one twice", () => {
    assert.deepEqual(portConflicts(services), { "8000": ["a", "b"] });
    assert.deepEqual(portConflicts([]), {});
  });

  it("of one definition leave out the one of its own name", () => {
    const found = conflictsOf({ name: "b", ports: [80, 1, 8000, 443] }, services);
    assert.deepEqual(found, [
      { port: 80, index: 0, services: ["a"] },
      { port: 8000, index: 2, services: ["a"] },
      { port: 443, index: 3, services: ["c"] },
    ]);
    assert.equal(
      conflictWords({ port: 8000, index: 0, services: ["a", "b"] }),
      'port 8000 is also declared by "a" and "b"',
    );
  });
});
