import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { socketsSchema } from "../../contract/sockets.ts";
import { dependsOnOf, isOfParts, newSocket, socketsOf, withTyped } from "./edited-parts.ts";

describe("dependencies and sockets while they are edited", () => {
  it("show what can be shown of anybody's JSON", () => {
    assert.deepEqual(dependsOnOf({ depends_on: { db: { condition: "healthy" }, odd: 3 } }), {
      db: { condition: "healthy" },
    });
    assert.deepEqual(dependsOnOf({ depends_on: ["db"] }), {});
    assert.deepEqual(dependsOnOf(null), {});
    assert.deepEqual(socketsOf({ sockets: [{ port: 80 }, "80", null] }), [{ port: 80 }]);
    assert.deepEqual(socketsOf({ sockets: {} }), []);
  });

  it("a new socket has a name of its own, and is whole once its port is typed", () => {
    const first = newSocket([]);
    const second = newSocket([first]);
    assert.deepEqual([first["name"], second["name"]], ["http", "http-2"]);
    assert.equal(socketsSchema.safeParse([first]).success, false);
    assert.ok(socketsSchema.safeParse([withTyped(first, "port", "80"), withTyped(second, "port", " 81 ")]).success);
  });

  it("what cannot be a port stays as typed, and nothing typed is the default", () => {
    assert.equal(withTyped({}, "port", "eighty")["port"], "eighty");
    assert.deepEqual(withTyped({ host: "::1", port: 80 }, "host", " "), { port: 80 });
  });

  it("knows which problems its editors show", () => {
    assert.ok(isOfParts("depends_on") && isOfParts("depends_on.my.db") && isOfParts("sockets.0.port"));
    assert.ok(!isOfParts("sockets_of_mine") && !isOfParts("ports.0"));
  });
});
