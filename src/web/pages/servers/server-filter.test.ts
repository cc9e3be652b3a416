import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { ServerNode } from "../../../contract/server.ts";
import { fits, readServerView, tagsOf, writeServerView, type ServerView } from "./server-filter.ts";

const server = (name: string, tags: string[], more: Partial<ServerNode> = {}): ServerNode =>
  ({
    name,
    tags,
    host: `${name}.lan`,
    ip: "10.0.0.1",
    services: [],
    state: "online",
    kind: "agent",
    ...more,
  }) as ServerNode;

test("a view survives the address", () => {
  const view: fc.Arbitrary<ServerView> = fc.record(
    {
      text: fc.string(),
      tags: fc.uniqueArray(fc.string({ minLength: 1 })),
      state: fc.constantFrom("all", "online", "late", "offline", "new"),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(view, (one) => assert.deepEqual(readServerView(writeServerView(one)), one)));
});

test("tags must all hold, words stand anywhere, a state narrows", () => {
  const view = (more: Partial<ServerView>): ServerView => ({ text: "", tags: [], state: "all", ...more });
  const web = server("web-1", ["prod", "web"], { services: ["api"] });
  assert.equal(fits(web, view({ tags: ["prod", "web"] })), true);
  assert.equal(fits(web, view({ tags: ["prod", "db"] })), false);
  assert.equal(fits(web, view({ text: "API web-1.LAN" })), true);
  assert.equal(fits(web, view({ text: "nas" })), false);
  assert.equal(fits(web, view({ state: "offline" })), false);
});

test("the commonest tags come first", () => {
  assert.deepEqual(tagsOf([server("a", ["x", "b"]), server("b", ["b"]), server("c", ["a"])]), ["b", "a", "x"]);
});
