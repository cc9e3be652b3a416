import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { conflictsOf, conflictWords, portConflicts } from "./port-conflicts.ts";

const services = [
  { name: "a", ports: [8000, 80], sockets: [] },
  { name: "b", ports: [8000], sockets: [] },
  { name: "c", ports: [443, 443], sockets: [{ name: "web", host: "127.0.0.1", port: 9000 }] },
];

describe("port conflicts", () => {
  it("are ports that two definitions declare, not one twice", () => {
    assert.deepEqual(portConflicts(services), { "8000": ["a", "b"] });
    assert.deepEqual(portConflicts([]), {});
  });

  it("of one definition leave out the one of its own name", () => {
    const found = conflictsOf({ name: "b", ports: [80, 1, 8000, 443], sockets: [] }, services);
    assert.deepEqual(found, [
      { port: 80, path: "ports.0", services: ["a"] },
      { port: 8000, path: "ports.2", services: ["a"] },
      { port: 443, path: "ports.3", services: ["c"] },
    ]);
    assert.equal(
      conflictWords({ port: 8000, path: "ports.0", services: ["a", "b"] }),
      'port 8000 is also declared by "a" and "b"',
    );
  });

  it("are also those of held sockets, with each other and with declared ports", () => {
    const held = (port: number) => [{ name: "web", host: "0.0.0.0", port }];
    assert.deepEqual(conflictsOf({ name: "d", ports: [], sockets: [...held(1), ...held(80)] }, services), [
      { port: 80, path: "sockets.1.port", services: ["a"] },
    ]);
    assert.deepEqual(portConflicts([...services, { name: "d", ports: [], sockets: held(9000) }]), {
      "8000": ["a", "b"],
      "9000": ["c", "d"],
    });
    // Its own port, said twice.
    assert.deepEqual(portConflicts([{ name: "e", ports: [7000], sockets: held(7000) }]), {});
  });
});
