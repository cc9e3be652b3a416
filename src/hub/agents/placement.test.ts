import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type PlaceableServer, placedOn, placementWarnings } from "./placement.ts";

const servers: PlaceableServer[] = [
  { id: "h", name: "hub", tags: ["prod"], kind: "hub" },
  { id: "a", name: "web-1", tags: ["prod", "web"], kind: "agent" },
  { id: "b", name: "web-2", tags: ["web"], kind: "agent" },
  { id: "c", name: "nas", tags: ["web", "prod"], kind: "bare" },
];

describe("placedOn()", () => {
  it("means the hub's own machine where nothing is said", () => {
    assert.deepEqual(placedOn({ servers: [], tags: [] }, servers), ["h"]);
  });

  it("takes servers by name or id, and those with every tag, each once, but never a bare node", () => {
    assert.deepEqual(placedOn({ servers: ["web-2", "a", "nas"], tags: [] }, servers), ["a", "b"]);
    assert.deepEqual(placedOn({ servers: [], tags: ["web"] }, servers), ["a", "b"]);
    assert.deepEqual(placedOn({ servers: ["web-1", "hub"], tags: ["web", "prod"] }, servers), ["h", "a"]);
    assert.deepEqual(placedOn({ servers: ["gone"], tags: [] }, servers), []);
  });

  it("puts a service on no more servers for each tag that is asked for", () => {
    const tag = fc.constantFrom("a", "b", "c");
    const server = fc.record({ tags: fc.uniqueArray(tag), kind: fc.constantFrom("hub" as const, "agent" as const) });
    fc.assert(
      fc.property(fc.array(server), fc.uniqueArray(tag, { minLength: 1 }), (made, tags) => {
        const fleet = made.map((each, at) => ({ ...each, id: `${at}`, name: `s${at}` }));
        const all = placedOn({ servers: [], tags }, fleet);
        const fewer = placedOn({ servers: [], tags: tags.slice(1) }, fleet);
        if (tags.length > 1) assert.ok(all.every((id) => fewer.includes(id)));
      }),
    );
  });
});

describe("placementWarnings()", () => {
  it("name what fits nothing, and a server that can run nothing", () => {
    assert.deepEqual(placementWarnings({ servers: ["gone", "nas", "hub"], tags: ["none"] }, servers), [
      'placement.servers: there is no server "gone" (yet)',
      'placement.servers: "nas" has no agent and can run nothing',
      'placement.tags: no server has "none" (yet)',
    ]);
    assert.deepEqual(placementWarnings({ servers: ["hub"], tags: ["web"] }, servers), []);
  });
});
